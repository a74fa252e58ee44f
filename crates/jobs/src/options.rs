//! What the operator decides about the queue.

use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobOptions {
    /// The topics that jobs may have; every one where this is empty.
    pub topics: Vec<String>,
    /// How long completed jobs are kept. Failed ones stay until somebody deletes them.
    pub completed_kept: Duration,
}

impl Default for JobOptions {
    fn default() -> Self {
        Self { topics: Vec::new(), completed_kept: 7 * DAY }
    }
}
