//! Following a stream.

use std::sync::Arc;

use ketch_model::{Collection, Record};
use ketch_store::Connection;
use tokio::sync::watch;

use super::bell::StreamBell;
use super::channel::{Channel, Progress};
use super::chunks;
use super::message::{End, Which};
use super::rows::{end_of, label};
use super::rules::Visitor;
use super::write::wrong;
use crate::error::{Error, Result};
use crate::service::Instant;

/// Somebody's place in a stream.
pub(super) struct Reader {
    pub stream_id: String,
    pub client_id: String,
    /// The place of the byte that comes next.
    pub offset: i64,
    instant: Instant,
    collection: Arc<Collection>,
    progress: watch::Receiver<Progress>,
    /// Held so that the writer finds the same one.
    _channel: Arc<Channel>,
}

/// What stands at a reader's place.
pub(super) enum Part {
    Text {
        start: i64,
        text: Arc<str>,
        end: Option<End>,
    },
    /// The stream is there no more.
    Gone,
}

/// What the tables say of a place.
enum Stored {
    Page(chunks::Page),
    /// Everything was read of a stream that goes on, or does not.
    Nothing(Option<End>),
    Gone,
}

impl Instant {
    /// Begins to read a stream at a place.
    pub(super) async fn read_stream(
        &self,
        bell: &StreamBell,
        visitor: &Visitor,
        which: &Which,
        offset: i64,
    ) -> Result<Reader> {
        let (row, collection) = self.visible_stream(visitor, which).await?;
        if offset < 0 {
            return Err(Error::malformed(&["offset"], &offset.into()));
        }
        let channel = bell.channel(row.id());
        // Before anything is read: what is committed from now on is told.
        let progress = channel.follow();
        let id = row.id().to_owned();
        let size = self.records.store().read(move |connection| chunks::size(connection, &id)).await;
        let size = size.map_err(ketch_model::Error::from)?;
        if offset > size {
            let message = format!("The stream has {size} bytes and cannot be read from {offset} on.");
            return Err(wrong("subscribe-stream", row.id(), &message));
        }
        Ok(Reader {
            stream_id: row.id().to_owned(),
            client_id: row.text(label::CLIENT_ID).to_owned(),
            offset,
            instant: self.clone(),
            collection,
            progress,
            _channel: channel,
        })
    }

    async fn visible_stream(&self, visitor: &Visitor, which: &Which) -> Result<(Record, Arc<Collection>)> {
        let collection = self.stream_collection();
        let row = match &collection {
            Some(collection) => self.find_stream(collection, which).await?,
            None => None,
        };
        match (row, collection) {
            (Some(row), Some(collection)) => {
                self.check_stream_view(visitor, &row).await?;
                Ok((row, collection))
            }
            _ => {
                let (name, client_id) = match which {
                    Which::StreamId(id) => (id, ""),
                    Which::ClientId(id) => (id, id.as_str()),
                };
                self.check_absent_stream(visitor, client_id).await?;
                Err(wrong("subscribe-stream", name, "There is no such stream."))
            }
        }
    }
}

impl Reader {
    /// The next part, waited for.
    pub async fn next(&mut self) -> Result<Part> {
        loop {
            let latest = self.progress.borrow_and_update().latest.clone();
            if let Some(latest) = latest.filter(|latest| latest.start == self.offset) {
                return Ok(self.advance(latest.start, latest.text, latest.end));
            }
            match self.stored().await? {
                Stored::Page(page) => return Ok(self.advance(page.start, page.text.into(), None)),
                Stored::Nothing(Some(end)) => return Ok(self.advance(self.offset, "".into(), Some(end))),
                Stored::Gone => return Ok(Part::Gone),
                Stored::Nothing(None) => {}
            }
            if self.progress.changed().await.is_err() {
                return Ok(Part::Gone);
            }
        }
    }

    fn advance(&mut self, start: i64, text: Arc<str>, end: Option<End>) -> Part {
        self.offset = start.saturating_add(i64::try_from(text.len()).unwrap_or(i64::MAX));
        Part::Text { start, text, end }
    }

    async fn stored(&self) -> Result<Stored> {
        let (collection, id, from) = (self.collection.clone(), self.stream_id.clone(), self.offset);
        let page = move |connection: &mut dyn Connection| chunks::page(connection, &id, from);
        if let Some(page) = self.instant.records.store().read(page).await? {
            return Ok(Stored::Page(page));
        }
        // What comes between the two is told: the next look finds it.
        let row = self.instant.records.find_by_id(&collection, &self.stream_id).await?;
        Ok(match row {
            None => Stored::Gone,
            Some(row) => match end_of(&row) {
                None => Stored::Nothing(None),
                Some(end) => self.ended(end).await?,
            },
        })
    }

    /// What was appended with the end may not have been seen.
    async fn ended(&self, end: End) -> Result<Stored> {
        let (id, from) = (self.stream_id.clone(), self.offset);
        let page = move |connection: &mut dyn Connection| chunks::page(connection, &id, from);
        let rest = self.instant.records.store().read(page).await?;
        Ok(rest.map_or(Stored::Nothing(Some(end)), Stored::Page))
    }
}
