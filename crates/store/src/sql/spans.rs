//! Request spans and the users whose requests are always traced, in the auxiliary database.

use std::sync::{Arc, LazyLock};

use ketch_model::Cell;

use crate::sql::dialect::Dialect;
use crate::statement::Statement;

/// The script of the tables; existing ones stay.
pub fn create_span_tables(_: &dyn Dialect) -> &'static str {
    "CREATE TABLE IF NOT EXISTS `_ketch_spans` (\
     `id` INTEGER PRIMARY KEY, `trace` TEXT NOT NULL, `span` TEXT NOT NULL, `parent` TEXT NOT NULL, \
     `name` TEXT NOT NULL, `kind` TEXT NOT NULL, `start` INTEGER NOT NULL, `duration` INTEGER NOT NULL, \
     `status` TEXT NOT NULL, `attributes` TEXT NOT NULL, `created` INTEGER NOT NULL);\n\
     CREATE INDEX IF NOT EXISTS idx__ketch_spans_trace ON `_ketch_spans` (`trace`);\n\
     CREATE INDEX IF NOT EXISTS idx__ketch_spans_start ON `_ketch_spans` (`start`);\n\
     CREATE TABLE IF NOT EXISTS `_ketch_dyed_users` (\
     `user` TEXT PRIMARY KEY, `added` INTEGER NOT NULL, `expires` INTEGER NOT NULL, \
     `added_by` TEXT NOT NULL, `reason` TEXT NOT NULL);\n"
}

/// The columns of a stored span, in the order of statements here. Times are microseconds since
/// 1970, `created` milliseconds.
pub const SPAN_COLUMNS: [&str; 10] =
    ["trace", "span", "parent", "name", "kind", "start", "duration", "status", "attributes", "created"];

static INSERT: LazyLock<Arc<str>> = LazyLock::new(|| {
    let places = ["?"; SPAN_COLUMNS.len()].join(", ");
    format!("INSERT INTO `_ketch_spans` ({}) VALUES ({places})", columns()).into()
});

fn columns() -> String {
    SPAN_COLUMNS.map(|column| format!("`{column}`")).join(", ")
}

/// Stores a span; `cells` belong to [`SPAN_COLUMNS`].
pub fn insert_span(_: &dyn Dialect, cells: Vec<Cell>) -> Statement {
    Statement::new(INSERT.clone(), cells)
}

/// Which spans are wanted; what is `None` or empty asks for nothing.
#[derive(Debug, Clone, Default)]
pub struct SpanFilter {
    /// In hexadecimal.
    pub trace: Option<String>,
    pub span: Option<String>,
    pub parent: Option<String>,
    /// A part of the name, in any letter case.
    pub name: Option<String>,
    /// In microseconds, both ends included.
    pub duration: (Option<i64>, Option<i64>),
    /// Microseconds since 1970, both ends included.
    pub start: (Option<i64>, Option<i64>),
    pub statuses: Vec<String>,
}

/// What spans are sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SpanOrder {
    #[default]
    Start,
    Duration,
    Name,
    Status,
}

/// Rows of (id, [`SPAN_COLUMNS`]…).
pub fn select_spans(
    _: &dyn Dialect,
    filter: &SpanFilter,
    order: (SpanOrder, bool),
    limit: u32,
    offset: u64,
) -> Statement {
    let (by, ascending) = order;
    let by = match by {
        SpanOrder::Start => "start",
        SpanOrder::Duration => "duration",
        SpanOrder::Name => "name",
        SpanOrder::Status => "status",
    };
    let direction = if ascending { "ASC" } else { "DESC" };
    let (conditions, mut cells) = conditions(filter);
    cells.push(Cell::Integer(i64::from(limit)));
    cells.push(Cell::Integer(i64::try_from(offset).unwrap_or(i64::MAX)));
    let sql = format!(
        "SELECT `id`, {} FROM `_ketch_spans`{conditions} ORDER BY `{by}` {direction}, `id` {direction} LIMIT ? OFFSET ?",
        columns()
    );
    Statement::new(sql, cells)
}

/// One row, one integer.
pub fn count_spans(_: &dyn Dialect, filter: &SpanFilter) -> Statement {
    let (conditions, cells) = conditions(filter);
    Statement::new(format!("SELECT COUNT(*) FROM `_ketch_spans`{conditions}"), cells)
}

/// One row: spans, failed ones, the mean and the longest duration in microseconds.
pub fn span_totals(_: &dyn Dialect, filter: &SpanFilter) -> Statement {
    let (conditions, cells) = conditions(filter);
    let sql = format!(
        "SELECT COUNT(*), coalesce(SUM(`status` = 'error'), 0), coalesce(CAST(AVG(`duration`) AS INTEGER), 0), \
         coalesce(MAX(`duration`), 0) FROM `_ketch_spans`{conditions}"
    );
    Statement::new(sql, cells)
}

/// Rows of (name, spans, failed ones, mean duration, longest duration): the names that took most time.
pub fn span_names(_: &dyn Dialect, filter: &SpanFilter, limit: u32) -> Statement {
    let (conditions, mut cells) = conditions(filter);
    cells.push(Cell::Integer(i64::from(limit)));
    let sql = format!(
        "SELECT `name`, COUNT(*), SUM(`status` = 'error'), CAST(AVG(`duration`) AS INTEGER), MAX(`duration`) \
         FROM `_ketch_spans`{conditions} GROUP BY 1 ORDER BY SUM(`duration`) DESC, 1 LIMIT ?"
    );
    Statement::new(sql, cells)
}

fn conditions(filter: &SpanFilter) -> (String, Vec<Cell>) {
    let mut sql = String::new();
    let mut cells = Vec::new();
    let mut add = |condition: &str, new: Vec<Cell>| {
        sql.push_str(if cells.is_empty() { " WHERE " } else { " AND " });
        sql.push_str(condition);
        cells.extend(new);
    };
    let texts =
        [("`trace` = ?", &filter.trace), ("`span` = ?", &filter.span), ("`parent` = ?", &filter.parent)];
    for (condition, text) in texts {
        if let Some(text) = text {
            add(condition, vec![Cell::text(text.as_str())]);
        }
    }
    if let Some(name) = &filter.name {
        add("instr(lower(`name`), lower(?)) > 0", vec![Cell::text(name.as_str())]);
    }
    let numbers = [
        ("`duration` >= ?", filter.duration.0),
        ("`duration` <= ?", filter.duration.1),
        ("`start` >= ?", filter.start.0),
        ("`start` <= ?", filter.start.1),
    ];
    for (condition, number) in numbers {
        if let Some(number) = number {
            add(condition, vec![Cell::Integer(number)]);
        }
    }
    if !filter.statuses.is_empty() {
        let places = vec!["?"; filter.statuses.len()].join(", ");
        let statuses = filter.statuses.iter().map(|status| Cell::text(status.as_str())).collect();
        add(&format!("`status` IN ({places})"), statuses);
    }
    (sql, cells)
}

/// Deletes all spans of a trace.
pub fn delete_trace(_: &dyn Dialect, trace: &str) -> Statement {
    Statement::new("DELETE FROM `_ketch_spans` WHERE `trace` = ?", vec![Cell::text(trace)])
}

/// Deletes spans that began before a moment in microseconds since 1970, at most `limit`.
pub fn delete_spans_before(_: &dyn Dialect, before: i64, limit: u32) -> Statement {
    let sql = "DELETE FROM `_ketch_spans` WHERE `id` IN (SELECT `id` FROM `_ketch_spans` WHERE `start` < ? LIMIT ?)";
    Statement::new(sql, vec![Cell::Integer(before), Cell::Integer(i64::from(limit))])
}

/// Deletes the oldest of more spans than `kept`, at most `limit`.
pub fn delete_spans_above(_: &dyn Dialect, kept: i64, limit: u32) -> Statement {
    let sql = "DELETE FROM `_ketch_spans` WHERE `id` IN (SELECT `id` FROM `_ketch_spans` \
               WHERE `id` <= (SELECT MAX(`id`) FROM `_ketch_spans`) - ? ORDER BY `id` LIMIT ?)";
    Statement::new(sql, vec![Cell::Integer(kept), Cell::Integer(i64::from(limit))])
}

/// Rows of (user, added, expires, added by, reason) whose time has not ended; times are
/// milliseconds since 1970.
pub fn select_dyed_users(_: &dyn Dialect, now: i64) -> Statement {
    Statement::new(
        "SELECT `user`, `added`, `expires`, `added_by`, `reason` FROM `_ketch_dyed_users` WHERE `expires` > ? \
         ORDER BY `added`, `user`",
        vec![Cell::Integer(now)],
    )
}

/// Stores a dyed user, or changes one; `cells` are those of [`select_dyed_users`].
pub fn save_dyed_user(_: &dyn Dialect, cells: Vec<Cell>) -> Statement {
    Statement::new(
        "INSERT INTO `_ketch_dyed_users` (`user`, `added`, `expires`, `added_by`, `reason`) VALUES (?, ?, ?, ?, ?) \
         ON CONFLICT (`user`) DO UPDATE SET `added` = excluded.`added`, `expires` = excluded.`expires`, \
         `added_by` = excluded.`added_by`, `reason` = excluded.`reason`",
        cells,
    )
}

pub fn delete_dyed_user(_: &dyn Dialect, user: &str) -> Statement {
    Statement::new("DELETE FROM `_ketch_dyed_users` WHERE `user` = ?", vec![Cell::text(user)])
}

/// Deletes those whose time has ended.
pub fn delete_expired_dyed_users(_: &dyn Dialect, now: i64) -> Statement {
    Statement::new("DELETE FROM `_ketch_dyed_users` WHERE `expires` <= ?", vec![Cell::Integer(now)])
}
