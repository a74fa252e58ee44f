//! The task behind a realtime connection: it owns the connection and the listeners.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until, timeout};

use super::super::core::{Core, Outgoing};
use super::event::{CONNECT, ConnectionEvent, Event};
use super::limits::Limits;
use crate::backoff;
use crate::error::{Error, ErrorKind, Result};
use crate::options::Options;
use crate::sse;

const PATH: &str = "/api/realtime";
/// Servers end a silent connection after five minutes: one that is silent for longer is dead.
const SILENCE_MAX: Duration = Duration::from_secs(330);
/// A connection that broke sooner counts as a failed try, so that tries grow rarer.
const STABLE: Duration = Duration::from_secs(5);

pub(crate) type Callback = Arc<dyn Fn(&Event) + Send + Sync>;
type Done = oneshot::Sender<Result<()>>;

pub(crate) enum Command {
    Add {
        entry: Entry,
        done: Done,
    },
    Remove {
        number: u64,
    },
    RemoveWhere {
        matches: Box<dyn Fn(&Entry) -> bool + Send>,
        done: Done,
    },
    /// Tell the server the topics once more: who signs in decides what comes.
    Refresh {
        done: Done,
    },
}

/// A listener.
pub(crate) struct Entry {
    pub(crate) number: u64,
    /// The topic without options.
    pub(crate) topic: String,
    /// The topic with options, as the server names its messages.
    pub(crate) key: String,
    pub(crate) callback: Callback,
}

/// What others may see of the task.
#[derive(Default)]
pub(crate) struct Status {
    client_id: Mutex<String>,
}

impl Status {
    pub(crate) fn client_id(&self) -> String {
        self.client_id.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, id: &str) {
        id.clone_into(&mut self.client_id.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

struct Connection {
    events: sse::Events,
    client_id: String,
    opened: Instant,
    /// The topics that the server was told.
    told: BTreeSet<String>,
}

/// Someone who waits until the server knows of a change of the topics.
struct Waiting {
    done: Done,
    /// The listener that goes if it fails.
    number: Option<u64>,
}

pub(crate) struct Hub {
    core: Arc<Core>,
    commands: UnboundedReceiver<Command>,
    status: Arc<Status>,
    limits: Arc<Limits>,
    listeners: Vec<Entry>,
    waiting: Vec<Waiting>,
    connection: Option<Connection>,
    /// When the next try may begin, and how many have failed.
    retry_at: Option<Instant>,
    failures: u32,
    /// Whether listeners are there that have been connected before.
    has_gap: bool,
}

impl Hub {
    pub(crate) fn new(
        core: Arc<Core>,
        commands: UnboundedReceiver<Command>,
        status: Arc<Status>,
        limits: Arc<Limits>,
    ) -> Self {
        Self {
            core,
            commands,
            status,
            limits,
            listeners: Vec::new(),
            waiting: Vec::new(),
            connection: None,
            retry_at: None,
            failures: 0,
            has_gap: false,
        }
    }

    /// Runs until nobody can send a command any more.
    pub(crate) async fn run(mut self) {
        loop {
            while let Ok(command) = self.commands.try_recv() {
                self.take(command);
            }
            self.settle().await;
            if !self.step().await {
                break;
            }
        }
        self.status.set("");
    }

    /// Waits for what comes first; false at the end.
    async fn step(&mut self) -> bool {
        enum Next {
            Command(Option<Command>),
            Event(Option<sse::Event>),
            Retry,
        }
        let next = match (&mut self.connection, self.retry_at) {
            (Some(connection), _) => tokio::select! {
                command = self.commands.recv() => Next::Command(command),
                event = connection.events.next() => Next::Event(event),
            },
            (None, Some(moment)) => tokio::select! {
                command = self.commands.recv() => Next::Command(command),
                () = sleep_until(moment) => Next::Retry,
            },
            (None, None) => Next::Command(self.commands.recv().await),
        };
        match next {
            Next::Command(None) => return false,
            Next::Command(Some(command)) => self.take(command),
            Next::Event(Some(event)) => self.dispatch(&event),
            Next::Event(None) => self.lost(),
            Next::Retry => self.retry_at = None,
        }
        true
    }

    fn take(&mut self, command: Command) {
        match command {
            Command::Add { entry, done } => {
                // A new listener does not wait for the pause between tries.
                self.retry_at = None;
                self.waiting.push(Waiting { done, number: Some(entry.number) });
                self.listeners.push(entry);
            }
            Command::Remove { number } => self.listeners.retain(|entry| entry.number != number),
            Command::RemoveWhere { matches, done } => {
                self.listeners.retain(|entry| !matches(entry));
                match self.connection {
                    Some(_) => self.waiting.push(Waiting { done, number: None }),
                    // Without a connection the server knows of no topics.
                    None => drop(done.send(Ok(()))),
                }
            }
            Command::Refresh { done } => match &mut self.connection {
                Some(connection) => {
                    connection.told.clear();
                    self.waiting.push(Waiting { done, number: None });
                }
                // The next connection is told anyway.
                None => drop(done.send(Ok(()))),
            },
        }
    }

    /// Brings connection and server in line with the listeners.
    async fn settle(&mut self) {
        if self.listeners.is_empty() {
            if self.connection.take().is_some() {
                self.observe(&ConnectionEvent::Disconnected { topics: Vec::new() });
            }
            (self.retry_at, self.failures, self.has_gap) = (None, 0, false);
            self.status.set("");
            self.answer(|| Ok(()));
            return;
        }
        if self.connection.is_none() {
            if self.retry_at.is_some() {
                return;
            }
            match self.connect().await {
                Ok(connection) => self.connected(connection),
                Err(error) => return self.failed(&error),
            }
        }
        match self.submit().await {
            Ok(()) => {
                if std::mem::take(&mut self.has_gap) {
                    // Those who are only now told that they are connected have missed nothing.
                    let fresh: Vec<u64> = self.waiting.iter().filter_map(|waiting| waiting.number).collect();
                    self.tell(&Event::Gap, |entry| !fresh.contains(&entry.number));
                    self.observe(&ConnectionEvent::Gap { topics: self.topics() });
                }
                self.answer(|| Ok(()));
            }
            Err(error) => self.failed(&error),
        }
    }

    async fn connect(&mut self) -> Result<Connection> {
        let opening = async {
            let options = Options::new().header("Accept", "text/event-stream").no_request_key();
            let response = self.core.open(Outgoing::get(PATH), options, Some(SILENCE_MAX)).await?;
            let mut events = sse::Events::new(response.body);
            let ended = || {
                Error::new(ErrorKind::Interrupted, "the realtime connection ended before its first message")
            };
            let first = events.next().await.ok_or_else(ended)?;
            let data: Value = serde_json::from_str(&first.data).unwrap_or_default();
            let client_id = data.get("clientId").and_then(Value::as_str).unwrap_or(&first.id).to_owned();
            if first.name != CONNECT || client_id.is_empty() {
                let text = format!(
                    "the first message of the realtime connection is {:?}, not {CONNECT:?}",
                    first.name
                );
                return Err(Error::new(ErrorKind::Decode, text));
            }
            Ok(Connection { events, client_id, opened: Instant::now(), told: BTreeSet::new() })
        };
        let connect_timeout = self.limits.connect_timeout();
        let late =
            || Error::new(ErrorKind::Timeout, format!("no realtime connection within {connect_timeout:?}"));
        let opened = timeout(connect_timeout, opening).await.unwrap_or_else(|_| Err(late()));
        opened.map_err(|error| match error.url() {
            "" => error.with_url(format!("{}{PATH}", self.core.base_url())),
            _ => error,
        })
    }

    fn connected(&mut self, connection: Connection) {
        self.status.set(&connection.client_id);
        let data = json!({"clientId": connection.client_id});
        self.connection = Some(connection);
        self.message(CONNECT, &data);
    }

    /// Tells the server the topics, if they are not those that it knows.
    async fn submit(&mut self) -> Result<()> {
        let Some(connection) = &mut self.connection else {
            return Ok(());
        };
        let topics: BTreeSet<String> = self.listeners.iter().map(|entry| entry.key.clone()).collect();
        if topics == connection.told {
            return Ok(());
        }
        let body = json!({"clientId": connection.client_id, "subscriptions": topics});
        let options = Options::new().no_request_key();
        let (): () = self.core.send(Outgoing::post(PATH).json(body), options).await?;
        connection.told = topics;
        Ok(())
    }

    /// Those who wait are told, and their listeners go; for the others it is tried again.
    fn failed(&mut self, error: &Error) {
        let refused: Vec<u64> = self.waiting.iter().filter_map(|waiting| waiting.number).collect();
        let was_connected = self.connection.is_some();
        // The answers 403 and 404 say that the server does not know this connection, or knows it as
        // somebody else's: a new one helps, and whoever waits goes on waiting.
        let stale = was_connected && matches!(error.status(), 403 | 404) && self.failures == 0;
        if !stale {
            self.answer(|| Err(copy(error)));
            self.listeners.retain(|entry| !refused.contains(&entry.number));
        }
        if was_connected && (stale || error.kind() != ErrorKind::Status || refused.is_empty()) {
            self.lost();
        } else if !was_connected {
            self.pause();
        }
    }

    fn lost(&mut self) {
        let stable = self.connection.take().is_some_and(|connection| connection.opened.elapsed() >= STABLE);
        if stable {
            self.failures = 0;
        }
        self.status.set("");
        self.has_gap = true;
        self.tell(&Event::Disconnected, |_| true);
        self.observe(&ConnectionEvent::Disconnected { topics: self.topics() });
        self.pause();
    }

    fn pause(&mut self) {
        self.retry_at = Some(Instant::now() + backoff::reconnect(self.failures));
        self.failures = self.failures.saturating_add(1);
        if self.failures > self.limits.reconnects() {
            // Given up: whoever listens must subscribe again.
            self.listeners.clear();
        }
    }

    /// The topics with options, each once.
    fn topics(&self) -> Vec<String> {
        let topics: BTreeSet<&str> = self.listeners.iter().map(|entry| entry.key.as_str()).collect();
        topics.into_iter().map(str::to_owned).collect()
    }

    fn observe(&self, event: &ConnectionEvent) {
        if let Some(observer) = self.limits.observer() {
            let _ = catch_unwind(AssertUnwindSafe(|| observer(event)));
        }
    }

    fn dispatch(&mut self, event: &sse::Event) {
        if event.name == CONNECT {
            return;
        }
        let data = serde_json::from_str(&event.data).unwrap_or_else(|_| json!({}));
        self.message(&event.name, &data);
    }

    fn message(&self, key: &str, data: &Value) {
        for entry in self.listeners.iter().filter(|entry| entry.key == key) {
            call(entry, &Event::Message { topic: entry.topic.clone(), data: data.clone() });
        }
    }

    fn tell(&self, event: &Event, whom: impl Fn(&Entry) -> bool) {
        for entry in self.listeners.iter().filter(|entry| whom(entry)) {
            call(entry, event);
        }
    }

    fn answer(&mut self, result: impl Fn() -> Result<()>) {
        for waiting in self.waiting.drain(..) {
            // Whoever has stopped waiting need not be told.
            let _ = waiting.done.send(result());
        }
    }
}

/// A listener that panics must not take the others' connection with it.
fn call(entry: &Entry, event: &Event) {
    let _ = catch_unwind(AssertUnwindSafe(|| (entry.callback)(event)));
}

/// The same error once more, for the next one who waits.
fn copy(error: &Error) -> Error {
    match error.status() {
        0 => Error::new(error.kind(), error.message()).with_url(error.url()),
        status => Error::of_response(status, error.url(), error.response().clone()),
    }
}
