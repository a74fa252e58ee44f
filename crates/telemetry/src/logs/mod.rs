//! The log: one row a request, one for each warning and error of the server.

mod clean;
mod data;
mod entry;
mod layer;
mod list;
mod service;
mod table;

pub use layer::{LogLayer, LogPort};
pub use list::{HourCount, LogEntry, LogPage, LogQuery};
pub use service::Logs;
