//! Request spans: a sample of all requests, the slow and the failed ones, and every request of
//! "dyed" users, whom an operator follows for a while.

mod dyed;
mod exporter;
mod ids;
mod list;
mod otlp;
mod service;
mod span;

pub use dyed::{Dye, DyedUser};
pub use exporter::OtlpOptions;
pub use ketch_store::sql::spans::{SpanFilter, SpanOrder};
pub use list::{SpanName, SpanPage, SpanQuery, SpanStats, StoredSpan};
pub use service::{TraceOptions, Traces};
