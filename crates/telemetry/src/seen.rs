//! What the outer pass has seen of one request.

use std::sync::Arc;
use std::time::Duration;

use ketch_model::{Record, Value};

/// A request that has been answered. Borrowed: what is kept of it is copied.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// Upper-case verb.
    pub method: &'a str,
    /// Path and query as the client sent them.
    pub url: &'a str,
    /// Headers, empty where they are missing.
    pub host: &'a str,
    pub referer: &'a str,
    pub user_agent: &'a str,
    pub traceparent: &'a str,
    pub status: u16,
    /// Bytes of the answer, where they are known.
    pub response_size: Option<u64>,
    /// Microseconds since 1970.
    pub began: i64,
    pub took: Duration,
    /// The address of the connection.
    pub remote_ip: &'a str,
    /// The client's address by way of trusted proxy headers.
    pub user_ip: &'a str,
    pub auth: Option<&'a Arc<Record>>,
    /// Why it was refused, if it was.
    pub failure: Option<&'a Failure>,
    /// Only failures are logged: static files, and reading the log itself.
    pub is_quiet: bool,
}

impl Seen<'_> {
    pub fn is_failure(&self) -> bool {
        self.status >= 400
    }
}

/// Why a request was refused, for the log.
#[derive(Debug, Clone, Default)]
pub struct Failure {
    /// The message that the client was sent.
    pub message: String,
    /// What the client was not told: a cause as text, or the failed fields; null for nothing.
    pub details: Value,
}

/// Put into a response's extensions by what is logged only when it fails: static files, reading the
/// log, opening an event stream.
#[derive(Debug, Clone, Copy)]
pub struct Quiet;
