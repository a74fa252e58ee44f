//! Transact: steps that change entities, links and attrs, all or nothing.
//!
//! [`parse`] reads the steps, `names` makes the attrs that they name and nobody has, `resolve` ties
//! them to the schema and turns lookups into ids, and `execute` writes group by group.
//! What somebody does who is no admin, `guard` checks before and after.

mod execute;
pub(crate) mod failure;
mod guard;
mod lookups;
mod merge;
mod names;
mod parse;
mod plan;
mod required;
mod resolve;
pub(crate) mod schema_steps;
mod service;
mod step;
pub(crate) mod values;

pub(crate) use failure::{Failure, refusal};
pub use parse::parse;
pub use service::{Committed, Options, Trial, Tried};
pub use step::{AttrName, EntityRef, Mode, Step, TripleStep};
pub(crate) use values::checked as checked_value;
