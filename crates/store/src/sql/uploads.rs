//! URLs that take one upload each. Only hashes are stored.

use ketch_model::Cell;

use crate::sql::dialect::Dialect;
use crate::statement::Statement;

/// The script of the table; an existing one stays. Times are in milliseconds since 1970.
pub fn create_table(_: &dyn Dialect) -> &'static str {
    "CREATE TABLE IF NOT EXISTS `_ketch_upload_urls` \
     (`hash` TEXT PRIMARY KEY NOT NULL, `path` TEXT NOT NULL, `expires` BIGINT NOT NULL)"
}

/// Notes a URL, by the hash of its secret, and the path of the file that may be stored by it.
pub fn insert_upload_url(dialect: &dyn Dialect, hash: &str, path: &str, expires: i64) -> Statement {
    let mut sql = String::from("INSERT INTO `_ketch_upload_urls` (`hash`, `path`, `expires`) VALUES (");
    for position in 1..=3 {
        if position > 1 {
            sql.push_str(", ");
        }
        dialect.parameter(position, &mut sql);
    }
    sql.push(')');
    Statement::new(sql, vec![Cell::text(hash), Cell::text(path), Cell::Integer(expires)])
}

/// One row at most: path and end.
pub fn select_upload_url(dialect: &dyn Dialect, hash: &str) -> Statement {
    with("SELECT `path`, `expires` FROM `_ketch_upload_urls` WHERE `hash` = ", dialect, Cell::text(hash))
}

pub fn delete_upload_url(dialect: &dyn Dialect, hash: &str) -> Statement {
    with("DELETE FROM `_ketch_upload_urls` WHERE `hash` = ", dialect, Cell::text(hash))
}

/// Deletes the URLs that ended before a time.
pub fn delete_ended_upload_urls(dialect: &dyn Dialect, before: i64) -> Statement {
    with("DELETE FROM `_ketch_upload_urls` WHERE `expires` < ", dialect, Cell::Integer(before))
}

fn with(sql: &str, dialect: &dyn Dialect, cell: Cell) -> Statement {
    let mut sql = sql.to_owned();
    dialect.parameter(1, &mut sql);
    Statement::new(sql, vec![cell])
}
