//! The log's table, `_logs` of the auxiliary database, which [`super::system`] lays out as the original does.

use std::sync::{Arc, LazyLock};

use ketch_model::Cell;

use crate::sql::dialect::Dialect;
use crate::statement::Statement;

/// One row to be written.
#[derive(Debug)]
pub struct LogRow {
    pub id: String,
    /// -4 debug, 0 info, 4 warning, 8 error.
    pub level: i64,
    pub message: String,
    /// A JSON object.
    pub data: String,
    /// In the normalised form of dates.
    pub created: String,
}

// One text for all rows: it is kept prepared.
static INSERT: LazyLock<Arc<str>> = LazyLock::new(|| {
    "INSERT INTO `_logs` (`id`, `level`, `message`, `data`, `created`) VALUES (?, ?, ?, ?, ?)".into()
});

/// Stores a new row.
pub fn insert_log(_: &dyn Dialect, row: LogRow) -> Statement {
    let LogRow { id, level, message, data, created } = row;
    let cells = vec![
        Cell::Text(id),
        Cell::Integer(level),
        Cell::Text(message),
        Cell::Text(data),
        Cell::Text(created),
    ];
    Statement::new(INSERT.clone(), cells)
}

/// Deletes rows from before a moment in the normalised form: at most `limit`, so that others get their turn.
pub fn delete_logs_before(_: &dyn Dialect, before: &str, limit: u32) -> Statement {
    // The first condition follows from the second; it is the one that an index knows.
    let sql = "DELETE FROM `_logs` WHERE `rowid` IN (SELECT `rowid` FROM `_logs` \
               WHERE strftime('%Y-%m-%d %H:00:00', `created`) <= strftime('%Y-%m-%d %H:00:00', ?1) \
               AND `created` < ?1 LIMIT ?2)";
    Statement::new(sql, vec![Cell::text(before), Cell::Integer(i64::from(limit))])
}

/// Deletes rows of a level below the given one, at most `limit`.
pub fn delete_logs_below(_: &dyn Dialect, level: i64, limit: u32) -> Statement {
    let sql =
        "DELETE FROM `_logs` WHERE `rowid` IN (SELECT `rowid` FROM `_logs` WHERE `level` < ?1 LIMIT ?2)";
    Statement::new(sql, vec![Cell::Integer(level), Cell::Integer(i64::from(limit))])
}

/// Deletes every row.
pub fn delete_logs(_: &dyn Dialect) -> Statement {
    Statement::new("DELETE FROM `_logs`", Vec::new())
}
