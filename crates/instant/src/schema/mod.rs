//! The schema of an app as clients see, describe and change it.
//!
//! [`definition`](Definition) reads what `i.schema(…)` serialises to, `plan` compares it with what is
//! there, `steps` are single changes, `jobs` run those that have to look at all data, and `pulled`
//! is the way back: attrs as clients read them. Nothing is ever deleted because a definition lacks it.

mod definition;
mod job_json;
mod jobs;
mod plan;
mod pulled;
mod service;
mod steps;

pub use definition::Definition;
pub use pulled::Keys;
pub use service::{GRACE_DAYS, Push};
pub use steps::{JobKind, SchemaStep};
