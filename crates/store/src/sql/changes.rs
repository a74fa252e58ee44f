//! The change log: one row a transaction, written inside it.
//!
//! Numbers grow with every row and are never given twice, because the newest row is never pruned.

use ketch_model::Cell;

use crate::change::{self, Change};
use crate::contract::Statement;
use crate::sql::Dialect;

/// The script of the log's table; an existing one stays. `created` is in milliseconds since 1970.
pub fn create_change_log(_: &dyn Dialect) -> &'static str {
    "CREATE TABLE IF NOT EXISTS `_ketch_changes` \
     (`seq` INTEGER PRIMARY KEY, `created` INTEGER NOT NULL, `changes` TEXT NOT NULL)"
}

/// Notes what a transaction did; `now` is in milliseconds since 1970.
pub fn insert_changes_at(_: &dyn Dialect, changes: &[Change], now: i64) -> Statement {
    Statement::new(
        "INSERT INTO `_ketch_changes` (`created`, `changes`) VALUES (?, ?)",
        vec![Cell::Integer(now), Cell::Text(change::encode(changes))],
    )
}

/// Notes what a transaction did, now.
pub fn insert_changes(dialect: &dyn Dialect, changes: &[Change]) -> Statement {
    insert_changes_at(dialect, changes, milliseconds_now())
}

/// Rows of (number, text for [`change::decode`]) after a number, oldest first, at most `limit`.
pub fn changes_after(_: &dyn Dialect, seq: i64, limit: u32) -> Statement {
    Statement::new(
        "SELECT `seq`, `changes` FROM `_ketch_changes` WHERE `seq` > ? ORDER BY `seq` LIMIT ?",
        vec![Cell::Integer(seq), Cell::Integer(i64::from(limit))],
    )
}

/// One row: the number of the oldest and of the newest entry, NULL in an empty log. Who has read up
/// to a number before the oldest has missed something.
pub fn change_log_ends(_: &dyn Dialect) -> Statement {
    Statement::new(
        "SELECT (SELECT min(`seq`) FROM `_ketch_changes`), (SELECT max(`seq`) FROM `_ketch_changes`)",
        Vec::new(),
    )
}

/// Deletes the oldest rows that were written before a time in milliseconds since 1970: at most
/// `limit` of them, so that other writes get their turn, and never the newest.
pub fn prune_changes(_: &dyn Dialect, before: i64, limit: u32) -> Statement {
    Statement::new(
        "DELETE FROM `_ketch_changes` WHERE `seq` < (SELECT max(`seq`) FROM `_ketch_changes`) AND `seq` <= \
         (SELECT max(`seq`) FROM (SELECT `seq`, `created` FROM `_ketch_changes` ORDER BY `seq` LIMIT ?2) AS oldest \
         WHERE `created` < ?1)",
        vec![Cell::Integer(before), Cell::Integer(i64::from(limit))],
    )
}

fn milliseconds_now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
