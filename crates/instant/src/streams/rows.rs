//! Rows of `$streams`.

use std::fmt::Write;
use std::sync::Arc;

use ketch_model::attr::STREAMS;
use ketch_model::{Cell, Collection, Record, Value};
use sha2::{Digest, Sha256};

use super::message::{End, Which};
use crate::error::Result;
use crate::service::Instant;

pub(super) mod label {
    pub const CLIENT_ID: &str = "clientId";
    pub const DONE: &str = "done";
    pub const SIZE: &str = "size";
    pub const TOKEN: &str = "hashedReconnectToken";
    pub const ABORT_REASON: &str = "abortReason";
}

/// How the stream of a row ended, if it did.
pub(super) fn end_of(row: &Record) -> Option<End> {
    let is_done = row.get(label::DONE) == Some(&Value::Bool(true));
    let reason = Some(row.text(label::ABORT_REASON)).filter(|reason| !reason.is_empty());
    is_done.then(|| End { abort_reason: reason.map(str::to_owned) })
}

/// The size that a row tells; the bytes may be more.
pub(super) fn told_size(row: &Record) -> i64 {
    row.get(label::SIZE)
        .and_then(|size| size.as_i64().or_else(|| size.as_f64().map(|size| size as i64)))
        .unwrap_or(0)
}

/// What is kept of a secret.
pub(super) fn hash_of(token: &str) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(token.to_ascii_lowercase().as_bytes()) {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

impl Instant {
    /// The collection of streams, if there was ever one.
    pub(super) fn stream_collection(&self) -> Option<Arc<Collection>> {
        self.records.schema().attrs().collection(STREAMS).cloned()
    }

    pub(super) async fn find_stream(
        &self,
        collection: &Arc<Collection>,
        which: &Which,
    ) -> Result<Option<Record>> {
        Ok(match which {
            Which::StreamId(id) => self.records.find_by_id(collection, id).await?,
            Which::ClientId(id) => {
                self.records.find_by_field(collection, label::CLIENT_ID, Cell::text(id), false).await?
            }
        })
    }
}
