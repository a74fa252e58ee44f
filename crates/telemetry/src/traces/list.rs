//! Reading spans.

use ketch_model::{CellRef, Object, Value};
use ketch_store::sql::spans::{self as sql, SpanFilter, SpanOrder};
use ketch_store::{Connection, Flow, Row, StoreResult};

/// Names that statistics list.
const NAMES: u32 = 20;

#[derive(Debug, Clone, Default)]
pub struct SpanQuery {
    /// From 1.
    pub page: u64,
    /// At least 1.
    pub per_page: u32,
    pub filter: SpanFilter,
    pub order: SpanOrder,
    pub ascending: bool,
}

/// A span of the store.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredSpan {
    pub id: String,
    pub trace_id: String,
    pub span_id: String,
    /// Empty for the first span of a trace.
    pub parent_id: String,
    pub name: String,
    pub kind: String,
    /// Microseconds since 1970.
    pub start: i64,
    /// In microseconds.
    pub duration: i64,
    /// `ok` or `error`.
    pub status: String,
    /// An object.
    pub attributes: Value,
    /// Milliseconds since 1970.
    pub created: i64,
}

#[derive(Debug)]
pub struct SpanPage {
    pub spans: Vec<StoredSpan>,
    pub total: u64,
}

/// Numbers of all spans that match. Durations are in microseconds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SpanStats {
    pub total: i64,
    pub errors: i64,
    pub mean_duration: i64,
    pub longest_duration: i64,
    /// Those that took most time in all, first.
    pub names: Vec<SpanName>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpanName {
    pub name: String,
    pub count: i64,
    pub errors: i64,
    pub mean_duration: i64,
    pub longest_duration: i64,
}

fn integer(row: &dyn Row, index: usize) -> i64 {
    match row.cell(index) {
        CellRef::Integer(number) => number,
        _ => 0,
    }
}

pub(super) fn page(connection: &mut dyn Connection, query: &SpanQuery) -> StoreResult<SpanPage> {
    let dialect = connection.dialect();
    let total = connection.count(&sql::count_spans(dialect, &query.filter))?;
    let limit = query.per_page.max(1);
    let offset = query.page.saturating_sub(1).saturating_mul(u64::from(limit));
    let order = (query.order, query.ascending);
    let statement = sql::select_spans(dialect, &query.filter, order, limit, offset);
    let mut spans = Vec::new();
    connection.query(&statement, &mut |row| {
        spans.push(span(row));
        Flow::More
    })?;
    Ok(SpanPage { spans, total })
}

fn span(row: &dyn Row) -> StoredSpan {
    let text = |index| row.cell(index).as_text().unwrap_or_default().to_owned();
    let attributes = row.cell(9).as_text().and_then(|text| serde_json::from_str(text).ok());
    StoredSpan {
        id: integer(row, 0).to_string(),
        trace_id: text(1),
        span_id: text(2),
        parent_id: text(3),
        name: text(4),
        kind: text(5),
        start: integer(row, 6),
        duration: integer(row, 7),
        status: text(8),
        attributes: attributes.unwrap_or_else(|| Value::Object(Object::new())),
        created: integer(row, 10),
    }
}

pub(super) fn stats(connection: &mut dyn Connection, filter: &SpanFilter) -> StoreResult<SpanStats> {
    let dialect = connection.dialect();
    let mut stats = SpanStats::default();
    connection.query(&sql::span_totals(dialect, filter), &mut |row| {
        stats.total = integer(row, 0);
        stats.errors = integer(row, 1);
        stats.mean_duration = integer(row, 2);
        stats.longest_duration = integer(row, 3);
        Flow::Stop
    })?;
    connection.query(&sql::span_names(dialect, filter, NAMES), &mut |row| {
        stats.names.push(SpanName {
            name: row.cell(0).as_text().unwrap_or_default().to_owned(),
            count: integer(row, 1),
            errors: integer(row, 2),
            mean_duration: integer(row, 3),
            longest_duration: integer(row, 4),
        });
        Flow::More
    })?;
    Ok(stats)
}
