//! Collections as data: the schema of an app read, set up, changed and described.
//!
//! A change runs whole in one transaction of its own; the schema in memory is replaced after the
//! commit and before any later write, so that records are never written by an old schema.

mod attempt;
pub(crate) mod attrs;
mod bootstrap;
pub(crate) mod draft;
mod failure;
mod import;
pub(crate) mod instant;
mod list;
mod remove;
mod rows;
mod rules;
mod save;
mod service;
mod table;
mod truncate;
mod views;

pub use bootstrap::{bootstrap, load_schema};
pub use service::{Collections, DryRun};

#[cfg(test)]
mod tests;
