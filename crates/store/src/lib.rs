//! The storage contract, and the only place above the drivers where SQL text is made.
//!
//! A driver implements [`Store`]; everything above speaks to it in closures that run against a
//! [`Connection`]: on a reader, or on the writer inside a transaction. [`sql`] renders the query
//! tree, record writes and schema changes over a [`Dialect`].

pub mod change;
pub mod contract;
#[cfg(feature = "contract-tests")]
#[allow(clippy::missing_panics_doc)]
pub mod contract_tests;
pub mod sql;
mod statement;

pub use change::{Change, ChangeKind, LoggedChange};
pub use contract::{Connection, Flow, Row, Store, StoreError, StoreResult};
pub use sql::Dialect;
pub use statement::Statement;
