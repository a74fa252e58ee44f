//! The one thread that writes.
//!
//! Waiting transactions are committed together: the first stands in the transaction itself, each
//! further one in a savepoint, so that any of them can be undone alone. Nobody is answered before
//! the commit.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ketch_store::contract::WriteJob;
use ketch_store::{StoreError, StoreResult};

use crate::checkpoint::Checkpointer;
use crate::connection::{SqliteConnection, control};
use crate::queue::Queue;

type Done = Box<dyn FnOnce(StoreResult<()>) + Send>;

/// A job in the queue.
pub(crate) struct Waiting {
    pub(crate) job: WriteJob,
    /// Shares its transaction with no other.
    pub(crate) alone: bool,
}

pub(crate) struct Writer {
    pub(crate) connection: SqliteConnection,
    pub(crate) checkpointer: Checkpointer,
    pub(crate) queue: Arc<Queue<Waiting>>,
    pub(crate) group_size: usize,
    pub(crate) group_time: Duration,
}

/// How one job ended.
enum End {
    Kept,
    Undone,
    /// The engine ended the whole transaction: nothing of the group stands.
    Lost,
}

impl Writer {
    /// Runs until the queue is closed and empty.
    pub(crate) fn run(mut self) {
        while let Some(job) = self.queue.pop() {
            self.run_group(job);
            self.checkpointer.after_commit();
        }
    }

    fn run_group(&mut self, first: Waiting) {
        if let Err(error) = self.connection.control(control::BEGIN_IMMEDIATE) {
            self.refuse(first.job, &error);
            return;
        }
        let started = Instant::now();
        let mut answers = Vec::new();
        let mut lost = false;
        let mut next = Some(first);
        while let Some(Waiting { job, alone }) = next.take() {
            // A first job that fails takes the whole transaction with it, which is only its own.
            let is_first = answers.is_empty();
            let (end, done) = self.run_job(job, is_first);
            answers.extend(done);
            lost = matches!(end, End::Lost);
            if lost || alone || !self.connection.in_transaction() {
                break;
            }
            if answers.len() < self.group_size && started.elapsed() < self.group_time {
                next = self.queue.try_pop(|waiting| !waiting.alone);
            }
        }
        let result = if lost {
            Err(StoreError::Unavailable(
                "the database ended the transaction that this write was part of; nothing of it was kept"
                    .into(),
            ))
        } else {
            self.commit()
        };
        for done in answers {
            answer(done, result.clone());
        }
    }

    /// Runs one job; its writes are undone unless it keeps them.
    fn run_job(&mut self, job: WriteJob, is_first: bool) -> (End, Option<Done>) {
        if !is_first && let Err(error) = self.connection.control(control::SAVEPOINT_JOB) {
            return self.failed_savepoint(job, error);
        }
        let connection = &mut self.connection;
        let outcome = catch_unwind(AssertUnwindSafe(|| job(Ok(connection))));
        let (keep, done) = match outcome {
            Ok(outcome) => (outcome.keep, Some(outcome.done)),
            // The job's own answer was dropped while unwinding, which tells whoever waits for it.
            Err(_) => (false, None),
        };
        if !self.connection.in_transaction() {
            return (End::Lost, done);
        }
        let closed = match (keep, is_first) {
            (true, true) => Ok(()),
            (true, false) => self.connection.control(control::RELEASE_JOB),
            (false, true) => self.connection.control(control::ROLLBACK),
            (false, false) => self
                .connection
                .control(control::ROLLBACK_TO_JOB)
                .and_then(|()| self.connection.control(control::RELEASE_JOB)),
        };
        if let Err(error) = closed {
            tracing::error!(%error, "a write could not be closed; its group is given up");
            self.connection.roll_back();
            return (End::Lost, done);
        }
        (if keep { End::Kept } else { End::Undone }, done)
    }

    fn failed_savepoint(&mut self, job: WriteJob, error: StoreError) -> (End, Option<Done>) {
        let outcome = catch_unwind(AssertUnwindSafe(|| job(Err(error))));
        let end = if self.connection.in_transaction() { End::Undone } else { End::Lost };
        (end, outcome.ok().map(|outcome| outcome.done))
    }

    /// Ends the group's transaction; it may have been rolled back with its only job.
    fn commit(&mut self) -> StoreResult<()> {
        if !self.connection.in_transaction() {
            return Ok(());
        }
        let result = self.connection.control(control::COMMIT);
        if result.is_err() {
            self.connection.roll_back();
        }
        result
    }

    /// No transaction could be begun: everybody who waits learns it now, not after as many more waits.
    fn refuse(&mut self, first: WriteJob, error: &StoreError) {
        for job in std::iter::once(first).chain(self.queue.drain().into_iter().map(|waiting| waiting.job)) {
            let outcome = catch_unwind(AssertUnwindSafe(|| job(Err(error.clone()))));
            if let Ok(outcome) = outcome {
                answer(outcome.done, Err(error.clone()));
            }
        }
    }
}

/// Tells one job how its commit went; a panic there is its own affair.
fn answer(done: Done, result: StoreResult<()>) {
    let _ = catch_unwind(AssertUnwindSafe(|| done(result)));
}
