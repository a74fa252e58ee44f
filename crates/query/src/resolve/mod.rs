//! Names of a filter tied to a schema and a request: parsed text becomes the tree.
//!
//! Text goes through three shapes: syntax ([`crate::filter`]), terms (names are resolved, literals
//! and the request are known values), and operands of the tree (relations have become joins).

mod compare;
pub(crate) mod fold;
mod functions;
mod joiner;
mod macros;
mod path;
mod request_value;
mod resolver;
mod sort;
mod term;

#[cfg(test)]
mod tests;

pub use resolver::Resolver;
