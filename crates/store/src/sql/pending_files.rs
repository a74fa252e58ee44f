//! Files that are stored before the record that is to name them: noted first, so that what a dying
//! process leaves behind is found.

use ketch_model::Cell;

use crate::sql::dialect::Dialect;
use crate::statement::Statement;

/// The script of the table; an existing one stays. `created` is in milliseconds since 1970.
pub fn create_table(_: &dyn Dialect) -> &'static str {
    "CREATE TABLE IF NOT EXISTS `_ketch_pending_files` (`seq` INTEGER PRIMARY KEY, \
     `collection` TEXT NOT NULL, `owner` TEXT NOT NULL, `name` TEXT NOT NULL, `created` BIGINT NOT NULL)"
}

/// Notes a file by its place: the collection's id, the folder in it, its name.
pub fn insert_pending_file(
    _: &dyn Dialect,
    collection: &str,
    owner: &str,
    name: &str,
    now: i64,
) -> Statement {
    Statement::new(
        "INSERT INTO `_ketch_pending_files` (`collection`, `owner`, `name`, `created`) VALUES (?, ?, ?, ?)",
        vec![Cell::text(collection), Cell::text(owner), Cell::text(name), Cell::Integer(now)],
    )
}

/// Rows of (number, collection, owner, name) after a number that were noted before a time, by number.
pub fn select_pending_files(_: &dyn Dialect, after: i64, before: i64, limit: u32) -> Statement {
    Statement::new(
        "SELECT `seq`, `collection`, `owner`, `name` FROM `_ketch_pending_files` \
         WHERE `seq` > ? AND `created` < ? ORDER BY `seq` LIMIT ?",
        vec![Cell::Integer(after), Cell::Integer(before), Cell::Integer(i64::from(limit))],
    )
}

pub fn delete_pending_file(_: &dyn Dialect, number: i64) -> Statement {
    Statement::new("DELETE FROM `_ketch_pending_files` WHERE `seq` = ?", vec![Cell::Integer(number)])
}

/// Forgets every note.
pub fn delete_pending_files(_: &dyn Dialect) -> Statement {
    Statement::new("DELETE FROM `_ketch_pending_files`", Vec::new())
}
