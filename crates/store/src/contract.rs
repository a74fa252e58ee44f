//! What a storage driver promises.

use std::path::Path;

use ketch_model::CellRef;
use tokio::sync::oneshot;

use crate::sql::dialect::Dialect;
use crate::statement::Statement;

pub type StoreResult<T> = Result<T, StoreError>;

/// Why a statement or a transaction failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// A unique index refused a write; every column of the index is named.
    #[error("unique constraint failed: {table}({})", columns.join(", "))]
    Unique { table: String, columns: Vec<String> },
    /// Another constraint (NOT NULL, CHECK, foreign key) refused a write.
    #[error("constraint failed: {0}")]
    Constraint(String),
    /// The statement ran longer than the query timeout.
    #[error("the query was interrupted after its time limit")]
    Timeout,
    /// The statement text was refused: a syntax error, an unknown column, a wrong view query.
    #[error("{0}")]
    Sql(String),
    /// A statement that writes, on a connection that only reads.
    #[error("the statement writes, and this connection only reads")]
    ReadOnly,
    /// The database file or server cannot be used.
    #[error("{0}")]
    Unavailable(String),
    /// The store is shutting down.
    #[error("the store is closed")]
    Closed,
    /// The closure panicked; a transaction that it was given is undone.
    #[error("the work on the store panicked")]
    Panicked,
}

/// A row that the driver is standing on; its cells live until the next row.
pub trait Row {
    fn len(&self) -> usize;
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    fn cell(&self, index: usize) -> CellRef<'_>;
}

/// The columns of an answer: name, and declared type or empty.
pub type Columns = [(String, String)];

/// Whether a row visitor wants more rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    More,
    Stop,
}

/// A connection lent to a closure. On the writer it stands inside the closure's transaction; a
/// reader thread shows one snapshot of the database as long as the closure runs; a lookup on the
/// calling thread sees what is committed at each statement.
///
/// Statements cannot begin or end transactions, nor reach other databases.
pub trait Connection {
    /// Runs a statement and shows each row to the visitor.
    fn query(&mut self, statement: &Statement, visit: &mut dyn FnMut(&dyn Row) -> Flow) -> StoreResult<()>;

    /// Like [`Connection::query`] for statements whose text will not come again: nothing is kept
    /// prepared. `columns` is shown the columns first.
    fn query_once(
        &mut self,
        statement: &Statement,
        columns: &mut dyn FnMut(&Columns),
        visit: &mut dyn FnMut(&dyn Row) -> Flow,
    ) -> StoreResult<()>;

    /// Answers a counting statement: its first cell. A driver may remember answers as long as they
    /// are exactly as fresh as the data (nothing was committed since, by any process).
    fn count(&mut self, statement: &Statement) -> StoreResult<u64> {
        let mut count = 0;
        self.query(statement, &mut |row| {
            if let CellRef::Integer(number) = row.cell(0) {
                count = u64::try_from(number).unwrap_or_default();
            }
            Flow::Stop
        })?;
        Ok(count)
    }

    /// Runs a writing statement; answers the number of rows changed.
    fn execute(&mut self, statement: &Statement) -> StoreResult<u64>;

    /// Runs statements separated by semicolons, without values: schema changes. No time limit.
    fn execute_script(&mut self, script: &str) -> StoreResult<()>;

    /// Runs statements that an operator typed, separated by semicolons, each within the time limit;
    /// answers how many rows the last one changed. `columns` is shown those of each statement before
    /// its rows.
    ///
    /// Refused is what would outlive the text on this connection: transactions, other databases,
    /// temporary tables, settings of the engine. A reader answers [`StoreError::ReadOnly`] at the
    /// first statement that writes.
    fn execute_typed(
        &mut self,
        text: &str,
        columns: &mut dyn FnMut(&Columns),
        visit: &mut dyn FnMut(&dyn Row) -> Flow,
    ) -> StoreResult<u64>;

    /// Runs a part of a transaction that may fail alone: its writes are undone, the rest stands.
    /// Parts may nest.
    fn savepoint(&mut self, part: &mut dyn FnMut(&mut dyn Connection) -> StoreResult<()>) -> StoreResult<()>;

    fn dialect(&self) -> &'static dyn Dialect;
}

/// A unit of work on a reader.
pub type ReadJob = Box<dyn FnOnce(StoreResult<&mut dyn Connection>) + Send>;

/// A unit of work on the writer: one transaction of its own, though the driver may commit several together.
///
/// The job runs first and says whether to keep what it wrote; the returned closure learns, after
/// the commit is durable, how it went. Only then may anybody be told.
pub type WriteJob = Box<dyn FnOnce(StoreResult<&mut dyn Connection>) -> WriteOutcome + Send>;

/// What a write job decided.
pub struct WriteOutcome {
    pub keep: bool,
    /// Called with the result of the commit, also when `keep` is false.
    pub done: Box<dyn FnOnce(StoreResult<()>) + Send>,
}

/// A database of one app. Cheap to share.
///
/// Every job that is handed in is called exactly once: with a connection, or with the reason why
/// there is none.
pub trait Store: Send + Sync + 'static {
    fn dialect(&self) -> &'static dyn Dialect;

    /// Runs the job on a reader thread: for statements that may take long.
    fn submit_read(&self, job: ReadJob);

    /// Runs the job on the calling thread where the driver can answer a lookup by primary key in
    /// microseconds; `false` if it cannot, and then the job has not run.
    fn read_inline(&self, job: &mut dyn FnMut(StoreResult<&mut dyn Connection>)) -> bool;

    /// Queues the job for the writer.
    fn submit_write(&self, job: WriteJob);

    /// Queues a job that shares its transaction with no other: what was queued before is committed
    /// first, and `done` is called before any later job runs. For schema changes, and for statements
    /// that may run into the time limit, which ends the whole transaction.
    fn submit_write_alone(&self, job: WriteJob);

    /// Puts the database in order, as an operator would at night: what commits left behind and what
    /// the planner knows of the data. Blocks the calling thread; writes may wait for a moment.
    ///
    /// # Errors
    /// The engine's; the data is as before.
    fn optimize(&self) -> StoreResult<()>;

    /// Writes a copy of the database, as of one moment after every write that was answered before the
    /// call, into a new file that the driver can open. Blocks the calling thread, possibly for long;
    /// other reads and writes go on.
    ///
    /// # Errors
    /// [`StoreError::Closed`] also when the store is closed meanwhile, [`StoreError::Unavailable`]
    /// where the file exists or cannot be written. Part of a file may be left.
    fn snapshot(&self, into: &Path) -> StoreResult<()>;

    /// Writes the database anew without its free space, which goes back to the disk. Blocks the
    /// calling thread as long as it takes; writes wait meanwhile.
    ///
    /// # Errors
    /// The engine's; the data is as before.
    fn compact(&self) -> StoreResult<()>;

    /// Waits for queued writes and closes; later jobs answer [`StoreError::Closed`].
    fn close(&self);
}

impl dyn Store + '_ {
    /// Runs a closure on a reader and waits for its answer.
    pub async fn read<T, E>(
        &self,
        work: impl FnOnce(&mut dyn Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.submit_read(Box::new(move |connection| {
            let result = match connection {
                Ok(connection) => work(connection),
                Err(error) => Err(E::from(error)),
            };
            // A client that went away is no fault of ours.
            let _ = answer.send(result);
        }));
        answered.await.unwrap_or_else(|_| Err(E::from(StoreError::Panicked)))
    }

    /// Runs a closure that only looks up single rows by primary key: on the calling thread where
    /// the driver allows it, else on a reader.
    pub async fn lookup<T, E>(
        &self,
        work: impl FnOnce(&mut dyn Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let mut work = Some(work);
        let mut result = None;
        self.read_inline(&mut |connection| {
            if let Some(work) = work.take() {
                result = Some(match connection {
                    Ok(connection) => work(connection),
                    Err(error) => Err(E::from(error)),
                });
            }
        });
        match (result, work) {
            (Some(result), _) => result,
            (None, Some(work)) => self.read(work).await,
            (None, None) => Err(E::from(StoreError::Panicked)),
        }
    }

    /// Runs a closure in a transaction on the writer and answers after the commit is durable.
    /// An `Err` undoes everything that the closure wrote.
    pub async fn write<T, E>(
        &self,
        work: impl FnOnce(&mut dyn Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.submit_work(false, work, |_| {}).await
    }

    /// Like `write`; `then` runs on the writer after the commit, before the work of any later commit
    /// is told of: what it hears is in the order of the commits. It must be quick.
    pub async fn write_then<T, E>(
        &self,
        work: impl FnOnce(&mut dyn Connection) -> Result<T, E> + Send + 'static,
        then: impl FnOnce(&T) + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.submit_work(false, work, then).await
    }

    /// Like `write`, for work that may run long: its end by the time limit harms no other write.
    pub async fn write_alone<T, E>(
        &self,
        work: impl FnOnce(&mut dyn Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.submit_work(true, work, |_| {}).await
    }

    /// Like `write`, committed alone; `then` runs on the writer after the commit and before any
    /// later job, so that what depends on the change (the schema in memory) is never behind it.
    pub async fn write_exclusive<T, E>(
        &self,
        work: impl FnOnce(&mut dyn Connection) -> Result<T, E> + Send + 'static,
        then: impl FnOnce(&T) + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.submit_work(true, work, then).await
    }

    async fn submit_work<T, E>(
        &self,
        alone: bool,
        work: impl FnOnce(&mut dyn Connection) -> Result<T, E> + Send + 'static,
        then: impl FnOnce(&T) + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: WriteJob = Box::new(move |connection| {
            let result = match connection {
                Ok(connection) => work(connection),
                Err(error) => Err(E::from(error)),
            };
            WriteOutcome {
                keep: result.is_ok(),
                done: Box::new(move |committed| {
                    let result = result.and_then(|value| committed.map(|()| value).map_err(E::from));
                    if let Ok(value) = &result {
                        then(value);
                    }
                    // A client that went away is no fault of ours.
                    let _ = answer.send(result);
                }),
            }
        });
        if alone {
            self.submit_write_alone(job);
        } else {
            self.submit_write(job);
        }
        answered.await.unwrap_or_else(|_| Err(E::from(StoreError::Panicked)))
    }
}

impl From<StoreError> for ketch_model::Error {
    /// Callers that know which field is at fault translate [`StoreError::Unique`] themselves.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unique { .. }
            | StoreError::Constraint(_)
            | StoreError::Sql(_)
            | StoreError::Timeout
            | StoreError::ReadOnly => Self::bad_request("").with_cause(error),
            StoreError::Unavailable(_) | StoreError::Closed | StoreError::Panicked => Self::internal(error),
        }
    }
}
