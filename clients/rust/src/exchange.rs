//! One call on a transport: deadline, tries, and reading the answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout_at};

use crate::backoff::jitter;
use crate::error::{Error, ErrorKind, Result};
use crate::transport::{Body, ByteStream, Request, Response, Transport, TransportError};

/// The most of an error's body that is read.
const ERROR_MAX: usize = 1024 * 1024;

/// When and how often calls are tried again.
///
/// Tried again are calls that change nothing: after a broken connection, and after the statuses
/// 429, 502, 503 and 504; others only when no connection came about, so that nothing was sent.
/// A `Retry-After` of the server is kept to. Waits grow from try to try and have jitter.
#[derive(Clone, Debug)]
pub struct RetryPolicy {
    tries: u32,
    first_wait: Duration,
    wait_max: Duration,
}

impl Default for RetryPolicy {
    /// Two further tries, the first after a quarter of a second, none after a wait of more than 10 seconds.
    fn default() -> Self {
        Self { tries: 2, first_wait: Duration::from_millis(250), wait_max: Duration::from_secs(10) }
    }
}

impl RetryPolicy {
    /// No further tries.
    pub fn never() -> Self {
        Self { tries: 0, ..Self::default() }
    }

    /// How many further tries there may be.
    #[must_use]
    pub fn tries(mut self, tries: u32) -> Self {
        self.tries = tries;
        self
    }

    /// The wait before the first further try; it doubles from try to try.
    #[must_use]
    pub fn first_wait(mut self, wait: Duration) -> Self {
        self.first_wait = wait;
        self
    }

    /// The longest wait. If the server asks for more, the call fails at once.
    #[must_use]
    pub fn wait_max(mut self, wait: Duration) -> Self {
        self.wait_max = wait;
        self
    }

    /// How long to wait before try `attempt` (from 0) after `error`; nothing to give up.
    fn wait(&self, attempt: u32, error: &Error, safe: bool) -> Option<Duration> {
        let again = match error.kind() {
            ErrorKind::Connect => true,
            ErrorKind::Interrupted => safe,
            ErrorKind::Status => safe && matches!(error.status(), 429 | 502 | 503 | 504),
            _ => false,
        };
        if !again || attempt >= self.tries {
            return None;
        }
        match error.retry_after() {
            Some(asked) => (asked <= self.wait_max).then(|| asked + jitter(self.first_wait)),
            None => Some(jitter(self.first_wait.saturating_mul(1 << attempt.min(16)).min(self.wait_max))),
        }
    }
}

/// A transport with the limits of its client.
#[derive(Clone)]
pub(crate) struct Exchange {
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) retry: RetryPolicy,
    pub(crate) timeout: Duration,
    pub(crate) response_max: usize,
}

/// A request with what is known about it.
pub(crate) struct Sending {
    pub(crate) request: Request,
    /// Whether sending it twice is as good as once.
    pub(crate) safe: bool,
    pub(crate) timeout: Option<Duration>,
}

impl Sending {
    pub(crate) fn new(
        method: Method,
        path: String,
        headers: HeaderMap,
        body: Body,
        timeout: Option<Duration>,
    ) -> Self {
        let safe = method.is_safe();
        Self { request: Request { method, path, headers, body }, safe, timeout }
    }
}

impl Exchange {
    pub(crate) fn new(transport: Arc<dyn Transport>) -> Self {
        Self {
            transport,
            retry: RetryPolicy::default(),
            timeout: Duration::from_secs(30),
            response_max: 256 * 1024 * 1024,
        }
    }

    /// The address of `path`, fit to be shown: queries may hold tokens.
    pub(crate) fn shown_url(&self, path: &str) -> String {
        let path = path.split_once("token=").map_or(path, |_| path.split('?').next().unwrap_or(path));
        format!("{}{path}", self.transport.base_url())
    }

    /// Sends a request and reads its whole answer, which must be of status below 400.
    pub(crate) async fn read(&self, sending: Sending) -> Result<(u16, Bytes, String)> {
        let url = self.shown_url(&sending.request.path);
        let deadline = Deadline::new(sending.timeout.unwrap_or(self.timeout), sending.timeout.is_some());
        let read = self.tries(sending, deadline, |response, deadline| {
            let url = url.clone();
            async move {
                let limit = self.response_max;
                let status = response.status;
                let body = deadline.guard(collect(response.body, limit)).await.and_then(|body| body);
                Ok((status, body.map_err(|error| error.with_url(url.clone()).with_status(status))?, url))
            }
        });
        read.await
    }

    /// Sends a request and gives the head of its answer, which must be of status below 400. The body
    /// may take as long as it likes while something of it comes: `idle` is the longest pause.
    pub(crate) async fn open(&self, sending: Sending, idle: Option<Duration>) -> Result<Response> {
        let deadline = Deadline::new(sending.timeout.unwrap_or(self.timeout), sending.timeout.is_some());
        let opened = self.tries(sending, deadline, |response, _| async move { Ok(response) });
        let mut response = opened.await?;
        if let Some(idle) = idle {
            response.body = with_idle_limit(response.body, idle);
        }
        Ok(response)
    }

    async fn tries<T, F>(
        &self,
        sending: Sending,
        mut deadline: Deadline,
        finish: impl Fn(Response, Deadline) -> F,
    ) -> Result<T>
    where
        F: Future<Output = Result<T>>,
    {
        let Sending { request: Request { method, path, headers, body }, safe, .. } = sending;
        let url = self.shown_url(&path);
        let mut body = Some(body);
        let mut attempt = 0;
        loop {
            let replay = body.as_ref().and_then(Body::try_clone);
            let outgoing = body.take().unwrap_or_default();
            let request = Request {
                method: method.clone(),
                path: path.clone(),
                headers: headers.clone(),
                body: deadline.watch(outgoing),
            };
            let result = match self.once(request, &deadline, &url).await {
                Ok(response) => finish(response, deadline.clone()).await,
                Err(error) => Err(error),
            };
            let error = match result {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let Some(wait) = self.retry.wait(attempt, &error, safe).filter(|_| replay.is_some()) else {
                return Err(error);
            };
            if deadline.guard(sleep(wait)).await.is_err() {
                return Err(error);
            }
            body = replay;
            attempt += 1;
        }
    }

    async fn once(&self, request: Request, deadline: &Deadline, url: &str) -> Result<Response> {
        let sent = deadline.guard(self.transport.send(request)).await;
        let response = sent.and_then(|sent| sent.map_err(refused)).map_err(|error| error.with_url(url))?;
        if response.status < 400 {
            return Ok(response);
        }
        let (status, wait) = (response.status, retry_after(&response.headers));
        // The status says what there is to say; a body that breaks off does not hide it.
        let body =
            deadline.guard(collect(response.body, ERROR_MAX)).await.and_then(|body| body).unwrap_or_default();
        Err(Error::of_response(status, url, error_body(&body)).with_retry_after(wait))
    }
}

/// A body as what the caller wants. An empty one is an empty object, or nothing.
pub(crate) fn decode<T: DeserializeOwned>((status, body, url): &(u16, Bytes, String)) -> Result<T> {
    let result = match body.trim_ascii().is_empty() {
        false => serde_json::from_slice(body),
        true => serde_json::from_str("{}").or_else(|_| serde_json::from_str("null")),
    };
    result.map_err(|error| {
        let message = match serde_json::from_slice::<Value>(body) {
            Ok(_) => format!("the answer is not of the expected shape: {error}"),
            Err(_) => format!("the answer is no JSON: {error}"),
        };
        Error::new(ErrorKind::Decode, message).with_source(error).with_url(url.clone()).with_status(*status)
    })
}

/// Puts options' headers and the client's own together; the caller's win.
pub(crate) fn headers(given: &[(String, String)], usual: &[(&'static str, String)]) -> Result<HeaderMap> {
    let mut all = HeaderMap::new();
    for (name, value) in given {
        let bad = || {
            Error::input(format!(
                "the header {name:?} is not valid: names are letters, digits and dashes, values visible characters"
            ))
        };
        let name = HeaderName::try_from(name.as_str()).map_err(|_| bad())?;
        all.append(name, HeaderValue::try_from(value.as_str()).map_err(|_| bad())?);
    }
    for (name, value) in usual {
        if !all.contains_key(*name) {
            let bad = || {
                Error::input(format!(
                    "the value for the header {name} has characters that no header may have"
                ))
            };
            all.insert(*name, HeaderValue::try_from(value.as_str()).map_err(|_| bad())?);
        }
    }
    Ok(all)
}

/// The moment by which a call must be done. Unless the caller set it, it moves on while the body of
/// the request is being read: a large upload may take its time.
#[derive(Clone)]
struct Deadline {
    limit: Duration,
    started: Instant,
    is_fixed: bool,
    /// Milliseconds from the start to the last moment at which something was sent.
    progress: Arc<AtomicU64>,
}

impl Deadline {
    fn new(limit: Duration, is_fixed: bool) -> Self {
        Self { limit, started: Instant::now(), is_fixed, progress: Arc::default() }
    }

    fn moment(&self) -> Instant {
        let start = self.started + Duration::from_millis(self.progress.load(Ordering::Relaxed));
        // A limit beyond what the clock can count is no limit: a year is as good.
        start.checked_add(self.limit).unwrap_or(start + Duration::from_secs(365 * 86400))
    }

    async fn guard<T>(&self, future: impl Future<Output = T>) -> Result<T> {
        let mut future = std::pin::pin!(future);
        loop {
            let moment = self.moment();
            match timeout_at(moment, &mut future).await {
                Ok(done) => return Ok(done),
                Err(_) if self.moment() > moment => {}
                Err(late) => {
                    let text = format!("no answer within {:?}", self.limit);
                    return Err(Error::new(ErrorKind::Timeout, text).with_source(late));
                }
            }
        }
    }

    fn watch(&mut self, body: Body) -> Body {
        match body {
            Body::Stream(stream, length) if !self.is_fixed => {
                let (started, progress) = (self.started, self.progress.clone());
                let stream = stream.inspect(move |_| {
                    let passed = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX / 2);
                    progress.store(passed, Ordering::Relaxed);
                });
                Body::Stream(Box::pin(stream), length)
            }
            other => other,
        }
    }
}

fn refused(error: TransportError) -> Error {
    let kind = match error {
        TransportError::Connect(_) | TransportError::ConnectTimeout(_) => ErrorKind::Connect,
        TransportError::Interrupted(_) => ErrorKind::Interrupted,
        TransportError::Request(_) => ErrorKind::Input,
    };
    Error::new(kind, error.to_string()).with_source(error)
}

async fn collect(mut body: ByteStream, limit: usize) -> Result<Bytes> {
    let mut all = BytesMut::new();
    while let Some(chunk) = body.next().await {
        all.extend_from_slice(&chunk.map_err(interrupted)?);
        if all.len() > limit {
            return Err(Error::new(ErrorKind::Decode, format!("the answer is larger than {limit} bytes")));
        }
    }
    Ok(all.freeze())
}

pub(crate) fn interrupted(error: std::io::Error) -> Error {
    if error.kind() == std::io::ErrorKind::TimedOut {
        return Error::new(ErrorKind::Timeout, error.to_string()).with_source(error);
    }
    let text = "the connection broke before the whole answer had arrived";
    Error::new(ErrorKind::Interrupted, text).with_source(error)
}

fn with_idle_limit(body: ByteStream, idle: Duration) -> ByteStream {
    Box::pin(stream::try_unfold(body, move |mut body| async move {
        match tokio::time::timeout(idle, body.next()).await {
            Ok(Some(chunk)) => Ok(Some((chunk?, body))),
            Ok(None) => Ok(None),
            Err(_) => {
                let text = format!("nothing more of the answer came for {idle:?}");
                Err(std::io::Error::new(std::io::ErrorKind::TimedOut, text))
            }
        }
    }))
}

/// An error's body as an object; text that is no JSON becomes its message.
fn error_body(body: &[u8]) -> Value {
    match serde_json::from_slice(body) {
        Ok(object @ Value::Object(_)) => object,
        _ => {
            let text: String = String::from_utf8_lossy(body).trim().chars().take(500).collect();
            if text.is_empty() { serde_json::json!({}) } else { serde_json::json!({ "message": text }) }
        }
    }
}

/// `Retry-After` in seconds or as a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let moment = httpdate::parse_http_date(text).ok()?;
    Some(moment.duration_since(SystemTime::now()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_safe_calls_are_tried_again_after_something_was_sent() {
        let policy = RetryPolicy::default();
        let broken = Error::new(ErrorKind::Interrupted, "");
        assert!(policy.wait(0, &broken, true).is_some() && policy.wait(0, &broken, false).is_none());
        let refused = Error::new(ErrorKind::Connect, "");
        assert!(policy.wait(1, &refused, false).is_some() && policy.wait(2, &refused, true).is_none());
        for (status, again) in [(429, true), (503, true), (500, false), (404, false)] {
            let error = Error::of_response(status, "", json!({}));
            assert_eq!(policy.wait(0, &error, true).is_some(), again, "{status}");
            assert!(policy.wait(0, &error, false).is_none());
        }
    }

    #[test]
    fn retry_after_is_kept_to_within_limits() {
        let policy = RetryPolicy::default();
        let after = |seconds| {
            Error::of_response(429, "", json!({})).with_retry_after(Some(Duration::from_secs(seconds)))
        };
        assert!(policy.wait(0, &after(3), true).unwrap() >= Duration::from_secs(3));
        assert!(policy.wait(0, &after(11), true).is_none());
        let head = |text: &str| HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_str(text).unwrap())]);
        assert_eq!(retry_after(&head(" 7 ")), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(&head("Sun, 06 Nov 1994 08:49:37 GMT")), Some(Duration::ZERO));
        assert_eq!(retry_after(&head("soon")), None);
    }

    #[test]
    fn empty_bodies_are_objects_or_nothing() {
        let empty = (204, Bytes::new(), String::new());
        assert_eq!(decode::<Value>(&empty).unwrap(), json!({}));
        decode::<()>(&empty).unwrap();
        let text = (200, Bytes::from_static(b"<html>"), "u".to_owned());
        let error = decode::<Value>(&text).unwrap_err();
        assert_eq!((error.kind(), error.status(), error.url()), (ErrorKind::Decode, 200, "u"));
    }

    #[test]
    fn given_headers_win() {
        let given = [("authorization".to_owned(), "mine".to_owned())];
        let all =
            headers(&given, &[("Authorization", "usual".to_owned()), ("Accept-Language", "en".to_owned())])
                .unwrap();
        assert_eq!((all["authorization"].as_bytes(), all.len()), (&b"mine"[..], 2));
        assert!(headers(&[("a b".to_owned(), String::new())], &[]).is_err());
        assert!(headers(&[("a".to_owned(), "x\ny".to_owned())], &[]).is_err());
    }
}
