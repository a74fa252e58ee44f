//! A job and what may become of it. Times are milliseconds since 1970.

use ketch_model::Value;

/// The wait before the first retry; each further one is twice as long, up to [`WAIT_MAX`].
const FIRST_WAIT: i64 = 5_000;
const WAIT_MAX: i64 = 60 * 60 * 1_000;
/// What a job is told to have failed of when its worker did not answer in time.
const LEASE_ENDED: &str = "The lease ended before the worker answered.";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Waits for its time, or for a worker.
    Pending,
    /// A worker has it.
    Processing,
    Completed,
    /// There are no retries left.
    Failed,
}

impl Status {
    pub const ALL: [Self; 4] = [Self::Pending, Self::Processing, Self::Completed, Self::Failed];

    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// A UUID of version 7.
    pub id: String,
    pub topic: String,
    pub payload: Value,
    pub status: Status,
    /// Not to be begun before.
    pub run_at: i64,
    /// When the worker's lease ends; `None` while no worker has the job.
    pub locked_until: Option<i64>,
    /// What the worker shows to prove that the job is its own. A completed job keeps it, so that a
    /// worker whose answer got lost may ask again.
    pub lease: Option<String>,
    /// How often the job was begun again.
    pub retries: i64,
    pub max_retries: i64,
    /// Why the last attempt failed; empty if none did.
    pub last_error: String,
    pub created: i64,
    /// When the job changed last.
    pub updated: i64,
}

impl Job {
    pub(crate) fn claim(&mut self, lease: &str, until: i64, now: i64) {
        self.status = Status::Processing;
        self.lease = Some(lease.to_owned());
        self.locked_until = Some(until);
        self.updated = now;
    }

    /// Whether a worker holds the job by this lease.
    pub(crate) fn is_held_by(&self, lease: &str, now: i64) -> bool {
        let is_current = self.locked_until.is_some_and(|until| until > now);
        self.status == Status::Processing && is_current && self.lease.as_deref() == Some(lease)
    }

    pub(crate) fn complete(&mut self, now: i64) {
        self.status = Status::Completed;
        self.locked_until = None;
        self.updated = now;
    }

    /// An attempt failed: another one follows after `wait`, or after a wait that grows with each
    /// attempt, unless there were enough.
    pub(crate) fn fail(&mut self, why: String, wait: Option<i64>, now: i64) {
        self.end_attempt(why, now);
        if self.status == Status::Pending {
            self.run_at = now.saturating_add(wait.unwrap_or_else(|| growing_wait(self.retries)));
        }
    }

    /// The lease ended without a word. The lease was the wait: the next attempt may follow at once.
    pub(crate) fn expire(&mut self, now: i64) {
        self.end_attempt(LEASE_ENDED.to_owned(), now);
    }

    fn end_attempt(&mut self, why: String, now: i64) {
        if self.retries < self.max_retries {
            self.retries += 1;
            self.status = Status::Pending;
        } else {
            self.status = Status::Failed;
        }
        self.last_error = why;
        self.release(now);
    }

    /// A failed job begins anew.
    pub(crate) fn requeue(&mut self, now: i64) {
        self.status = Status::Pending;
        self.run_at = now;
        self.retries = 0;
        self.last_error.clear();
        self.release(now);
    }

    fn release(&mut self, now: i64) {
        self.lease = None;
        self.locked_until = None;
        self.updated = now;
    }
}

/// In milliseconds, by the number of the retry, from 1.
fn growing_wait(retry: i64) -> i64 {
    let doublings = u32::try_from(retry - 1).unwrap_or_default().min(20);
    (FIRST_WAIT << doublings).min(WAIT_MAX)
}

#[cfg(test)]
mod tests {
    use super::growing_wait;

    #[test]
    fn waits_grow_up_to_an_hour() {
        let waits: Vec<i64> = [1, 2, 3, 9, 10, 11, 100].map(growing_wait).to_vec();
        assert_eq!(waits, [5_000, 10_000, 20_000, 1_280_000, 2_560_000, 3_600_000, 3_600_000]);
    }
}
