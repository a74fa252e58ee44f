//! Events of visitors, in the auxiliary database. Days are numbered from 1970, in UTC.

use std::sync::{Arc, LazyLock};

use ketch_model::Cell;

use crate::sql::dialect::Dialect;
use crate::statement::Statement;

/// The script of the tables; existing ones stay.
pub fn create_analytics_tables(_: &dyn Dialect) -> &'static str {
    "CREATE TABLE IF NOT EXISTS `_ketch_analytics_events` (\
     `id` INTEGER PRIMARY KEY, `day` INTEGER NOT NULL, `created` INTEGER NOT NULL, `event` TEXT NOT NULL, \
     `path` TEXT NOT NULL, `title` TEXT NOT NULL, `source` TEXT NOT NULL, `browser` TEXT NOT NULL, \
     `os` TEXT NOT NULL, `device` TEXT NOT NULL, `visitor` TEXT NOT NULL, `session` TEXT NOT NULL, \
     `perf` REAL DEFAULT NULL, `props` TEXT NOT NULL);\n\
     CREATE INDEX IF NOT EXISTS idx__ketch_analytics_events_day ON `_ketch_analytics_events` (`day`);\n\
     CREATE TABLE IF NOT EXISTS `_ketch_analytics_salts` (`day` INTEGER PRIMARY KEY, `salt` TEXT NOT NULL);\n"
}

/// The columns of a stored event, in the order of statements here.
pub const EVENT_COLUMNS: [&str; 13] = [
    "day", "created", "event", "path", "title", "source", "browser", "os", "device", "visitor", "session",
    "perf", "props",
];

// One text for all events: it is kept prepared.
static INSERT: LazyLock<Arc<str>> = LazyLock::new(|| {
    let columns = EVENT_COLUMNS.map(|column| format!("`{column}`")).join(", ");
    let places = ["?"; EVENT_COLUMNS.len()].join(", ");
    format!("INSERT INTO `_ketch_analytics_events` ({columns}) VALUES ({places})").into()
});

/// Stores an event; `cells` belong to [`EVENT_COLUMNS`].
pub fn insert_event(_: &dyn Dialect, cells: Vec<Cell>) -> Statement {
    Statement::new(INSERT.clone(), cells)
}

/// Notes the salt of a day unless it has one.
pub fn insert_salt(_: &dyn Dialect, day: i64, salt: &str) -> Statement {
    Statement::new(
        "INSERT INTO `_ketch_analytics_salts` (`day`, `salt`) VALUES (?, ?) ON CONFLICT DO NOTHING",
        vec![Cell::Integer(day), Cell::text(salt)],
    )
}

/// One cell at most: the salt of a day.
pub fn select_salt(_: &dyn Dialect, day: i64) -> Statement {
    Statement::new("SELECT `salt` FROM `_ketch_analytics_salts` WHERE `day` = ?", vec![Cell::Integer(day)])
}

/// Forgets the salts of earlier days: nobody can tell any more whose visits those were.
pub fn delete_salts_before(_: &dyn Dialect, day: i64) -> Statement {
    Statement::new("DELETE FROM `_ketch_analytics_salts` WHERE `day` < ?", vec![Cell::Integer(day)])
}

fn of_days(sql: &str, from: i64, to: i64) -> Statement {
    Statement::new(sql, vec![Cell::Integer(from), Cell::Integer(to)])
}

/// Rows of (day, events, visitors), oldest first; both days are part of the range.
pub fn daily_counts(_: &dyn Dialect, from: i64, to: i64) -> Statement {
    of_days(
        "SELECT `day`, COUNT(*), COUNT(DISTINCT `visitor`) FROM `_ketch_analytics_events` \
         WHERE `day` BETWEEN ? AND ? GROUP BY `day` ORDER BY `day`",
        from,
        to,
    )
}

/// One row: sessions, those of one event, and how long they take together in milliseconds.
pub fn session_counts(_: &dyn Dialect, from: i64, to: i64) -> Statement {
    of_days(
        "SELECT COUNT(*), coalesce(SUM(events = 1), 0), coalesce(SUM(length), 0) FROM (\
         SELECT COUNT(*) AS events, MAX(`created`) - MIN(`created`) AS length FROM `_ketch_analytics_events` \
         WHERE `day` BETWEEN ? AND ? GROUP BY `day`, `session`) AS sessions",
        from,
        to,
    )
}

/// What a list of the most frequent is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    Event,
    Path,
    Source,
    Browser,
    Os,
    Device,
}

/// Rows of (name, events, visitors), most visitors first; empty names are left out.
pub fn top(_: &dyn Dialect, topic: Topic, from: i64, to: i64, limit: u32) -> Statement {
    let column = match topic {
        Topic::Event => "event",
        Topic::Path => "path",
        Topic::Source => "source",
        Topic::Browser => "browser",
        Topic::Os => "os",
        Topic::Device => "device",
    };
    // Pages and events are ranked by how often they were seen, everything else by who came with it.
    let order = if matches!(topic, Topic::Event | Topic::Path) { "2 DESC, 3 DESC" } else { "3 DESC, 2 DESC" };
    let sql = format!(
        "SELECT `{column}`, COUNT(*), COUNT(DISTINCT `visitor`) FROM `_ketch_analytics_events` \
         WHERE `day` BETWEEN ? AND ? AND `{column}` != '' GROUP BY 1 ORDER BY {order}, 1 LIMIT ?"
    );
    let cells = vec![Cell::Integer(from), Cell::Integer(to), Cell::Integer(i64::from(limit))];
    Statement::new(sql, cells)
}

/// Rows of days that have events, newest first.
pub fn event_days(_: &dyn Dialect) -> Statement {
    Statement::new("SELECT DISTINCT `day` FROM `_ketch_analytics_events` ORDER BY 1 DESC", Vec::new())
}

/// Rows of (id, [`EVENT_COLUMNS`]…) of a day after an id, in the order of arrival.
pub fn events_of_day(_: &dyn Dialect, day: i64, after: i64, limit: u32) -> Statement {
    let columns = EVENT_COLUMNS.map(|column| format!("`{column}`")).join(", ");
    let sql = format!(
        "SELECT `id`, {columns} FROM `_ketch_analytics_events` WHERE `day` = ? AND `id` > ? ORDER BY `id` LIMIT ?"
    );
    Statement::new(sql, vec![Cell::Integer(day), Cell::Integer(after), Cell::Integer(i64::from(limit))])
}

/// Deletes events of days before the given one, at most `limit`.
pub fn delete_events_before(_: &dyn Dialect, day: i64, limit: u32) -> Statement {
    let sql = "DELETE FROM `_ketch_analytics_events` WHERE `id` IN \
               (SELECT `id` FROM `_ketch_analytics_events` WHERE `day` < ? LIMIT ?)";
    Statement::new(sql, vec![Cell::Integer(day), Cell::Integer(i64::from(limit))])
}

/// Deletes the oldest of more events than `kept`, at most `limit`.
pub fn delete_events_above(_: &dyn Dialect, kept: i64, limit: u32) -> Statement {
    let sql = "DELETE FROM `_ketch_analytics_events` WHERE `id` IN (SELECT `id` FROM `_ketch_analytics_events` \
               WHERE `id` <= (SELECT MAX(`id`) FROM `_ketch_analytics_events`) - ? ORDER BY `id` LIMIT ?)";
    Statement::new(sql, vec![Cell::Integer(kept), Cell::Integer(i64::from(limit))])
}
