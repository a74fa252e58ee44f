//! InstaQL: graph queries over the records of an app.
//!
//! [`Plan::new`] reads a query, checks it and ties it to a schema and to what a viewer may see;
//! [`Plan::load`] runs it, one statement for each level and link; what it found is written as a tree.
//! The viewer's permissions are a [`ViewPolicy`], which this module owns and somebody else fills in.

mod aggregate;
mod checks;
mod compiler;
mod conditions;
mod confirm;
pub mod dependencies;
mod filter;
mod load;
pub(crate) mod names;
mod order;
mod page;
mod parse;
mod plan;
pub mod policy;
mod seek;
pub mod syntax;
pub(crate) mod ties;
mod tree;
mod triples;
pub(crate) mod values;
mod witnesses;

pub use aggregate::Numbers;
pub use dependencies::Dependencies;
pub use load::Loaded;
pub use page::PageInfo;
pub use parse::parse;
pub use plan::Plan;
pub use policy::{Aliases, Everything, FileUrls, NoUrls, Rows, Scope, Sight, ViewPolicy};

#[cfg(test)]
pub(crate) mod tests;
