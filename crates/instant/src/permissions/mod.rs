//! Permissions: the rules of an app, asked of what somebody looks at or wants done.
//!
//! [`Permissions`] keeps the rules document of an app and hands out an [`Inquiry`]: the rules with
//! who asks and how. [`RulePolicy`] answers for queries, in SQL where a rule can be said there
//! exactly, else of rows in batches. Transactions ask the inquiry themselves.

mod conditions;
mod context;
mod dependencies;
pub(crate) mod entity;
pub(crate) mod failure;
mod files;
pub(crate) mod inquiry;
mod limits;
mod objects;
mod policy;
pub(crate) mod references;
pub(crate) mod scene;
mod service;
mod sign_up;
mod ways;

pub use context::Context;
pub use inquiry::Inquiry;
pub use policy::RulePolicy;
pub use service::{Permissions, RuleBook};

#[cfg(test)]
mod tests;
