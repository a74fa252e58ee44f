//! Requests, answers, and the trait between a client and its server.

use std::fmt;
use std::io;
use std::pin::Pin;

use bytes::Bytes;
use futures_util::Stream;
use futures_util::future::BoxFuture;
use http::{HeaderMap, Method};

/// Bytes that arrive bit by bit.
pub type ByteStream = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// The body of a request.
#[derive(Default)]
pub enum Body {
    /// No body.
    #[default]
    Empty,
    /// A body in memory; a request with it can be sent again.
    Bytes(Bytes),
    /// A body that is read while it is sent, with its length in bytes where that is known.
    Stream(ByteStream, Option<u64>),
}

impl Body {
    /// A second body with the same content; nothing for a stream.
    pub fn try_clone(&self) -> Option<Self> {
        match self {
            Self::Empty => Some(Self::Empty),
            Self::Bytes(bytes) => Some(Self::Bytes(bytes.clone())),
            Self::Stream(..) => None,
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => out.write_str("Empty"),
            Self::Bytes(bytes) => write!(out, "Bytes({})", bytes.len()),
            Self::Stream(_, length) => write!(out, "Stream({length:?})"),
        }
    }
}

/// A request on its way to the server.
#[derive(Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Path and query, beginning with `/`, percent-encoded; below the transport's base address.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body. For multipart it is already encoded, and `Content-Type` names its boundary.
    pub body: Body,
}

/// An answer: its head, and the body as it arrives.
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body. Dropping it ends the exchange.
    pub body: ByteStream,
}

impl fmt::Debug for Response {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}

/// Why no answer came.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// There is no connection; the request was not sent.
    #[error("no connection to the server: {0}")]
    Connect(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The connection took too long to open; the request was not sent.
    #[error("the connection took too long to open")]
    ConnectTimeout(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The connection broke; the server may have handled the request.
    #[error("the connection to the server broke: {0}")]
    Interrupted(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The request cannot be sent as it is.
    #[error("the request cannot be sent: {0}")]
    Request(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Carries requests to a server.
///
/// Everything else is the clients' part: deadlines, retries, encoding and decoding. Dropping the
/// future, or the body of the answer, must end the exchange.
pub trait Transport: Send + Sync + 'static {
    /// The address that paths are below, without a slash at the end: `http://127.0.0.1:8090`.
    fn base_url(&self) -> &str;

    /// Sends `request` and returns as soon as the head of the answer is there.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>>;
}
