//! Short words for the cases.

use std::future::Future;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use ketch_model::Cell;

use super::Driver;
use crate::contract::{WriteJob, WriteOutcome};
use crate::{Connection, Flow, Statement, Store, StoreError, StoreResult};

/// Long enough that only a hang reaches it.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// What an empty table shows.
pub const NONE: [i64; 0] = [];

/// Counts far; every engine needs many seconds.
pub const ENDLESS: &str = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 4000000000) \
                           SELECT count(*) FROM c";

/// Opens the database with a table `t` whose `n` is unique.
pub fn open(driver: &dyn Driver) -> Arc<dyn Store> {
    open_limited(driver, Duration::ZERO)
}

pub fn open_limited(driver: &dyn Driver, query_timeout: Duration) -> Arc<dyn Store> {
    let store = driver.open(query_timeout);
    wait(store.write(|connection| {
        connection
            .execute_script("CREATE TABLE IF NOT EXISTS t (id TEXT PRIMARY KEY, n INTEGER NOT NULL UNIQUE)")
    }))
    .expect("the table is made");
    store
}

pub fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

pub fn statement(sql: impl Into<Arc<str>>) -> Statement {
    Statement::new(sql, Vec::new())
}

pub fn insert(n: i64) -> Statement {
    statement(format!("INSERT INTO t (id, n) VALUES ('id{n}', {n})"))
}

/// The first column of every row.
pub fn column(connection: &mut dyn Connection, sql: &str) -> StoreResult<Vec<Cell>> {
    let mut cells = Vec::new();
    connection.query(&statement(sql), &mut |row| {
        cells.push(row.cell(0).to_owned());
        Flow::More
    })?;
    Ok(cells)
}

pub fn numbers(connection: &mut dyn Connection) -> StoreResult<Vec<i64>> {
    let cells = column(connection, "SELECT n FROM t ORDER BY n")?;
    Ok(cells
        .into_iter()
        .map(|cell| match cell {
            Cell::Integer(number) => number,
            other => panic!("not an integer: {other:?}"),
        })
        .collect())
}

/// What a reader sees in `t`.
pub fn stored(store: &dyn Store) -> Vec<i64> {
    wait(store.read(|connection| numbers(connection))).expect("the table is read")
}

/// A write that waits for a word: it holds the writer until then.
pub struct Gate {
    open: Sender<()>,
    entered: Receiver<()>,
}

impl Gate {
    /// Occupies the writer, so that what is queued meanwhile may be committed together.
    pub fn hold(store: &dyn Store) -> Self {
        let (open, opened) = channel::<()>();
        let (enter, entered) = channel();
        store.submit_write(Box::new(move |_| {
            enter.send(()).expect("the test waits");
            let _ = opened.recv_timeout(PATIENCE);
            WriteOutcome { keep: true, done: Box::new(|_| ()) }
        }));
        let gate = Self { open, entered };
        gate.entered.recv_timeout(PATIENCE).expect("the writer runs");
        gate
    }

    pub fn open(self) {
        self.open.send(()).expect("the writer waits");
    }
}

/// What a queued write was answered.
pub struct Answer<T>(Receiver<StoreResult<T>>);

impl<T> Answer<T> {
    pub fn get(self) -> StoreResult<T> {
        // A job that panicked drops its sender.
        self.0.recv_timeout(PATIENCE).unwrap_or(Err(StoreError::Panicked))
    }
}

/// Queues a write at once; its answer is fetched later.
pub fn queue<T: Send + 'static>(
    store: &dyn Store,
    work: impl FnOnce(&mut dyn Connection) -> StoreResult<T> + Send + 'static,
) -> Answer<T> {
    let (job, answer) = job(work);
    store.submit_write(job);
    answer
}

/// Like [`queue`], for a job that shares its transaction with no other.
pub fn queue_alone<T: Send + 'static>(
    store: &dyn Store,
    work: impl FnOnce(&mut dyn Connection) -> StoreResult<T> + Send + 'static,
) -> Answer<T> {
    let (job, answer) = job(work);
    store.submit_write_alone(job);
    answer
}

fn job<T: Send + 'static>(
    work: impl FnOnce(&mut dyn Connection) -> StoreResult<T> + Send + 'static,
) -> (WriteJob, Answer<T>) {
    let (answer, answered) = channel();
    let job = Box::new(move |connection: StoreResult<&mut dyn Connection>| {
        let result = connection.and_then(work);
        WriteOutcome {
            keep: result.is_ok(),
            done: Box::new(move |committed: StoreResult<()>| {
                let _ = answer.send(result.and_then(|value| committed.map(|()| value)));
            }),
        }
    });
    (job, Answer(answered))
}

pub fn queue_insert(store: &dyn Store, n: i64) -> Answer<u64> {
    queue(store, move |connection| connection.execute(&insert(n)))
}
