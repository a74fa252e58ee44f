//! The embedded storage driver, over SQLite in WAL mode.
//!
//! [`SqliteStore`] owns one writer thread, a few reader threads and a pool of connections for
//! lookups on the calling thread. The writer commits several waiting transactions at once; a
//! thread of its own moves committed pages into the database file, so that the writer seldom
//! waits for the disk.

mod checkpoint;
mod connection;
mod counts;
mod dialect;
mod error;
mod functions;
mod guard;
mod math;
mod options;
mod queue;
mod reader;
mod snapshot;
mod store;
mod watch;
mod writer;

pub use dialect::SqliteDialect;
pub use options::SqliteOptions;
pub use store::SqliteStore;
