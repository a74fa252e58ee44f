//! The suite of every storage driver, on this one.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ketch_store::Store;
use ketch_store::contract_tests::Driver;
use ketch_store_sqlite::{SqliteOptions, SqliteStore};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }
}

impl Driver for Folder {
    fn open(&self, query_timeout: Duration) -> Arc<dyn Store> {
        let options = SqliteOptions { query_timeout, ..SqliteOptions::default() };
        Arc::new(SqliteStore::open(self.0.path().join("data.db"), options).expect("the store opens"))
    }

    fn open_snapshot(&self, path: &Path) -> Option<Arc<dyn Store>> {
        Some(Arc::new(SqliteStore::open(path, SqliteOptions::default()).expect("the snapshot opens")))
    }
}

ketch_store::contract_tests!(Folder::new());
