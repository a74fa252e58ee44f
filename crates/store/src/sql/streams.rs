//! The bytes of streams: pieces in the order of their places, each beginning where the one before ends.

use ketch_model::Cell;

use crate::sql::dialect::Dialect;
use crate::statement::Statement;

/// The script of the table; an existing one stays. `start` is the place of a piece's first byte.
pub fn create_table(_: &dyn Dialect) -> &'static str {
    "CREATE TABLE IF NOT EXISTS `_ketch_stream_chunks` \
     (`stream` TEXT NOT NULL, `start` BIGINT NOT NULL, `content` BLOB NOT NULL, PRIMARY KEY (`stream`, `start`))"
}

/// The last piece, if there is one: place and bytes.
pub fn select_last_chunk(dialect: &dyn Dialect, stream: &str) -> Statement {
    let sql = format!(
        "SELECT `start`, `content` FROM `_ketch_stream_chunks` WHERE `stream` = {} ORDER BY `start` DESC LIMIT 1",
        place(dialect, 1)
    );
    Statement::new(sql, vec![Cell::text(stream)])
}

/// Pieces from the one on that holds the byte at a place: place and bytes, at most `limit`.
pub fn select_chunks(dialect: &dyn Dialect, stream: &str, from: i64, limit: i64) -> Statement {
    let sql = format!(
        "SELECT `start`, `content` FROM `_ketch_stream_chunks` WHERE `stream` = {} AND `start` >= \
         coalesce((SELECT max(`start`) FROM `_ketch_stream_chunks` WHERE `stream` = {} AND `start` <= {}), 0) \
         ORDER BY `start` LIMIT {}",
        place(dialect, 1),
        place(dialect, 2),
        place(dialect, 3),
        place(dialect, 4)
    );
    Statement::new(
        sql,
        vec![Cell::text(stream), Cell::text(stream), Cell::Integer(from), Cell::Integer(limit)],
    )
}

/// Stores a piece, or lets one grow.
pub fn save_chunk(dialect: &dyn Dialect, stream: &str, start: i64, content: Vec<u8>) -> Statement {
    let sql = format!(
        "INSERT INTO `_ketch_stream_chunks` (`stream`, `start`, `content`) VALUES ({}, {}, {}) \
         ON CONFLICT (`stream`, `start`) DO UPDATE SET `content` = excluded.`content`",
        place(dialect, 1),
        place(dialect, 2),
        place(dialect, 3)
    );
    Statement::new(sql, vec![Cell::text(stream), Cell::Integer(start), Cell::Blob(content)])
}

/// Deletes the first pieces of a stream, at most `limit` of them.
pub fn delete_chunks(dialect: &dyn Dialect, stream: &str, limit: i64) -> Statement {
    let sql = format!(
        "DELETE FROM `_ketch_stream_chunks` WHERE `stream` = {} AND `start` IN \
         (SELECT `start` FROM `_ketch_stream_chunks` WHERE `stream` = {} ORDER BY `start` LIMIT {})",
        place(dialect, 1),
        place(dialect, 2),
        place(dialect, 3)
    );
    Statement::new(sql, vec![Cell::text(stream), Cell::text(stream), Cell::Integer(limit)])
}

/// One row: the next stream after another of which there are pieces, NULL at the end.
pub fn next_stream(dialect: &dyn Dialect, after: &str) -> Statement {
    let sql =
        format!("SELECT min(`stream`) FROM `_ketch_stream_chunks` WHERE `stream` > {}", place(dialect, 1));
    Statement::new(sql, vec![Cell::text(after)])
}

fn place(dialect: &dyn Dialect, position: usize) -> String {
    let mut text = String::new();
    dialect.parameter(position, &mut text);
    text
}
