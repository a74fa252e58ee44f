//! The queue of jobs, in the main database. Times are milliseconds since 1970.

use ketch_model::Cell;

use crate::sql::dialect::Dialect;
use crate::statement::Statement;

/// The script of the table; an existing one stays. The payload is the last column: it may be long,
/// and whatever does not ask for it need not read it.
pub fn create_table(_: &dyn Dialect) -> &'static str {
    "CREATE TABLE IF NOT EXISTS `_ketch_jobs` (\
     `seq` INTEGER PRIMARY KEY, `id` TEXT UNIQUE NOT NULL, `topic` TEXT NOT NULL, `status` TEXT NOT NULL, \
     `run_at` BIGINT NOT NULL, `locked_until` BIGINT, `lease` TEXT, `retries` BIGINT NOT NULL, \
     `max_retries` BIGINT NOT NULL, `last_error` TEXT NOT NULL, `created` BIGINT NOT NULL, \
     `updated` BIGINT NOT NULL, `payload` TEXT NOT NULL);\
     CREATE INDEX IF NOT EXISTS `_ketch_jobs_due` ON `_ketch_jobs` (`status`, `run_at`);\
     CREATE INDEX IF NOT EXISTS `_ketch_jobs_topic` ON `_ketch_jobs` (`status`, `topic`, `run_at`);\
     CREATE INDEX IF NOT EXISTS `_ketch_jobs_lease` ON `_ketch_jobs` (`status`, `locked_until`);\
     CREATE INDEX IF NOT EXISTS `_ketch_jobs_updated` ON `_ketch_jobs` (`status`, `updated`)"
}

/// The columns of a job, in the order of every statement here.
pub const JOB_COLUMNS: [&str; 12] = [
    "id",
    "topic",
    "status",
    "run_at",
    "locked_until",
    "lease",
    "retries",
    "max_retries",
    "last_error",
    "created",
    "updated",
    "payload",
];

/// What a job's life changes of it.
const CHANGING: [&str; 7] = ["status", "run_at", "locked_until", "lease", "retries", "last_error", "updated"];

/// Stores a new job; `cells` belong to [`JOB_COLUMNS`].
pub fn insert_job(_: &dyn Dialect, cells: Vec<Cell>) -> Statement {
    let places = ["?"; JOB_COLUMNS.len()].join(", ");
    Statement::new(format!("INSERT INTO `_ketch_jobs` ({}) VALUES ({places})", columns()), cells)
}

/// Stores what changed of a job; `cells` belong to [`JOB_COLUMNS`], the first names the row. The
/// payload stays.
pub fn update_job(_: &dyn Dialect, cells: Vec<Cell>) -> Statement {
    let position = |name: &str| JOB_COLUMNS.iter().position(|column| *column == name).unwrap_or_default();
    let places = CHANGING.map(|name| format!("`{name}` = ?")).join(", ");
    let mut params: Vec<Cell> = Vec::with_capacity(CHANGING.len() + 1);
    for name in CHANGING {
        params.push(cells[position(name)].clone());
    }
    params.push(cells[0].clone());
    Statement::new(format!("UPDATE `_ketch_jobs` SET {places} WHERE `id` = ?"), params)
}

pub fn delete_job(_: &dyn Dialect, id: &str) -> Statement {
    Statement::new("DELETE FROM `_ketch_jobs` WHERE `id` = ?", vec![Cell::text(id)])
}

/// One row at most, of [`JOB_COLUMNS`].
pub fn select_job(_: &dyn Dialect, id: &str) -> Statement {
    Statement::new(format!("SELECT {} FROM `_ketch_jobs` WHERE `id` = ?", columns()), vec![Cell::text(id)])
}

/// Which jobs are wanted; `None` asks for nothing.
#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    pub topic: Option<String>,
    pub status: Option<String>,
}

/// Rows of [`JOB_COLUMNS`], the newest first.
pub fn select_jobs(_: &dyn Dialect, filter: &JobFilter, limit: u32, offset: u64) -> Statement {
    let (conditions, mut cells) = conditions(filter);
    cells.push(Cell::Integer(i64::from(limit)));
    cells.push(Cell::Integer(i64::try_from(offset).unwrap_or(i64::MAX)));
    // Long payloads are read for the rows of the page only.
    let sql = format!(
        "SELECT {} FROM `_ketch_jobs` WHERE `seq` IN (SELECT `seq` FROM `_ketch_jobs`{conditions} \
         ORDER BY `seq` DESC LIMIT ? OFFSET ?) ORDER BY `seq` DESC",
        columns()
    );
    Statement::new(sql, cells)
}

/// One row, one integer.
pub fn count_jobs(_: &dyn Dialect, filter: &JobFilter) -> Statement {
    let (conditions, cells) = conditions(filter);
    Statement::new(format!("SELECT COUNT(*) FROM `_ketch_jobs`{conditions}"), cells)
}

/// Rows of (status, number of jobs).
pub fn job_totals(_: &dyn Dialect) -> Statement {
    Statement::new("SELECT `status`, COUNT(*) FROM `_ketch_jobs` GROUP BY `status`", Vec::new())
}

/// Rows of (id, `run_at`, place in the queue, bytes of the payload): jobs of a status whose time has
/// come, the longest due first; of one topic, or of all.
pub fn select_due_jobs(
    _: &dyn Dialect,
    status: &str,
    topic: Option<&str>,
    now: i64,
    limit: u32,
) -> Statement {
    let mut cells = vec![Cell::text(status)];
    let mut condition = "";
    if let Some(topic) = topic {
        condition = " AND `topic` = ?";
        cells.push(Cell::text(topic));
    }
    cells.extend([Cell::Integer(now), Cell::Integer(i64::from(limit))]);
    let sql = format!(
        "SELECT `id`, `run_at`, `seq`, octet_length(`payload`) FROM `_ketch_jobs` \
         WHERE `status` = ?{condition} AND `run_at` <= ? ORDER BY `run_at`, `seq` LIMIT ?"
    );
    Statement::new(sql, cells)
}

/// Rows of [`JOB_COLUMNS`]: jobs of a status whose lease has ended.
pub fn select_expired_jobs(_: &dyn Dialect, status: &str, now: i64, limit: u32) -> Statement {
    let sql = format!(
        "SELECT {} FROM `_ketch_jobs` WHERE `status` = ? AND `locked_until` <= ? ORDER BY `locked_until` LIMIT ?",
        columns()
    );
    Statement::new(sql, vec![Cell::text(status), Cell::Integer(now), Cell::Integer(i64::from(limit))])
}

/// One row, one integer: whether a lease of `leased` has ended.
pub fn has_lease_ended(_: &dyn Dialect, leased: &str, now: i64) -> Statement {
    let sql = "SELECT EXISTS (SELECT 1 FROM `_ketch_jobs` WHERE `status` = ? AND `locked_until` <= ?)";
    Statement::new(sql, vec![Cell::text(leased), Cell::Integer(now)])
}

/// Deletes jobs of a status that changed last before a time, at most `limit`, so that other writes
/// get their turn.
pub fn delete_jobs_before(_: &dyn Dialect, status: &str, before: i64, limit: u32) -> Statement {
    let sql = "DELETE FROM `_ketch_jobs` WHERE `seq` IN \
               (SELECT `seq` FROM `_ketch_jobs` WHERE `status` = ? AND `updated` < ? LIMIT ?)";
    Statement::new(sql, vec![Cell::text(status), Cell::Integer(before), Cell::Integer(i64::from(limit))])
}

fn columns() -> String {
    JOB_COLUMNS.map(|column| format!("`{column}`")).join(", ")
}

fn conditions(filter: &JobFilter) -> (String, Vec<Cell>) {
    let mut sql = String::new();
    let mut cells = Vec::new();
    for (condition, text) in [("`topic` = ?", &filter.topic), ("`status` = ?", &filter.status)] {
        if let Some(text) = text {
            sql.push_str(if cells.is_empty() { " WHERE " } else { " AND " });
            sql.push_str(condition);
            cells.push(Cell::text(text.as_str()));
        }
    }
    (sql, cells)
}
