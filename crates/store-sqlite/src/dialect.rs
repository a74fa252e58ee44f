//! What SQL looks like here.

use ketch_store::Dialect;

/// SQLite's SQL.
#[derive(Debug, Clone, Copy)]
pub struct SqliteDialect;

impl Dialect for SqliteDialect {
    fn name(&self) -> &'static str {
        "sqlite"
    }
}
