//! The bytes of a stream in its table.
//!
//! A piece begins with a character, ends with one, and is filled up while it is small: what comes
//! letter by letter does not become a row a letter.

use ketch_model::CellRef;
use ketch_store::sql::streams as sql;
use ketch_store::{Connection, Flow, Row, StoreError};

/// A piece that has so many bytes does not grow.
const GROWN: usize = 4 << 10;
/// A piece has no more bytes than these.
const LARGEST: usize = 64 << 10;
/// As many bytes are read at once, rounded up to whole pieces.
const PAGE: usize = 64 << 10;
/// As many pieces are read at once.
const PAGE_ROWS: i64 = 256;
/// As many pieces are deleted at once.
const DELETED_AT_ONCE: i64 = 256;

/// What is read at once.
#[derive(Debug)]
pub(super) struct Page {
    /// The place of the first byte: not after the one that was asked for.
    pub start: i64,
    pub text: String,
}

struct Chunk {
    start: i64,
    content: Vec<u8>,
}

impl Chunk {
    fn of(row: &dyn Row) -> Option<Self> {
        match (row.cell(0), row.cell(1)) {
            (CellRef::Integer(start), CellRef::Blob(content)) => {
                Some(Self { start, content: content.to_vec() })
            }
            _ => None,
        }
    }

    fn end(&self) -> i64 {
        self.start.saturating_add(i64::try_from(self.content.len()).unwrap_or(i64::MAX))
    }
}

fn last(connection: &mut dyn Connection, stream: &str) -> Result<Option<Chunk>, StoreError> {
    let statement = sql::select_last_chunk(connection.dialect(), stream);
    let mut last = None;
    connection.query(&statement, &mut |row| {
        last = Chunk::of(row);
        Flow::Stop
    })?;
    Ok(last)
}

/// How many bytes there are.
pub(super) fn size(connection: &mut dyn Connection, stream: &str) -> Result<i64, StoreError> {
    Ok(last(connection, stream)?.map_or(0, |chunk| chunk.end()))
}

/// Appends text; answers how many bytes there are then.
pub(super) fn append(
    connection: &mut dyn Connection,
    stream: &str,
    mut text: &str,
) -> Result<i64, StoreError> {
    let known = last(connection, stream)?;
    let mut end = known.as_ref().map_or(0, Chunk::end);
    let mut open = known.filter(|chunk| chunk.content.len() < GROWN);
    while !text.is_empty() {
        let mut chunk = open.take().unwrap_or(Chunk { start: end, content: Vec::new() });
        let part = boundary(text, LARGEST - chunk.content.len());
        chunk.content.extend_from_slice(&text.as_bytes()[..part]);
        text = &text[part..];
        end = chunk.end();
        let statement = sql::save_chunk(connection.dialect(), stream, chunk.start, chunk.content);
        connection.execute(&statement)?;
    }
    Ok(end)
}

/// The last place up to `most` at which a character begins or the text ends.
fn boundary(text: &str, most: usize) -> usize {
    (0..=most.min(text.len())).rev().find(|&place| text.is_char_boundary(place)).unwrap_or(0)
}

/// Some of what stands from a place on; `None` at the end. It may begin before the place, where that
/// is in the middle of a character.
pub(super) fn page(
    connection: &mut dyn Connection,
    stream: &str,
    from: i64,
) -> Result<Option<Page>, ketch_model::Error> {
    let statement = sql::select_chunks(connection.dialect(), stream, from, PAGE_ROWS);
    let mut start = from;
    let mut bytes: Vec<u8> = Vec::new();
    connection.query(&statement, &mut |row| {
        let Some(chunk) = Chunk::of(row) else { return Flow::Stop };
        if chunk.end() <= from {
            return Flow::More;
        }
        if bytes.is_empty() {
            start = chunk.start;
        }
        bytes.extend_from_slice(&chunk.content);
        if bytes.len() < PAGE { Flow::More } else { Flow::Stop }
    })?;
    if bytes.is_empty() {
        return Ok(None);
    }
    let mut text = String::from_utf8(bytes).map_err(|error| {
        ketch_model::Error::internal(format!("the stream {stream} holds no text: {error}"))
    })?;
    let skipped = boundary(&text, usize::try_from(from.saturating_sub(start)).unwrap_or_default());
    text.drain(..skipped);
    start = start.saturating_add(i64::try_from(skipped).unwrap_or_default());
    Ok(Some(Page { start, text }))
}

/// Deletes some of the pieces; answers whether there may be more.
pub(super) fn delete_some(connection: &mut dyn Connection, stream: &str) -> Result<bool, StoreError> {
    let statement = sql::delete_chunks(connection.dialect(), stream, DELETED_AT_ONCE);
    let deleted = connection.execute(&statement)?;
    Ok(i64::try_from(deleted).unwrap_or(i64::MAX) >= DELETED_AT_ONCE)
}

/// The first streams after one of which there are bytes.
pub(super) fn streams_after(
    connection: &mut dyn Connection,
    after: &str,
    limit: usize,
) -> Result<Vec<String>, StoreError> {
    let mut streams = Vec::new();
    let mut after = after.to_owned();
    while streams.len() < limit {
        let statement = sql::next_stream(connection.dialect(), &after);
        let mut next = None;
        connection.query(&statement, &mut |row| {
            next = row.cell(0).as_text().map(str::to_owned);
            Flow::Stop
        })?;
        let Some(next) = next else { break };
        streams.push(next.clone());
        after = next;
    }
    Ok(streams)
}
