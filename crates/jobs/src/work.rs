//! The queue as workers see it.

use std::collections::BTreeMap;

use ketch_model::error::Invalid;
use ketch_model::{Error, ErrorKind, FieldErrors, Result};
use ketch_store::sql::jobs as sql;
use ketch_store::{Connection, Flow};
use uuid::Uuid;

use crate::job::{Job, Status};
use crate::row::{self, integer};
use crate::service::{Jobs, settle_ended};

const CLAIM_MAX: i64 = 100;
const TOPICS_MAX: usize = 50;
const LEASE_SECONDS_DEFAULT: i64 = 60;
const LEASE_SECONDS_MAX: i64 = 24 * 60 * 60;
const WAIT_SECONDS_MAX: i64 = 30 * 24 * 60 * 60;
const ERROR_CHARACTERS_MAX: usize = 8_000;
/// Payloads of one claim; a job more that would be too long waits for the next.
const CLAIM_BYTES: i64 = 8 << 20;

/// What a worker asks for.
#[derive(Debug, Clone, Default)]
pub struct Claim {
    /// The topics that it works on; all where this is empty.
    pub topics: Vec<String>,
    /// How many jobs it takes at most; `None` is one.
    pub limit: Option<i64>,
    /// How long it needs for each, in seconds; `None` is a minute.
    pub lease_seconds: Option<i64>,
}

/// How an attempt went wrong.
#[derive(Debug, Clone, Default)]
pub struct Failure {
    /// For people.
    pub error: String,
    /// The seconds until the next attempt; `None`: from 5 seconds to an hour, longer each time.
    pub retry_in: Option<i64>,
}

impl Jobs {
    /// Gives jobs that are due to a worker, the longest due first; none where there are none.
    /// Nobody else gets them until their leases end. All of one claim have the same lease.
    ///
    /// # Errors
    /// 400 with the fields that are wrong; the store's.
    pub async fn claim(&self, claim: Claim) -> Result<Vec<Job>> {
        check_claim(&claim)?;
        let lease_seconds = claim.lease_seconds.unwrap_or(LEASE_SECONDS_DEFAULT);
        let now = self.now();
        // Workers ask again and again: without work that costs no transaction.
        let topics = claim.topics.clone();
        let has_work = self.store().lookup(move |connection| has_work(connection, &topics, now)).await?;
        if !has_work {
            return Ok(Vec::new());
        }
        let limit = u32::try_from(claim.limit.unwrap_or(1)).unwrap_or(1);
        let (until, lease) = (now + lease_seconds * 1_000, Uuid::new_v4().to_string());
        self.store()
            .write(move |connection| {
                settle_ended(connection, now)?;
                let mut jobs = Vec::new();
                for id in due(connection, &claim.topics, now, limit)? {
                    let mut job = row::find(connection, &id)?;
                    job.claim(&lease, until, now);
                    row::save(connection, &job)?;
                    jobs.push(job);
                }
                Ok(jobs)
            })
            .await
    }

    /// The worker has done the job. Saying so twice is no error.
    ///
    /// # Errors
    /// 404; 409 where the lease has ended, which means that the job is or will be done again; the store's.
    pub async fn complete(&self, id: &str, lease: &str) -> Result<Job> {
        let lease = lease.to_owned();
        self.change(id, move |job, now| {
            if job.status == Status::Completed && job.lease.as_deref() == Some(&lease) {
                return Ok(());
            }
            require_lease(job, &lease, now)?;
            job.complete(now);
            Ok(())
        })
        .await
    }

    /// The worker could not do the job: it is tried again later, unless it was tried often enough.
    ///
    /// # Errors
    /// 400 with the fields that are wrong; 404; 409 where the lease has ended; the store's.
    pub async fn fail(&self, id: &str, lease: &str, failure: Failure) -> Result<Job> {
        let mut errors = FieldErrors::new();
        require_range(failure.retry_in, "retry_in", 0, WAIT_SECONDS_MAX, &mut errors);
        refuse(errors)?;
        let lease = lease.to_owned();
        let why = failure.error.chars().take(ERROR_CHARACTERS_MAX).collect();
        let wait = failure.retry_in.map(|seconds| seconds * 1_000);
        self.change(id, move |job, now| {
            require_lease(job, &lease, now)?;
            job.fail(why, wait, now);
            Ok(())
        })
        .await
    }

    /// The worker needs longer: the lease ends so many seconds from now.
    ///
    /// # Errors
    /// 400 with the fields that are wrong; 404; 409 where the lease has ended; the store's.
    pub async fn extend(&self, id: &str, lease: &str, lease_seconds: Option<i64>) -> Result<Job> {
        let mut errors = FieldErrors::new();
        require_range(lease_seconds, "lease_seconds", 1, LEASE_SECONDS_MAX, &mut errors);
        refuse(errors)?;
        let lease = lease.to_owned();
        let length = lease_seconds.unwrap_or(LEASE_SECONDS_DEFAULT) * 1_000;
        self.change(id, move |job, now| {
            require_lease(job, &lease, now)?;
            job.claim(&lease, now + length, now);
            Ok(())
        })
        .await
    }
}

/// Whether a claim would get something, or has something to settle.
fn has_work(connection: &mut dyn Connection, topics: &[String], now: i64) -> Result<bool> {
    let ended = sql::has_lease_ended(connection.dialect(), Status::Processing.name(), now);
    Ok(connection.count(&ended)? > 0 || !due(connection, topics, now, 1)?.is_empty())
}

/// The ids of jobs whose time has come, the longest due first: at most `limit`, and fewer where
/// their payloads are long.
fn due(connection: &mut dyn Connection, topics: &[String], now: i64, limit: u32) -> Result<Vec<String>> {
    let wanted: Vec<Option<&str>> = match topics {
        [] => vec![None],
        topics => topics.iter().map(|topic| Some(topic.as_str())).collect(),
    };
    // Topic by topic, so that an index has each in its order.
    let mut found = BTreeMap::new();
    for topic in wanted {
        let status = Status::Pending.name();
        let statement = sql::select_due_jobs(connection.dialect(), status, topic, now, limit);
        connection.query(&statement, &mut |row| {
            let id = row.cell(0).as_text().unwrap_or_default().to_owned();
            found.insert((integer(row, 1), integer(row, 2)), (id, integer(row, 3)));
            Flow::More
        })?;
    }
    let mut ids = Vec::new();
    let mut bytes = 0;
    for (id, length) in found.into_values().take(usize::try_from(limit).unwrap_or(usize::MAX)) {
        bytes += length;
        if bytes > CLAIM_BYTES && !ids.is_empty() {
            break;
        }
        ids.push(id);
    }
    Ok(ids)
}

fn require_lease(job: &Job, lease: &str, now: i64) -> Result<()> {
    if job.is_held_by(lease, now) {
        return Ok(());
    }
    let message = "The lease of this job has ended, or is another worker's: the job is not yours any more.";
    Err(Error::new(ErrorKind::Conflict, message))
}

fn check_claim(claim: &Claim) -> Result<()> {
    let mut errors = FieldErrors::new();
    if claim.topics.len() > TOPICS_MAX {
        let message = format!("Must be at most {TOPICS_MAX} topics.");
        errors.insert("topics".to_owned(), Invalid::new("validation_too_many_values", message).into());
    }
    require_range(claim.limit, "limit", 1, CLAIM_MAX, &mut errors);
    require_range(claim.lease_seconds, "lease_seconds", 1, LEASE_SECONDS_MAX, &mut errors);
    refuse(errors)
}

fn require_range(number: Option<i64>, name: &str, min: i64, max: i64, errors: &mut FieldErrors) {
    if number.is_some_and(|number| !(min..=max).contains(&number)) {
        let message = format!("Must be a number from {min} to {max}.");
        let wrong = Invalid::new("validation_out_of_range", message).param("min", min).param("max", max);
        errors.insert(name.to_owned(), wrong.into());
    }
}

fn refuse(errors: FieldErrors) -> Result<()> {
    if errors.is_empty() {
        return Ok(());
    }
    Err(Error::bad_request("The request of the worker is not valid.").with_fields(errors))
}
