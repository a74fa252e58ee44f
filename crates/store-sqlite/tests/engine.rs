//! What is SQLite's own: files, folders, other processes.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ketch_model::Cell;
use ketch_store::contract::WriteOutcome;
use ketch_store::{Connection, Flow, Statement, Store, StoreError, StoreResult};
use ketch_store_sqlite::{SqliteOptions, SqliteStore};

fn statement(sql: &str) -> Statement {
    Statement::new(sql, Vec::new())
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

fn open(path: &Path) -> Arc<dyn Store> {
    Arc::new(SqliteStore::open(path, SqliteOptions::default()).expect("the store opens"))
}

fn script(store: &dyn Store, script: &'static str) -> StoreResult<()> {
    block(store.write(move |connection| connection.execute_script(script)))
}

fn cell(store: &dyn Store, sql: &'static str) -> Cell {
    let found = block(store.read(move |connection| first(connection, sql)));
    found.expect("read").unwrap_or(Cell::Null)
}

fn first(connection: &mut dyn Connection, sql: &str) -> StoreResult<Option<Cell>> {
    let mut found = None;
    connection.query(&statement(sql), &mut |row| {
        found = Some(row.cell(0).to_owned());
        Flow::Stop
    })?;
    Ok(found)
}

fn unavailable(path: &Path) -> String {
    let options = SqliteOptions { busy_timeout: Duration::from_millis(50), ..SqliteOptions::default() };
    match SqliteStore::open(path, options) {
        Err(StoreError::Unavailable(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_missing_folder_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/data.db");
    open(&path).close();
    assert!(path.is_file());
}

#[test]
fn typed_pragmas_tell_and_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("data.db"));
    script(&*store, "CREATE TABLE t (n INTEGER)").unwrap();
    let typed = |text: &'static str| {
        block(store.read(move |connection| connection.execute_typed(text, &mut |_| {}, &mut |_| Flow::More)))
    };
    for text in
        ["PRAGMA table_info(t)", "PRAGMA journal_mode", "PRAGMA integrity_check(5)", "PRAGMA query_only"]
    {
        typed(text).expect(text);
    }
    for text in [
        "PRAGMA query_only = 0",
        "PRAGMA case_sensitive_like = 1",
        "PRAGMA foreign_keys(0)",
        "PRAGMA wal_checkpoint",
        "ATTACH DATABASE ':memory:' AS x",
        "CREATE TEMP VIEW t AS SELECT 1 AS n",
    ] {
        let refused = typed(text).expect_err(text).to_string();
        assert!(refused.starts_with("not authorized"), "{text}: {refused}");
    }
    assert!(matches!(typed("ANALYZE"), Err(StoreError::ReadOnly)));
}

#[test]
fn order_empties_the_log_and_counts_for_the_planner() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let store = open(&path);
    script(&*store, "CREATE TABLE t (n INTEGER); CREATE INDEX t_n ON t (n); INSERT INTO t VALUES (1), (2)")
        .unwrap();
    let log = folder.path().join("data.db-wal");
    assert!(fs::metadata(&log).unwrap().len() > 0);
    store.optimize().unwrap();
    assert_eq!(cell(&*store, "SELECT stat FROM sqlite_stat1 WHERE idx = 't_n'"), Cell::text("2 1"));
    assert_eq!(fs::metadata(&log).unwrap().len(), 0);

    let many =
        "INSERT INTO t WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 20000)
        SELECT x FROM c";
    script(&*store, many).unwrap();
    script(&*store, "DELETE FROM t").unwrap();
    store.optimize().unwrap();
    let large = fs::metadata(&path).unwrap().len();
    store.compact().unwrap();
    assert!(fs::metadata(&path).unwrap().len() < large / 4);
    store.close();
    assert!(matches!(store.optimize(), Err(StoreError::Closed)));
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "x").unwrap();
    let text = unavailable(&folder.path().join("file/data.db"));
    assert!(text.contains("cannot create the folder") && text.contains("/file"), "{text}");
    fs::create_dir(folder.path().join("data.db")).unwrap();
    let text = unavailable(&folder.path().join("data.db"));
    assert!(text.contains("cannot be opened") && text.contains("data.db"), "{text}");
}

#[test]
fn another_kind_of_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    fs::write(&path, "certainly no database ".repeat(1000)).unwrap();
    assert!(unavailable(&path).contains("is not a SQLite database"));
}

#[test]
fn a_damaged_file_is_told_from_a_wrong_statement() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let store = open(&path);
    script(
        &*store,
        "CREATE TABLE t (x TEXT); WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 3000) \
                     INSERT INTO t SELECT hex(randomblob(100)) FROM c",
    )
    .unwrap();
    store.close();
    let mut bytes = fs::read(&path).unwrap();
    bytes[4096..].fill(0xAA);
    fs::write(&path, bytes).unwrap();
    let store = open(&path);
    let answer = block(store.read(|connection| connection.count(&statement("SELECT count(x) FROM t"))));
    let Err(StoreError::Unavailable(text)) = answer else { panic!("{answer:?}") };
    assert!(text.contains("damaged"), "{text}");
}

#[test]
fn a_lock_of_another_process_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    open(&path).close();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(unavailable(&path).contains("locked by another process"));
    other.execute_batch("ROLLBACK").unwrap();

    let options = SqliteOptions { busy_timeout: Duration::from_millis(50), ..SqliteOptions::default() };
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path, options).unwrap());
    script(&*store, "CREATE TABLE t (x TEXT)").unwrap();
    other.execute_batch("BEGIN IMMEDIATE; INSERT INTO t VALUES ('theirs')").unwrap();
    let answer = script(&*store, "INSERT INTO t VALUES ('ours')");
    assert!(matches!(&answer, Err(StoreError::Unavailable(text)) if text.contains("locked")), "{answer:?}");
    // Readers are not disturbed, and the writer goes on once the other is done.
    assert_eq!(cell(&*store, "SELECT count(*) FROM t"), Cell::Integer(0));
    other.execute_batch("COMMIT").unwrap();
    script(&*store, "INSERT INTO t VALUES ('ours')").unwrap();
    assert_eq!(cell(&*store, "SELECT group_concat(x) FROM t"), Cell::text("theirs,ours"));
}

#[test]
fn counts_hear_of_other_processes_and_of_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let options = SqliteOptions { readers: 1, ..SqliteOptions::default() };
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&path, options).unwrap());
    script(
        &*store,
        "CREATE TABLE t (x NUMERIC); CREATE VIEW v AS SELECT x FROM t WHERE abs(random() % 1000) >= x",
    )
    .unwrap();
    let count =
        |sql: &'static str| block(store.read(move |connection| connection.count(&statement(sql)))).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    for n in 0..5 {
        assert_eq!(count("SELECT count(*) FROM t"), n);
        assert_eq!(count("SELECT count(*) FROM t"), n);
        other.execute_batch("INSERT INTO t VALUES (500)").unwrap();
    }
    let answers: std::collections::BTreeSet<_> = (0..60).map(|_| count("SELECT count(*) FROM v")).collect();
    assert!(answers.len() > 1, "a view over random() was remembered");
    script(&*store, "DROP VIEW v; CREATE VIEW v AS SELECT x FROM t").unwrap();
    assert_eq!(count("SELECT count(*) FROM v"), 5);
}

#[test]
fn a_clean_close_leaves_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let store = open(&path);
    script(&*store, "CREATE TABLE t (x TEXT)").unwrap();
    cell(&*store, "SELECT count(*) FROM t");
    block(store.lookup(|connection| first(connection, "SELECT 1"))).unwrap();
    assert!(folder.path().join("data.db-wal").exists());
    store.close();
    assert!(!folder.path().join("data.db-wal").exists());
}

/// The log is written over again and again, also while readers come and go.
#[test]
fn the_log_does_not_grow_forever() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("data.db");
    let store = open(&path);
    script(&*store, "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)").unwrap();
    let mut largest = 0;
    for _ in 0..60 {
        // About 2.5 MiB each, over the same rows.
        script(
            &*store,
            "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 600) \
             INSERT INTO t (id, x) SELECT n, hex(randomblob(2000)) FROM c WHERE true \
             ON CONFLICT DO UPDATE SET x = excluded.x",
        )
        .unwrap();
        cell(&*store, "SELECT sum(length(x)) FROM t");
        largest = largest.max(fs::metadata(folder.path().join("data.db-wal")).unwrap().len());
    }
    assert!(largest < 64 << 20, "the log grew to {largest} bytes");
    store.close();
    assert!(fs::metadata(&path).unwrap().len() < 16 << 20);
}

#[test]
fn unique_expressions_name_their_plain_columns() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("data.db"));
    script(&*store, "CREATE TABLE t (a TEXT, b TEXT); CREATE UNIQUE INDEX i ON t (a, lower(b))").unwrap();
    script(&*store, "INSERT INTO t VALUES ('a', 'B')").unwrap();
    match script(&*store, "INSERT INTO t VALUES ('a', 'b')") {
        Err(StoreError::Unique { table, columns }) => {
            assert_eq!((table.as_str(), columns), ("t", vec!["a".to_owned()]))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn other_files_are_out_of_reach() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("data.db"));
    let other = folder.path().join("other.db");
    let attach = statement(&format!("ATTACH '{}' AS other", other.display()));
    let refused =
        block(store.read(move |connection| connection.query_once(&attach, &mut |_| (), &mut |_| Flow::More)));
    assert!(matches!(refused, Err(StoreError::Sql(_))), "{refused:?}");
    assert!(!other.exists());
}

#[test]
fn the_settings_are_those_of_the_original() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("data.db"));
    for (pragma, expected) in [
        ("PRAGMA journal_mode", Cell::text("wal")),
        ("PRAGMA foreign_keys", Cell::Integer(1)),
        ("PRAGMA busy_timeout", Cell::Integer(10_000)),
    ] {
        assert_eq!(cell(&*store, pragma), expected);
    }
    let synchronous = block(store.write(|connection| first(connection, "PRAGMA synchronous")));
    assert_eq!(synchronous.unwrap(), Some(Cell::Integer(1)));
    // Defensive: the schema table cannot be written even by the writer.
    let refused = block(store.write(|connection| {
        connection.execute_script("PRAGMA writable_schema = ON")?;
        connection.execute(&statement("DELETE FROM sqlite_schema"))
    }));
    assert!(matches!(refused, Err(StoreError::Sql(_))), "{refused:?}");
}

#[test]
fn foreign_bytes_in_text_are_shown_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("data.db"));
    assert_eq!(cell(&*store, "SELECT CAST(x'61FF' AS TEXT)"), Cell::Blob(vec![0x61, 0xFF]));
    assert_eq!(cell(&*store, "SELECT 'a' || char(0) || 'b'"), Cell::text("a\0b"));
}

/// The last handle of a store may be dropped by its own jobs, on its own threads.
#[test]
fn a_job_may_close_its_store() {
    let folder = tempfile::tempdir().unwrap();
    for on_writer in [true, false] {
        let store = open(&folder.path().join("data.db"));
        let (told, heard) = std::sync::mpsc::channel();
        let last = Arc::clone(&store);
        if on_writer {
            store.submit_write(Box::new(move |_| {
                let done = Box::new(move |_| {
                    last.close();
                    drop(last);
                    told.send(()).unwrap();
                });
                WriteOutcome { keep: true, done }
            }));
        } else {
            store.submit_read(Box::new(move |_| {
                last.close();
                drop(last);
                told.send(()).unwrap();
            }));
        }
        drop(store);
        heard.recv_timeout(Duration::from_secs(20)).unwrap();
    }
    open(&folder.path().join("data.db"));
}
