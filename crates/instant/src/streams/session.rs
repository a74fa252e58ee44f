//! What a session does: its commands, one by one, and the readers that it began.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use ketch_model::{Object, Value, json};
use ketch_realtime::Hangup;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use super::bell::StreamBell;
use super::message::{Append, Batch, Command, Event, Order, Which};
use super::read::{Part, Reader};
use super::rules::Visitor;
use super::write::{Writing, wrong};
use crate::error::{Error, Kind, Result};
use crate::live::{LiveViewer, viewer_of};
use crate::permissions::Context;
use crate::service::Instant;

/// Who does not take an event for so long is cut.
const STALL: Duration = Duration::from_secs(30);
/// How long the answer to a request is waited for, which has a connection of its own.
const ANSWER: Duration = Duration::from_secs(5);
/// The head start of the answer before the events that the client must not hear first: on a busy
/// machine it reads both at once, in any order.
const HEAD_START: Duration = Duration::from_millis(100);
/// Streams that one session may read, and that it may write.
const MOST: usize = 1000;
/// Chunks that come together are stored together, up to so many bytes.
const TOGETHER: usize = 1 << 20;

/// Who speaks.
#[derive(Debug, Clone)]
pub struct Speaker {
    pub viewer: LiveViewer,
    pub context: Context,
}

/// Where events go.
#[derive(Clone)]
struct Outlet {
    events: mpsc::Sender<Event>,
    hangup: Arc<Hangup>,
}

impl Outlet {
    /// Whether somebody takes it, in time.
    async fn emit(&self, event: Event) -> bool {
        match timeout(STALL, self.events.send(event)).await {
            Ok(sent) => sent.is_ok(),
            Err(_) => {
                tracing::debug!("a client of streams does not read and is cut");
                self.hangup.now();
                false
            }
        }
    }
}

pub(super) struct Session {
    id: String,
    instant: Instant,
    bell: StreamBell,
    speaker: Speaker,
    outlet: Outlet,
    writes: HashMap<String, Writing>,
    /// By the event id of the subscription.
    reads: HashMap<String, AbortHandle>,
}

impl Session {
    pub fn new(
        id: String,
        instant: Instant,
        bell: StreamBell,
        speaker: Speaker,
        events: mpsc::Sender<Event>,
        hangup: Hangup,
    ) -> Self {
        let outlet = Outlet { events, hangup: Arc::new(hangup) };
        Self { id, instant, bell, speaker, outlet, writes: HashMap::new(), reads: HashMap::new() }
    }

    /// Does what it is told until nobody can tell it any more. What was accepted is done even when
    /// the client has gone.
    pub async fn run(mut self, mut batches: mpsc::Receiver<Batch>) {
        while let Some(Batch { commands, answered }) = batches.recv().await {
            // Whether it was answered or the connection ended: both are the end of waiting.
            let _ = timeout(ANSWER, answered).await;
            let waits =
                |command: &Command| matches!(command.order, Order::Start { .. } | Order::Subscribe { .. });
            if commands.iter().any(waits) {
                sleep(HEAD_START).await;
            }
            for command in together(commands) {
                self.obey(command).await;
            }
        }
        for reading in self.reads.values() {
            reading.abort();
        }
        for writing in self.writes.values() {
            if let Err(error) = self.instant.leave_stream(writing).await {
                tracing::warn!(%error, "the size of a stream could not be noted");
            }
        }
    }

    async fn obey(&mut self, command: Command) {
        let Command { event_id, original, order } = command;
        let done = match order {
            Order::Start { client_id, reconnect_token, params } => {
                self.start(&event_id, client_id, &reconnect_token, params).await
            }
            Order::Append(append) => self.append(append).await,
            Order::Subscribe { stream, offset, params } => {
                self.subscribe(&event_id, &stream, offset, params).await
            }
            Order::Unsubscribe { event_id } => {
                if let Some(reading) = self.reads.remove(&json::to_text(&event_id)) {
                    reading.abort();
                }
                Ok(())
            }
            Order::Wrong(error) => Err(error),
        };
        if let Err(error) = done {
            self.outlet.emit(Event::Refused { event_id, original, error }).await;
        }
    }

    async fn visitor(&self, params: Object) -> Result<Visitor> {
        let viewer = viewer_of(&self.instant, &self.speaker.viewer).await?;
        Ok(Visitor { viewer, context: self.speaker.context.clone(), params })
    }

    async fn start(
        &mut self,
        event_id: &Value,
        client_id: String,
        token: &str,
        params: Object,
    ) -> Result<()> {
        let visitor = self.visitor(params).await?;
        self.check_number(self.writes.len())?;
        let (writing, offset) =
            self.instant.start_stream(&self.bell, &self.id, &visitor, &client_id, token).await?;
        let stream_id = writing.stream_id.clone();
        self.writes.insert(stream_id.clone(), writing);
        self.outlet.emit(Event::Started { event_id: event_id.clone(), stream_id, client_id, offset }).await;
        Ok(())
    }

    async fn append(&mut self, append: Append) -> Result<()> {
        let stream_id = append.stream_id.clone();
        let Some(writing) = self.writes.get(&stream_id) else {
            return Err(wrong("append-stream", &stream_id, "This connection does not write the stream."));
        };
        let done = append.end.is_some();
        let event = match self.instant.append_to_stream(&self.id, writing, append).await {
            Ok(offset) => {
                if done {
                    self.writes.remove(&stream_id);
                }
                Event::Flushed { stream_id, offset, done }
            }
            Err(error) if matches!(error.kind, Kind::Unknown | Kind::Timeout) => {
                tracing::error!(%error, "chunks of a stream could not be stored");
                Event::AppendFailed { stream_id }
            }
            Err(error) => return Err(error),
        };
        self.outlet.emit(event).await;
        Ok(())
    }

    async fn subscribe(
        &mut self,
        event_id: &Value,
        stream: &Which,
        offset: i64,
        params: Object,
    ) -> Result<()> {
        let visitor = self.visitor(params).await?;
        self.reads.retain(|_, reading| !reading.is_finished());
        self.check_number(self.reads.len())?;
        let reader = self.instant.read_stream(&self.bell, &visitor, stream, offset).await?;
        let reading = tokio::spawn(follow(reader, event_id.clone(), self.outlet.clone()));
        if let Some(before) = self.reads.insert(json::to_text(event_id), reading.abort_handle()) {
            before.abort();
        }
        Ok(())
    }

    fn check_number(&self, number: usize) -> Result<()> {
        if number < MOST {
            return Ok(());
        }
        let message = format!("One connection may write {MOST} streams and read {MOST} at a time.");
        Err(Error::new(Kind::ParameterLimitExceeded, message, Value::Null))
    }
}

/// Sends what comes until the stream ends or nobody takes it.
async fn follow(mut reader: Reader, event_id: Value, outlet: Outlet) {
    loop {
        let part = tokio::select! {
            part = reader.next() => part,
            () = outlet.events.closed() => return,
        };
        let (stream_id, client_id) = (reader.stream_id.clone(), reader.client_id.clone());
        let event_id = event_id.clone();
        let (event, is_last) = match part {
            Ok(Part::Text { start: offset, text, end }) => {
                let is_last = end.is_some();
                (Event::Appended { event_id, stream_id, client_id, offset, text, end }, is_last)
            }
            other => {
                let (message, retry) = match other {
                    Err(error) => {
                        tracing::error!(%error, "a stream could not be read");
                        ("The stream could not be read.", true)
                    }
                    Ok(_) => ("The stream was deleted.", false),
                };
                let (offset, message) = (reader.offset, message.to_owned());
                (Event::Broken { event_id, stream_id, client_id, offset, message, retry }, true)
            }
        };
        if !outlet.emit(event).await || is_last {
            return;
        }
    }
}

/// The commands with chunks of one stream that follow each other made one.
fn together(commands: Vec<Command>) -> Vec<Command> {
    let mut merged: Vec<Command> = Vec::with_capacity(commands.len());
    for mut command in commands {
        if let Order::Append(append) = &mut command.order
            && let Some(Command { order: Order::Append(before), .. }) = merged.last_mut()
            && continues(before, append)
        {
            before.text.push_str(&append.text);
            before.end = mem::take(&mut append.end);
            continue;
        }
        merged.push(command);
    }
    merged
}

fn continues(before: &Append, append: &Append) -> bool {
    let end = i64::try_from(before.text.len()).ok().and_then(|length| before.offset.checked_add(length));
    before.stream_id == append.stream_id
        && before.end.is_none()
        && end == Some(append.offset)
        && before.text.len() + append.text.len() <= TOGETHER
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::streams::End;

    fn append(stream: &str, text: &str, offset: i64, end: bool) -> Command {
        let end = end.then(End::default);
        let order = Order::Append(Append { stream_id: stream.into(), text: text.into(), offset, end });
        Command { event_id: Value::Null, original: Value::Null, order }
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_read_is_cut() {
        let (events, mut taken) = mpsc::channel(1);
        let (cut, heard) = tokio::sync::watch::channel(false);
        let outlet =
            Outlet { events, hangup: Arc::new(Hangup::new(move || cut.send_modify(|cut| *cut = true))) };
        let event = || Event::AppendFailed { stream_id: String::new() };
        assert!(outlet.emit(event()).await, "it may wait");
        assert!(!outlet.emit(event()).await, "the clock runs ahead: nobody takes it");
        assert!(*heard.borrow());
        assert!(taken.recv().await.is_some());
        assert!(outlet.emit(event()).await);
    }

    #[test]
    fn chunks_that_follow_each_other_become_one() {
        let merged = together(vec![
            append("a", "é", 0, false),
            append("a", "b", 2, false),
            append("a", "", 3, true),
            append("a", "after the end", 3, false),
            append("b", "x", 0, false),
            append("b", "a gap", 2, false),
        ]);
        let texts: Vec<(String, bool)> = merged
            .iter()
            .map(|command| match &command.order {
                Order::Append(append) => (append.text.clone(), append.end.is_some()),
                _ => unreachable!("only chunks were sent"),
            })
            .collect();
        let expected = [("éb", true), ("after the end", false), ("x", false), ("a gap", false)];
        assert_eq!(texts, expected.map(|(text, end)| (text.to_owned(), end)));
    }
}
