//! What an operator looks back at: the log of requests and of the server itself, analytics, request
//! spans. All of it is in the auxiliary database, written in batches beside the requests, and goes
//! away with age.

pub mod analytics;
mod backlog;
pub mod logs;
mod seen;
mod telemetry;
mod text;
pub mod traces;

pub use analytics::{Analytics, AnalyticsOptions};
pub use logs::Logs;
pub use seen::{Failure, Quiet, Seen};
pub use telemetry::{Telemetry, TelemetryOptions};
pub use traces::{OtlpOptions, TraceOptions, Traces};
