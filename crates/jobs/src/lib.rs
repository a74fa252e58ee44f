//! The queue of jobs for workers of the operator, which run beside the server and ask for work.
//!
//! A job is stored before its sender is answered. A worker *claims* jobs: it gets each with a lease,
//! and until the lease ends nobody else gets the job. The worker then completes the job, fails it,
//! or prolongs the lease. A job that failed, or whose lease ended, waits and is given out again, up
//! to its number of retries; after that it has failed and stays until somebody requeues or deletes it.
//!
//! So every job is done **at least once**: a worker that dies after the work and before its answer
//! leaves a job that is done again. There is no order that workers could rely on beyond this: jobs
//! that are due longer are given out first.
//!
//! Ended leases are settled by whoever looks at the queue next, in a transaction before the look:
//! nobody sees a job as running whose lease is over, and an idle server does nothing.

mod enqueue;
mod job;
mod options;
mod row;
mod service;
#[cfg(test)]
mod tests;
mod work;

pub use enqueue::NewJob;
pub use job::{Job, Status};
pub use options::JobOptions;
pub use service::{JobPage, JobQuery, JobStats, Jobs};
pub use work::{Claim, Failure};
