//! What clients want and what they are told.

use std::sync::Arc;

use ketch_model::{Object, Value};
use tokio::sync::oneshot;

use crate::error::Error;

/// What one request brought. Nothing of it is done before `answered`, so that the answer to the
/// request comes before the events that it causes: a client that hears of an event before it
/// knows that it asked for it takes no notice.
#[derive(Debug)]
pub struct Batch {
    pub commands: Vec<Command>,
    pub answered: oneshot::Receiver<()>,
}

/// One thing that a client wants.
#[derive(Debug)]
pub struct Command {
    /// The client's name for it, repeated in the events that it causes.
    pub event_id: Value,
    /// As it was sent, without what is long.
    pub original: Value,
    pub order: Order,
}

#[derive(Debug)]
pub enum Order {
    /// Write a stream: a new one, or one that was begun with the same secret.
    Start {
        client_id: String,
        reconnect_token: String,
        params: Object,
    },
    Append(Append),
    /// Read a stream from a place on.
    Subscribe {
        stream: Which,
        offset: i64,
        params: Object,
    },
    /// Read no more what was subscribed under this id.
    Unsubscribe {
        event_id: Value,
    },
    /// It says nothing that could be done.
    Wrong(Error),
}

#[derive(Debug)]
pub struct Append {
    pub stream_id: String,
    pub text: String,
    /// The place of the first byte.
    pub offset: i64,
    pub end: Option<End>,
}

/// How a stream ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct End {
    /// Why it was ended early.
    pub abort_reason: Option<String>,
}

/// A stream by one of its names.
#[derive(Debug, Clone)]
pub enum Which {
    StreamId(String),
    ClientId(String),
}

/// What a client is told. Places are counted in bytes of UTF-8.
#[derive(Debug)]
pub enum Event {
    Started {
        event_id: Value,
        stream_id: String,
        client_id: String,
        offset: i64,
    },
    /// Everything before the offset is stored.
    Flushed {
        stream_id: String,
        offset: i64,
        done: bool,
    },
    /// The server could not store it; the client may try again.
    AppendFailed {
        stream_id: String,
    },
    Appended {
        event_id: Value,
        stream_id: String,
        client_id: String,
        offset: i64,
        text: Arc<str>,
        end: Option<End>,
    },
    /// Nothing more can be read; `retry`: not now.
    Broken {
        event_id: Value,
        stream_id: String,
        client_id: String,
        offset: i64,
        message: String,
        retry: bool,
    },
    Refused {
        event_id: Value,
        original: Value,
        error: Error,
    },
}
