//! The queue as operators see it.

use std::sync::Arc;

use ketch_model::{Error, Result, time};
use ketch_store::sql::jobs::{self as sql, JobFilter};
use ketch_store::{Connection, Flow, Store};

use crate::job::{Job, Status};
use crate::options::JobOptions;
use crate::row;

/// Jobs settled or deleted in one transaction, so that other writes get their turn.
const AT_ONCE: u32 = 500;

/// Milliseconds since 1970.
type Clock = dyn Fn() -> i64 + Send + Sync;

/// The queue of one app. Cheap to clone.
#[derive(Clone)]
pub struct Jobs {
    store: Arc<dyn Store>,
    options: Arc<JobOptions>,
    clock: Arc<Clock>,
}

/// Which jobs are wanted.
#[derive(Debug, Clone, Default)]
pub struct JobQuery {
    pub topic: Option<String>,
    pub status: Option<Status>,
    pub limit: u32,
    pub offset: u64,
}

#[derive(Debug)]
pub struct JobPage {
    /// The newest first.
    pub jobs: Vec<Job>,
    /// How many there are on all pages.
    pub total: u64,
}

/// How many jobs there are in each state. Completed ones count as long as they are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JobStats {
    pub pending: u64,
    pub processing: u64,
    pub completed: u64,
    pub failed: u64,
}

impl JobStats {
    pub fn total(&self) -> u64 {
        self.pending + self.processing + self.completed + self.failed
    }

    /// The share of the ended jobs that were completed, from 0 to 1; 0 where none has ended.
    pub fn success_rate(&self) -> f64 {
        match self.completed + self.failed {
            0 => 0.0,
            ended => self.completed as f64 / ended as f64,
        }
    }
}

impl Jobs {
    /// Makes the table where it is missing.
    ///
    /// # Errors
    /// The store's.
    pub async fn open(store: Arc<dyn Store>, options: JobOptions) -> Result<Self> {
        Self::with_clock(store, options, Arc::new(time::unix_milliseconds)).await
    }

    pub(crate) async fn with_clock(
        store: Arc<dyn Store>,
        options: JobOptions,
        clock: Arc<Clock>,
    ) -> Result<Self> {
        store
            .write(|connection| {
                connection.execute_script(sql::create_table(connection.dialect()))?;
                Ok::<_, Error>(())
            })
            .await?;
        Ok(Self { store, options: Arc::new(options), clock })
    }

    /// Jobs, the newest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn list(&self, query: JobQuery) -> Result<JobPage> {
        self.settle().await?;
        let filter =
            JobFilter { topic: query.topic, status: query.status.map(|status| status.name().to_owned()) };
        let (limit, offset) = (query.limit, query.offset);
        self.store
            .read(move |connection| {
                let total = connection.count(&sql::count_jobs(connection.dialect(), &filter))?;
                let statement = sql::select_jobs(connection.dialect(), &filter, limit, offset);
                Ok(JobPage { jobs: row::read_all(connection, &statement)?, total })
            })
            .await
    }

    /// # Errors
    /// 404; the store's.
    pub async fn find(&self, id: &str) -> Result<Job> {
        self.settle().await?;
        let id = id.to_owned();
        self.store.lookup(move |connection| row::find(connection, &id)).await
    }

    /// # Errors
    /// The store's.
    pub async fn stats(&self) -> Result<JobStats> {
        self.settle().await?;
        self.store
            .read(|connection| {
                let mut stats = JobStats::default();
                let statement = sql::job_totals(connection.dialect());
                connection.query(&statement, &mut |row| {
                    let count = u64::try_from(row::integer(row, 1)).unwrap_or_default();
                    match row.cell(0).as_text().and_then(Status::from_name) {
                        Some(Status::Pending) => stats.pending = count,
                        Some(Status::Processing) => stats.processing = count,
                        Some(Status::Completed) => stats.completed = count,
                        Some(Status::Failed) => stats.failed = count,
                        None => {}
                    }
                    Flow::More
                })?;
                Ok::<_, Error>(stats)
            })
            .await
    }

    /// Has a failed job done again from the beginning, all its retries before it.
    ///
    /// # Errors
    /// 404; 400 for a job that has not failed; the store's.
    pub async fn requeue(&self, id: &str) -> Result<Job> {
        self.change(id, |job, now| {
            if job.status != Status::Failed {
                let status = job.status.name();
                let message = format!("Only a failed job can be queued again, and this one is {status}.");
                return Err(Error::bad_request(message));
            }
            job.requeue(now);
            Ok(())
        })
        .await
    }

    /// Deletes a job that no worker has and that was not completed.
    ///
    /// # Errors
    /// 404; 400 for a job in another state; the store's.
    pub async fn delete(&self, id: &str) -> Result<()> {
        self.settle().await?;
        let id = id.to_owned();
        self.store
            .write(move |connection| {
                let job = row::find(connection, &id)?;
                if !matches!(job.status, Status::Pending | Status::Failed) {
                    let status = job.status.name();
                    let message =
                        format!("Only a pending or failed job can be deleted, and this one is {status}.");
                    return Err(Error::bad_request(message));
                }
                connection.execute(&sql::delete_job(connection.dialect(), &id))?;
                Ok(())
            })
            .await
    }

    /// Removes completed jobs that are kept no more.
    ///
    /// # Errors
    /// The store's.
    pub async fn clean(&self) -> Result<()> {
        let kept = i64::try_from(self.options.completed_kept.as_millis()).unwrap_or(i64::MAX);
        let before = self.now().saturating_sub(kept);
        loop {
            let removed = self
                .store
                .write(move |connection| {
                    let status = Status::Completed.name();
                    let statement = sql::delete_jobs_before(connection.dialect(), status, before, AT_ONCE);
                    Ok::<_, Error>(connection.execute(&statement)?)
                })
                .await?;
            if removed < u64::from(AT_ONCE) {
                return Ok(());
            }
        }
    }

    /// Changes a job in one transaction, after ended leases are settled.
    pub(crate) async fn change(
        &self,
        id: &str,
        change: impl FnOnce(&mut Job, i64) -> Result<()> + Send + 'static,
    ) -> Result<Job> {
        // Before, so that it stays settled whatever becomes of the change.
        self.settle().await?;
        let (id, now) = (id.to_owned(), self.now());
        self.store
            .write(move |connection| {
                let mut job = row::find(connection, &id)?;
                change(&mut job, now)?;
                row::save(connection, &job)?;
                Ok(job)
            })
            .await
    }

    /// Settles ended leases, if there are any.
    async fn settle(&self) -> Result<()> {
        loop {
            let now = self.now();
            let ended = self
                .store
                .lookup(move |connection| {
                    let statement =
                        sql::has_lease_ended(connection.dialect(), Status::Processing.name(), now);
                    Ok::<_, Error>(connection.count(&statement)? > 0)
                })
                .await?;
            if !ended {
                return Ok(());
            }
            self.store.write(move |connection| settle_ended(connection, now)).await?;
        }
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    pub(crate) fn options(&self) -> &JobOptions {
        &self.options
    }

    pub(crate) fn now(&self) -> i64 {
        (self.clock)()
    }
}

/// Takes jobs back whose worker did not answer in time.
pub(crate) fn settle_ended(connection: &mut dyn Connection, now: i64) -> Result<()> {
    let statement = sql::select_expired_jobs(connection.dialect(), Status::Processing.name(), now, AT_ONCE);
    for mut job in row::read_all(connection, &statement)? {
        job.expire(now);
        row::save(connection, &job)?;
    }
    Ok(())
}
