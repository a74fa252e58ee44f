//! Changes of a collection's records.

use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::{Stream, StreamExt};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::api::Subscription;
use super::event::Event;
use crate::error::{Error, ErrorKind, Result};

/// A change of a record, or of the connection that tells of them.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum RecordChange<T> {
    /// A record was created.
    Created(T),
    /// A record was changed; this is the new one.
    Updated(T),
    /// A record was deleted; this is what it was.
    Deleted(T),
    /// The connection is gone, and is being opened again in the background.
    Disconnected,
    /// Changes may have been missed: fetch the records again.
    Gap,
}

/// The changes of records as a stream. Dropping it unsubscribes.
#[derive(Debug)]
#[must_use = "dropping the stream unsubscribes"]
pub struct RecordChanges<T> {
    events: Subscription,
    record: PhantomData<fn() -> T>,
}

impl<T> RecordChanges<T> {
    pub(crate) fn new(events: Subscription) -> Self {
        Self { events, record: PhantomData }
    }
}

#[derive(Deserialize)]
struct Message<T> {
    action: String,
    record: T,
}

fn read<T: DeserializeOwned>(event: Event) -> Result<RecordChange<T>> {
    let data = match event {
        Event::Message { data, .. } => data,
        Event::Disconnected => return Ok(RecordChange::Disconnected),
        Event::Gap => return Ok(RecordChange::Gap),
    };
    let message = Message::<T>::deserialize(data).map_err(|error| {
        Error::new(ErrorKind::Decode, format!("a change is not of the expected shape: {error}"))
            .with_source(error)
    })?;
    match message.action.as_str() {
        "create" => Ok(RecordChange::Created(message.record)),
        "update" => Ok(RecordChange::Updated(message.record)),
        "delete" => Ok(RecordChange::Deleted(message.record)),
        other => Err(Error::new(ErrorKind::Decode, format!("a change has the unknown action {other:?}"))),
    }
}

impl<T: DeserializeOwned> Stream for RecordChanges<T> {
    type Item = Result<RecordChange<T>>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.events.poll_next_unpin(context).map(|event| event.map(read))
    }
}
