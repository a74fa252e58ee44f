//! Work that recurs: jobs at the minutes that an expression names, and short turns in between.

mod job;
mod periodic;
mod scheduler;

pub use periodic::Periodic;
pub use scheduler::{CronJob, Crons};
