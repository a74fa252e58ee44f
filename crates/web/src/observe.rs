//! Looking at requests from outside: who watches is shown each one with its answer.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::extract::Request;
use axum::response::Response;
use http::header::{HOST, HeaderName, REFERER, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Uri};
use ketch_model::Record;

use crate::client::Peer;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Is shown every request that a route or its fallback has answered, on the task of the request:
/// it must be quick.
pub trait Observer: Send + Sync + 'static {
    fn answered(&self, exchange: &Exchange, response: &Response);
}

/// What a front finds out about a request and who watches wants to know; put into every watched
/// request's extensions.
#[derive(Debug, Clone, Default)]
pub struct Notes(Arc<OnceLock<Caller>>);

/// Who called.
#[derive(Debug)]
pub struct Caller {
    pub auth: Option<Arc<Record>>,
    /// The client's address by way of trusted proxy headers.
    pub real_ip: String,
}

impl Notes {
    /// The first note counts.
    pub fn caller(&self, auth: Option<Arc<Record>>, real_ip: &str) {
        let _ = self.0.set(Caller { auth, real_ip: real_ip.to_owned() });
    }
}

/// One request on its way through the outer pass.
#[derive(Debug)]
pub struct Exchange {
    pub method: Method,
    /// As the router sees it.
    pub uri: Uri,
    pub peer: Option<Peer>,
    /// When it began.
    pub began: SystemTime,
    pub took: Duration,
    started: Instant,
    headers: [Option<HeaderValue>; 4],
    notes: Notes,
}

impl Exchange {
    pub(crate) fn begin(request: &mut Request) -> Self {
        let notes = Notes::default();
        let header = |headers: &HeaderMap, name| headers.get(name).cloned();
        let headers = request.headers();
        let exchange = Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            peer: request.extensions().get::<Peer>().copied(),
            began: SystemTime::now(),
            took: Duration::ZERO,
            started: Instant::now(),
            headers: [
                header(headers, HOST),
                header(headers, REFERER),
                header(headers, USER_AGENT),
                header(headers, TRACEPARENT),
            ],
            notes: notes.clone(),
        };
        request.extensions_mut().insert(notes);
        exchange
    }

    pub(crate) fn end(&mut self) {
        self.took = self.started.elapsed();
    }

    /// Microseconds since 1970 at which the request began.
    pub fn began_microseconds(&self) -> i64 {
        let since = self.began.duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
    }

    /// Who called, once a front has found out.
    pub fn caller(&self) -> Option<&Caller> {
        self.notes.0.get()
    }

    pub fn host(&self) -> Cow<'_, str> {
        self.text(0)
    }

    pub fn referer(&self) -> Cow<'_, str> {
        self.text(1)
    }

    pub fn user_agent(&self) -> Cow<'_, str> {
        self.text(2)
    }

    /// The header of W3C's trace context.
    pub fn traceparent(&self) -> Cow<'_, str> {
        self.text(3)
    }

    /// Empty where the header is missing.
    fn text(&self, index: usize) -> Cow<'_, str> {
        self.headers[index]
            .as_ref()
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .unwrap_or_default()
    }
}
