//! Beginning, continuing and ending a stream.

use std::sync::Arc;

use ketch_model::attr::{STREAMS, random_uuid};
use ketch_model::{Collection, Record, Value};
use ketch_records::{Transaction, TransactionMode};
use serde_json::json;
use uuid::Uuid;

use super::bell::StreamBell;
use super::channel::{Channel, Latest};
use super::chunks;
use super::message::{Append, Which};
use super::rows::{end_of, hash_of, label, told_size};
use super::rules::Visitor;
use crate::error::{Error, Kind, Result};
use crate::service::Instant;
use crate::transact::{Failure, checked_value, refusal};

/// Bytes that a stream may have.
const LARGEST: i64 = 1 << 30;
/// The row tells the size again after so many bytes; at the end it is exact.
const TOLD_EVERY: i64 = 1 << 20;

/// A stream that a session writes.
#[derive(Debug)]
pub(super) struct Writing {
    pub stream_id: String,
    pub channel: Arc<Channel>,
    collection: Arc<Collection>,
}

impl Instant {
    /// Begins a stream, or goes on with one that was begun with the same secret. Answers how many
    /// bytes it has.
    pub(super) async fn start_stream(
        &self,
        bell: &StreamBell,
        session: &str,
        visitor: &Visitor,
        client_id: &str,
        token: &str,
    ) -> Result<(Writing, i64)> {
        if client_id.trim().is_empty() {
            return Err(Error::malformed(&["client-id"], &client_id.into()));
        }
        if token.len() != 36 || Uuid::try_parse(token).is_err() {
            // Not repeated: a mistyped secret is one, too.
            return Err(Error::malformed(&["reconnect-token"], &Value::Null));
        }
        let new_id = random_uuid();
        let known = match self.stream_collection() {
            Some(collection) => self.find_stream(&collection, &Which::ClientId(client_id.to_owned())).await?,
            None => None,
        };
        let may_create = known.is_none();
        if may_create {
            self.check_stream_creation(visitor, &new_id, client_id).await?;
        }
        let collection = self.own_collection(STREAMS).await?;
        if let Some(entry) = self.records.schema().attrs().forward(STREAMS, label::CLIENT_ID) {
            checked_value(entry, &client_id.into(), "")?;
        }
        let (bell, session) = (bell.clone(), session.to_owned());
        let start = Start { client_id: client_id.to_owned(), hash: hash_of(token), new_id, may_create };
        let work = move |transaction: &mut Transaction<'_>| {
            let (row, size) = start.run(transaction, &collection)?;
            let channel = bell.channel(row.id());
            channel.take(&session);
            Ok((Writing { stream_id: row.id().to_owned(), channel, collection }, size))
        };
        let outcome = self.records.transact(TransactionMode::default(), work).await;
        Ok(outcome.map_err(Failure::into_error)?.value)
    }

    /// Appends to a stream. Answers how many bytes it has then, all of them stored.
    pub(super) async fn append_to_stream(
        &self,
        session: &str,
        writing: &Writing,
        append: Append,
    ) -> Result<i64> {
        let Append { text, offset, end, .. } = append;
        let text: Arc<str> = text.into();
        let (collection, id) = (writing.collection.clone(), writing.stream_id.clone());
        let (channel, session) = (writing.channel.clone(), session.to_owned());
        let (appended, ended) = (text.clone(), end.clone());
        let work = move |transaction: &mut Transaction<'_>| {
            if !channel.is_written_by(&session) {
                let message = "Another connection writes this stream now.";
                return Err(wrong("append-stream", &id, message).into());
            }
            let found = transaction.load(&collection, &[&id]);
            let row = found.map_err(|error| refusal(transaction.schema(), error))?.pop();
            let Some(row) = row else {
                return Err(wrong("append-stream", &id, "The stream was deleted.").into());
            };
            if end_of(&row).is_some() {
                return Err(wrong("append-stream", &id, "The stream has ended.").into());
            }
            let before = chunks::size(transaction.connection(), &id)?;
            if before != offset {
                let message = format!("The stream has {before} bytes, and the chunks begin at {offset}.");
                return Err(wrong("append-stream", &id, &message).into());
            }
            let length = i64::try_from(appended.len()).unwrap_or(i64::MAX);
            if before.saturating_add(length) > LARGEST {
                let message = format!("A stream cannot have more than {} MiB.", LARGEST >> 20);
                return Err(Error::new(Kind::ParameterLimitExceeded, message, Value::Null).into());
            }
            let size = chunks::append(transaction.connection(), &id, &appended)?;
            if ended.is_some() || size - told_size(&row) >= TOLD_EVERY {
                let mut after = row.clone();
                after.set(label::SIZE, json!(size));
                if let Some(end) = &ended {
                    after.set(label::DONE, true.into());
                    after.set(
                        label::ABORT_REASON,
                        end.abort_reason.as_deref().map_or(Value::Null, Value::from),
                    );
                }
                transaction.update(row, after).map_err(|error| refusal(transaction.schema(), error))?;
            }
            Ok(size)
        };
        let outcome = self.records.transact(TransactionMode::default(), work).await;
        let size = outcome.map_err(Failure::into_error)?.value;
        if !text.is_empty() || end.is_some() {
            writing.channel.tell(Latest { start: offset, text, end });
        }
        Ok(size)
    }

    /// The session that wrote a stream has gone: its row tells how far it came.
    pub(super) async fn leave_stream(&self, writing: &Writing) -> Result<()> {
        let (collection, id) = (writing.collection.clone(), writing.stream_id.clone());
        let work = move |transaction: &mut Transaction<'_>| {
            let size = chunks::size(transaction.connection(), &id)?;
            let told = transaction.load(&collection, &[&id]).and_then(|mut found| {
                let Some(row) = found.pop().filter(|row| told_size(row) != size) else { return Ok(()) };
                let mut after = row.clone();
                after.set(label::SIZE, json!(size));
                transaction.update(row, after).map(|_| ())
            });
            told.map_err(|error| refusal(transaction.schema(), error))
        };
        let outcome = self.records.transact(TransactionMode::default(), work).await;
        outcome.map(|_| ()).map_err(Failure::into_error)
    }
}

struct Start {
    client_id: String,
    hash: String,
    /// The id of a stream that is made.
    new_id: String,
    /// Whether the rules were asked if one may be made.
    may_create: bool,
}

impl Start {
    /// The row of the stream, and its size.
    fn run(
        self,
        transaction: &mut Transaction<'_>,
        collection: &Arc<Collection>,
    ) -> std::result::Result<(Record, i64), Failure> {
        let name = Value::from(self.client_id.as_str());
        let found = transaction.load_by_values(collection, label::CLIENT_ID, &[name]);
        let known = found.map_err(|error| refusal(transaction.schema(), error))?.pop();
        if let Some(row) = known {
            if row.text(label::TOKEN) != self.hash {
                let message = "A stream of this name was begun by another writer.";
                return Err(wrong("start-stream", &self.client_id, message).into());
            }
            if end_of(&row).is_some() {
                return Err(wrong("start-stream", &self.client_id, "The stream has ended.").into());
            }
            let size = chunks::size(transaction.connection(), row.id())?;
            return Ok((row, size));
        }
        if !self.may_create {
            return Err(wrong("start-stream", &self.client_id, "The stream was deleted.").into());
        }
        let current = transaction.schema().by_id(&collection.id).unwrap_or(collection).clone();
        let mut row = Record::blank(current);
        for (label, value) in [
            ("id", self.new_id.into()),
            (label::CLIENT_ID, self.client_id.into()),
            (label::TOKEN, self.hash.into()),
            (label::DONE, false.into()),
            (label::SIZE, json!(0)),
        ] {
            row.set(label, value);
        }
        let stored = transaction.insert(row).map_err(|error| refusal(transaction.schema(), error))?;
        Ok((Record::clone(&stored), 0))
    }
}

/// A command that does not fit the stream.
pub(super) fn wrong(operation: &str, stream: &str, message: &str) -> Error {
    Error::validation(operation, &stream.into(), message)
}
