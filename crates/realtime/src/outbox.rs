//! What waits to be sent to one connection: bounded, and never waited for.

use std::collections::VecDeque;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use ketch_model::Value;
use ketch_query::fields::FieldPicker;
use ketch_records::RecordView;
use ketch_store::change::ChangeKind;
use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

/// More than this does not wait for one client. Payloads are shared between clients.
const MAX_MESSAGES: usize = 16_384;
const MAX_BYTES: usize = 32 << 20;

/// A change as some observers see it; one for all who see the same.
#[derive(Debug)]
pub struct Event {
    pub kind: ChangeKind,
    pub view: RecordView,
    /// Which keys of the record to show.
    pub picker: FieldPicker,
    encoded: OnceLock<Bytes>,
    /// Roughly, in bytes.
    weight: usize,
}

impl Event {
    pub(crate) fn new(kind: ChangeKind, view: RecordView, picker: FieldPicker) -> Self {
        let weight = 256 + view.record.values.iter().map(weight).sum::<usize>();
        Self { kind, view, picker, encoded: OnceLock::new(), weight }
    }

    /// The event in wire form: made by the first who sends it, shared by all.
    pub fn encoded(&self, encode: impl FnOnce(&Self) -> Bytes) -> Bytes {
        self.encoded.get_or_init(|| encode(self)).clone()
    }
}

fn weight(value: &Value) -> usize {
    8 + match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(object) => object.iter().map(|(key, value)| key.len() + weight(value)).sum(),
        _ => 0,
    }
}

/// What is sent under a topic.
#[derive(Debug, Clone)]
pub enum Payload {
    Event(Arc<Event>),
    /// JSON text.
    Raw(Bytes),
}

#[derive(Debug, Clone)]
pub struct Message {
    pub topic: Arc<crate::topic::Topic>,
    pub payload: Payload,
}

impl Message {
    fn weight(&self) -> usize {
        match &self.payload {
            Payload::Event(event) => event.weight,
            Payload::Raw(bytes) => bytes.len(),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Outbox {
    state: Mutex<State>,
    wake: Notify,
}

#[derive(Debug)]
struct State {
    queue: VecDeque<Message>,
    bytes: usize,
    /// When something was last taken; when the connection was opened if nothing was.
    taken: Instant,
    closed: Option<Instant>,
}

impl Outbox {
    pub fn new() -> Self {
        let state = State { queue: VecDeque::new(), bytes: 0, taken: Instant::now(), closed: None };
        Self { state: Mutex::new(state), wake: Notify::new() }
    }

    /// Queues a message; `false` if there is no room for it.
    pub fn push(&self, message: Message) -> bool {
        let mut state = self.state.lock();
        if state.closed.is_some() {
            return true;
        }
        let weight = message.weight();
        // One message always has room: a large record must not cut everybody who watches it.
        if !state.queue.is_empty() && (state.queue.len() >= MAX_MESSAGES || state.bytes + weight > MAX_BYTES)
        {
            return false;
        }
        if state.queue.is_empty() {
            // From now on it is the client who is waited for.
            state.taken = Instant::now();
        }
        state.bytes += weight;
        state.queue.push_back(message);
        drop(state);
        self.wake.notify_one();
        true
    }

    /// The next message, `None` once the outbox is closed. One taker at a time.
    pub async fn next(&self) -> Option<Message> {
        loop {
            {
                let mut state = self.state.lock();
                if state.closed.is_some() {
                    return None;
                }
                if let Some(message) = state.queue.pop_front() {
                    state.bytes -= message.weight().min(state.bytes);
                    state.taken = Instant::now();
                    return Some(message);
                }
            }
            self.wake.notified().await;
        }
    }

    /// Ends the connection; what waits is dropped.
    pub fn close(&self) {
        let mut state = self.state.lock();
        state.closed.get_or_insert_with(Instant::now);
        state.queue = VecDeque::new();
        state.bytes = 0;
        drop(state);
        self.wake.notify_one();
    }

    pub fn standing(&self) -> Standing {
        let state = self.state.lock();
        match state.closed {
            Some(closed) => Standing::Closed(closed.elapsed()),
            None if state.queue.is_empty() => Standing::Idle(state.taken.elapsed()),
            None => Standing::Stalled(state.taken.elapsed()),
        }
    }
}

/// What an outbox is doing, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Idle(Duration),
    /// Something waits, and nothing was taken.
    Stalled(Duration),
    Closed(Duration),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topic::Topic;

    fn message(bytes: usize) -> Message {
        Message {
            topic: Arc::new(Topic::new("t".to_owned(), None)),
            payload: Payload::Raw(Bytes::from(vec![b' '; bytes])),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn bounded_by_number_and_size() {
        let outbox = Outbox::new();
        assert!(outbox.push(message(MAX_BYTES + 1)));
        assert!(!outbox.push(message(1)));
        assert!(outbox.next().await.is_some());
        for _ in 0..MAX_MESSAGES {
            assert!(outbox.push(message(0)));
        }
        assert!(!outbox.push(message(0)));
        tokio::time::advance(Duration::from_secs(7)).await;
        assert_eq!(outbox.standing(), Standing::Stalled(Duration::from_secs(7)));
        outbox.close();
        assert!(outbox.next().await.is_none());
        assert!(matches!(outbox.standing(), Standing::Closed(_)));
    }

    #[tokio::test]
    async fn who_waits_is_woken() {
        let outbox = Arc::new(Outbox::new());
        let taker = outbox.clone();
        let taking =
            tokio::spawn(async move { (taker.next().await.is_some(), taker.next().await.is_some()) });
        tokio::task::yield_now().await;
        assert!(outbox.push(message(1)));
        tokio::task::yield_now().await;
        outbox.close();
        assert_eq!(taking.await.unwrap(), (true, false));
    }
}
