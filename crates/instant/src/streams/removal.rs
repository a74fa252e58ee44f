//! The bytes of streams that were deleted.

use ketch_model::attr::STREAMS;
use ketch_records::{Transaction, TransactionMode};
use ketch_store::Connection;

use super::bell::StreamBell;
use super::chunks;
use crate::error::Result;
use crate::service::Instant;
use crate::transact::{Failure, refusal};

/// As many streams are looked at in one transaction.
const AT_ONCE: usize = 500;

impl Instant {
    /// Removes bytes as their streams are deleted.
    pub(super) async fn remove_deleted_streams(self, bell: StreamBell) {
        loop {
            for stream in bell.deleted().await {
                if let Err(error) = self.remove_stream_bytes(stream).await {
                    tracing::warn!(%error, "the bytes of a deleted stream are still there: they are looked for later");
                }
            }
        }
    }

    async fn remove_stream_bytes(&self, stream: String) -> Result<()> {
        loop {
            let stream = stream.clone();
            let work = move |connection: &mut dyn Connection| chunks::delete_some(connection, &stream);
            // Some at a time: other writes get their turn.
            if !self.records.store().write(work).await.map_err(ketch_model::Error::from)? {
                return Ok(());
            }
        }
    }

    /// Removes bytes whose stream is there no more, because nobody was there to see it go.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn remove_orphaned_stream_bytes(&self) -> Result<()> {
        let mut after = String::new();
        loop {
            let from = after.clone();
            let look =
                move |connection: &mut dyn Connection| chunks::streams_after(connection, &from, AT_ONCE);
            let streams = self.records.store().read(look).await.map_err(ketch_model::Error::from)?;
            let Some(last) = streams.last() else { return Ok(()) };
            after.clone_from(last);
            for orphan in self.without_row(streams).await? {
                self.remove_stream_bytes(orphan).await?;
            }
        }
    }

    /// Those of the ids that are no streams. Asked on the writer: of a stream that is about to be made
    /// there are no bytes yet.
    async fn without_row(&self, streams: Vec<String>) -> Result<Vec<String>> {
        let work = move |transaction: &mut Transaction<'_>| {
            let Some(collection) = transaction.schema().attrs().collection(STREAMS).cloned() else {
                return Ok(streams);
            };
            let ids: Vec<&str> = streams.iter().map(String::as_str).collect();
            let known = transaction.existing(&collection, &ids);
            let known = known.map_err(|error| refusal(transaction.schema(), error))?;
            Ok::<_, Failure>(streams.into_iter().filter(|id| !known.contains(id)).collect())
        };
        let mode = TransactionMode { dry: true, ..TransactionMode::default() };
        Ok(self.records.transact(mode, work).await.map_err(Failure::into_error)?.value)
    }
}
