//! One predicate tree for filters and rules, and the languages that become it.
//!
//! [`filter`] parses the PocketBase filter language; [`resolve`] ties its names to a schema and a
//! request and yields the [`tree`] that `store::sql` renders. Pure: no SQL text, no I/O.

pub mod error;
pub mod evaluate;
pub mod expand;
pub mod fields;
pub mod filter;
pub mod like;
pub mod request;
pub mod resolve;
pub mod tree;

pub use error::FilterError;
pub use request::RequestInfo;
pub use resolve::Resolver;
pub use tree::{Order, Predicate, Select, Source};
