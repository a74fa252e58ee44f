//! Calls of any route, without the knowledge of an interface: what clients in other languages and of
//! other servers are built on.
//!
//! ```no_run
//! use std::sync::Arc;
//! use http::Method;
//! use ketch_client::raw::{Caller, Request};
//! use ketch_client::transport::Http;
//!
//! # async fn example() -> ketch_client::Result<()> {
//! let caller = Caller::new(Arc::new(Http::new("http://127.0.0.1:8090")?));
//! let answer = caller.read(Request::new(Method::GET, "/api/health")).await?;
//! println!("{}: {} bytes", answer.status, answer.body.len());
//! # Ok(()) }
//! ```

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method};

use crate::encode::with_query;
use crate::error::{Error, Result};
use crate::exchange::{Exchange, RetryPolicy, Sending};
pub use crate::keys::{Keys, Turn};
pub use crate::multipart::form;
pub use crate::sse::{Event, Events};
use crate::transport::{Body, Response, Transport};

/// One request.
#[derive(Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path, beginning with `/`, percent-encoded, without a query.
    pub path: String,
    /// The query, not encoded yet.
    pub query: Vec<(String, String)>,
    /// The headers; none are added but those of HTTP itself.
    pub headers: HeaderMap,
    /// The body. Its `Content-Type` is among the headers.
    pub body: Body,
    /// How long the whole call may take, tries included; the caller's usual time unless told.
    pub timeout: Option<Duration>,
    /// Whether sending it twice is as good as once, so that it may be tried again when the
    /// connection broke. True for the methods that only read.
    pub is_safe: bool,
}

impl Request {
    /// A request without query, headers and body.
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        let is_safe = method.is_safe();
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            headers: HeaderMap::new(),
            body: Body::Empty,
            timeout: None,
            is_safe,
        }
    }
}

/// A whole answer of a status below 400.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Bytes,
    /// The address that was called, without tokens in its query.
    pub url: String,
}

/// Sends requests to one server, with deadlines and tries. For cancelling by keys see [`Keys`].
pub struct Caller {
    exchange: Exchange,
}

impl Caller {
    /// A caller over `transport` with the usual limits.
    pub fn new(transport: Arc<dyn Transport>) -> Self {
        Self { exchange: Exchange::new(transport) }
    }

    /// How long a call may take unless its request says otherwise; 30 seconds unless told.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.exchange.timeout = timeout;
        self
    }

    /// When calls are tried again.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.exchange.retry = policy;
        self
    }

    /// The largest answer in bytes that [`read`](Self::read) takes; 256 MiB unless told.
    #[must_use]
    pub fn response_max(mut self, bytes: usize) -> Self {
        self.exchange.response_max = bytes;
        self
    }

    /// The address of the server, without a slash at the end.
    pub fn base_url(&self) -> &str {
        self.exchange.transport.base_url()
    }

    /// Sends a request and reads its whole answer.
    ///
    /// # Errors
    ///
    /// As all calls; a status of 400 or more is one.
    pub async fn read(&self, request: Request) -> Result<Answer> {
        let (status, body, url) = self.exchange.read(sending(request)?).await?;
        Ok(Answer { status, body, url })
    }

    /// Sends a request and returns as soon as the head of its answer is there. Its body may take as
    /// long as it likes unless nothing of it comes for `idle`.
    ///
    /// # Errors
    ///
    /// As for [`read`](Self::read).
    pub async fn open(&self, request: Request, idle: Option<Duration>) -> Result<Response> {
        self.exchange.open(sending(request)?, idle).await
    }

    /// Sends a request whose answer is a stream of events.
    ///
    /// # Errors
    ///
    /// As for [`read`](Self::read).
    pub async fn events(&self, mut request: Request, idle: Option<Duration>) -> Result<Events> {
        let accepted = http::HeaderValue::from_static("text/event-stream");
        request.headers.entry(http::header::ACCEPT).or_insert(accepted);
        Ok(Events::new(self.open(request, idle).await?.body))
    }

    /// The address of a path, fit to be shown.
    pub fn shown_url(&self, path: &str) -> String {
        self.exchange.shown_url(path)
    }
}

impl fmt::Debug for Caller {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Caller").field("base_url", &self.base_url()).finish_non_exhaustive()
    }
}

fn sending(request: Request) -> Result<Sending> {
    let Request { method, path, query, headers, body, timeout, is_safe } = request;
    // Anything else could change the host of the address.
    if !path.starts_with('/') {
        return Err(Error::input(format!("the path {path:?} does not begin with a slash")));
    }
    let path = if query.is_empty() { path } else { with_query(&path, &query) };
    let mut sending = Sending::new(method, path, headers, body, timeout);
    sending.safe = is_safe;
    Ok(sending)
}
