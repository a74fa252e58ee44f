//! What an operator looks back at: the log of requests and of the server itself. All of it is in
//! the auxiliary database, written in batches beside the requests, and goes away with age.

mod backlog;
pub mod logs;
mod seen;
mod text;

pub use logs::Logs;
pub use seen::{Failure, Quiet, Seen};
