//! Analytics: what visitors of the app's pages do, without knowing who they are.
//!
//! Neither addresses nor user agents are stored. A visitor is a hash salted with a secret of the day
//! that is forgotten with the day, so visits of one day belong together and those of two do not.

mod agent;
mod event;
mod range;
mod service;
mod stats;
mod visitor;

pub use ketch_store::sql::analytics::Topic;
pub use range::Range;
pub use service::{Analytics, AnalyticsOptions, Tracked, Visit};
pub use stats::{Daily, Stats, TopEntry};
