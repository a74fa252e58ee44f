//! The change log: one row a transaction, written inside it.
//!
//! Numbers grow with every row and are never given twice, because the newest row is never pruned.

use std::time::{SystemTime, UNIX_EPOCH};

use ketch_model::Cell;

use crate::change::{self, Change};
use crate::sql::dialect::Dialect;
use crate::statement::Statement;

/// The script of the log's table; an existing one stays. `created` is in milliseconds since 1970.
pub fn create_change_log(_: &dyn Dialect) -> &'static str {
    "CREATE TABLE IF NOT EXISTS `_ketch_changes` \
     (`seq` INTEGER PRIMARY KEY, `created` INTEGER NOT NULL, `changes` TEXT NOT NULL)"
}

/// Notes what a transaction did, now.
pub fn insert_changes(dialect: &dyn Dialect, changes: &[Change]) -> Statement {
    insert_changes_at(dialect, changes, milliseconds_now())
}

/// Notes what a transaction did; `now` is in milliseconds since 1970.
pub fn insert_changes_at(dialect: &dyn Dialect, changes: &[Change], now: i64) -> Statement {
    let mut sql = String::from("INSERT INTO `_ketch_changes` (`created`, `changes`) VALUES (");
    dialect.parameter(1, &mut sql);
    sql.push_str(", ");
    dialect.parameter(2, &mut sql);
    sql.push(')');
    Statement::new(sql, vec![Cell::Integer(now), Cell::Text(change::encode(changes))])
}

/// Rows of (number, text for [`change::decode`]) after a number, oldest first, at most `limit`.
pub fn changes_after(dialect: &dyn Dialect, seq: i64, limit: u32) -> Statement {
    let mut sql = String::from("SELECT `seq`, `changes` FROM `_ketch_changes` WHERE `seq` > ");
    dialect.parameter(1, &mut sql);
    sql.push_str(" ORDER BY `seq` LIMIT ");
    dialect.parameter(2, &mut sql);
    Statement::new(sql, vec![Cell::Integer(seq), Cell::Integer(i64::from(limit))])
}

/// One row: the number of the oldest and of the newest entry, NULL in an empty log. Who has read up
/// to a number before the oldest has missed something.
pub fn change_log_ends(_: &dyn Dialect) -> Statement {
    let sql = "SELECT (SELECT min(`seq`) FROM `_ketch_changes`), (SELECT max(`seq`) FROM `_ketch_changes`)";
    Statement::new(sql, Vec::new())
}

/// Deletes the oldest rows that were written before a time in milliseconds since 1970: at most
/// `limit` of them, so that other writes get their turn, and never the newest.
pub fn prune_changes(dialect: &dyn Dialect, before: i64, limit: u32) -> Statement {
    let mut sql = String::from(
        "DELETE FROM `_ketch_changes` WHERE `seq` < (SELECT max(`seq`) FROM `_ketch_changes`) AND `seq` <= \
         (SELECT max(`seq`) FROM (SELECT `seq`, `created` FROM `_ketch_changes` ORDER BY `seq` LIMIT ",
    );
    dialect.parameter(1, &mut sql);
    sql.push_str(") AS oldest WHERE `created` < ");
    dialect.parameter(2, &mut sql);
    sql.push(')');
    Statement::new(sql, vec![Cell::Integer(i64::from(limit)), Cell::Integer(before)])
}

fn milliseconds_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
