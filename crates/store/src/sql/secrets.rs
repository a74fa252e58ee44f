//! Secrets, encrypted, in the main database. Times are milliseconds since 1970.

use ketch_model::Cell;

use crate::sql::dialect::Dialect;
use crate::statement::Statement;

/// The script of the table; an existing one stays. `key_id` names the master key that `sealed` was
/// encrypted with.
pub fn create_table(_: &dyn Dialect) -> &'static str {
    "CREATE TABLE IF NOT EXISTS `_ketch_secrets` (\
     `key` TEXT PRIMARY KEY NOT NULL, `id` TEXT UNIQUE NOT NULL, `env` TEXT NOT NULL, \
     `description` TEXT NOT NULL, `key_id` TEXT NOT NULL, `sealed` TEXT NOT NULL, \
     `created` BIGINT NOT NULL, `updated` BIGINT NOT NULL)"
}

/// The columns of a secret, in the order of every statement here.
pub const SECRET_COLUMNS: [&str; 8] =
    ["key", "id", "env", "description", "key_id", "sealed", "created", "updated"];

/// Rows of [`SECRET_COLUMNS`], by key.
pub fn select_secrets(_: &dyn Dialect) -> Statement {
    Statement::new(format!("SELECT {} FROM `_ketch_secrets` ORDER BY `key`", columns()), Vec::new())
}

/// One row at most, of [`SECRET_COLUMNS`].
pub fn select_secret(_: &dyn Dialect, key: &str) -> Statement {
    let sql = format!("SELECT {} FROM `_ketch_secrets` WHERE `key` = ?", columns());
    Statement::new(sql, vec![Cell::text(key)])
}

/// Stores a secret; one of the same key keeps its id and when it was created. `cells` belong to
/// [`SECRET_COLUMNS`].
pub fn save_secret(_: &dyn Dialect, cells: Vec<Cell>) -> Statement {
    let places = ["?"; SECRET_COLUMNS.len()].join(", ");
    let kept = ["key", "id", "created"];
    let changes: Vec<String> = SECRET_COLUMNS
        .iter()
        .filter(|column| !kept.contains(column))
        .map(|column| format!("`{column}` = excluded.`{column}`"))
        .collect();
    Statement::new(
        format!(
            "INSERT INTO `_ketch_secrets` ({}) VALUES ({places}) ON CONFLICT (`key`) DO UPDATE SET {}",
            columns(),
            changes.join(", ")
        ),
        cells,
    )
}

pub fn delete_secret(_: &dyn Dialect, key: &str) -> Statement {
    Statement::new("DELETE FROM `_ketch_secrets` WHERE `key` = ?", vec![Cell::text(key)])
}

fn columns() -> String {
    SECRET_COLUMNS.map(|column| format!("`{column}`")).join(", ")
}
