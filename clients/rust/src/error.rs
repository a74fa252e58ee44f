//! The one error of this crate.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// The result of a call.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure an [`Error`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The server answered with a status of 400 or more; see [`Error::status`] and [`Error::response`].
    Status,
    /// No connection: unknown host, refused, TLS failed. Nothing was sent.
    Connect,
    /// The connection broke before the whole answer had arrived.
    Interrupted,
    /// The time that the call was given has passed.
    Timeout,
    /// The call was cancelled: a newer call with the same request key, or one of the `cancel` functions.
    Aborted,
    /// The answer is not what was asked for: no JSON, or JSON of another shape.
    Decode,
    /// The caller's input cannot be sent; nothing was.
    Input,
}

/// What went wrong with a call: one type for both clients.
///
/// ```
/// # fn show(error: ketch_client::Error) {
/// if error.status() == 404 {
///     println!("no such record at {}", error.url());
/// } else if error.is_abort() {
///     println!("a newer call took over");
/// } else {
///     println!("{error}");
/// }
/// # }
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    status: u16,
    url: String,
    message: String,
    response: Value,
    retry_after: Option<Duration>,
    source: Option<Source>,
}

impl Error {
    /// An error of `kind` with a message for people. Transports and hooks make theirs with it.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            status: 0,
            url: String::new(),
            message: message.into(),
            response: Value::Object(serde_json::Map::new()),
            retry_after: None,
            source: None,
        }))
    }

    /// The error that an answer of 400 or more stands for. `response` is its JSON body.
    pub fn of_response(status: u16, url: impl Into<String>, response: Value) -> Self {
        let message = match response.get("message").and_then(Value::as_str) {
            Some(text) if !text.is_empty() => text.to_owned(),
            _ => format!("the server answered with status {status}"),
        };
        let mut error = Self::new(ErrorKind::Status, message).with_url(url);
        error.0.status = status;
        error.0.response = response;
        error
    }

    pub(crate) fn aborted() -> Self {
        Self::new(
            ErrorKind::Aborted,
            "the call was cancelled, perhaps by a newer one with the same request key",
        )
    }

    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Input, message)
    }

    /// The same error with what caused it.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same error, naming the address that was called.
    #[must_use]
    pub fn with_url(mut self, url: impl Into<String>) -> Self {
        self.0.url = url.into();
        self
    }

    pub(crate) fn with_status(mut self, status: u16) -> Self {
        self.0.status = status;
        self
    }

    pub(crate) fn with_retry_after(mut self, wait: Option<Duration>) -> Self {
        self.0.retry_after = wait;
        self
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The HTTP status; 0 when there was no answer.
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// The address that was called; empty when none was.
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// The JSON body of the answer; an empty object when there was none.
    pub fn response(&self) -> &Value {
        &self.0.response
    }

    /// The server's message, or what this crate has to say.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Whether the call was cancelled rather than failed.
    pub fn is_abort(&self) -> bool {
        self.0.kind == ErrorKind::Aborted
    }

    /// How long the server asked to wait before the next try.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// PocketBase: what is wrong with the field `name`, as `{"code", "message"}`.
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.0.response.get("data")?.get(name)
    }

    /// PocketBase: the id of the sign-in to go on with when a second factor is asked for.
    pub fn mfa_id(&self) -> Option<&str> {
        self.0.response.get("mfaId")?.as_str()
    }

    /// Instant: the kind of refusal, such as `validation-failed`.
    pub fn instant_type(&self) -> Option<&str> {
        self.0.response.get("type")?.as_str()
    }

    /// Instant: details of the refusal.
    pub fn hint(&self) -> Option<&Value> {
        self.0.response.get("hint").filter(|hint| !hint.is_null())
    }

    /// Instant: what the operator of the server can find the call by.
    pub fn trace_id(&self) -> Option<&str> {
        let response = &self.0.response;
        response.get("trace-id").or_else(|| response.get("traceId"))?.as_str()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.status {
            0 => write!(out, "{}", self.0.message)?,
            status => write!(out, "{status}: {}", self.0.message)?,
        }
        if !self.0.url.is_empty() {
            write!(out, " ({})", self.0.url)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("status", &self.0.status)
            .field("url", &self.0.url)
            .field("message", &self.0.message)
            .field("response", &self.0.response)
            .field("source", &self.0.source)
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_become_errors_with_their_message() {
        let body = json!({"message": "Failed.", "data": {"title": {"code": "required"}}, "status": 400});
        let error = Error::of_response(400, "http://x/api", body);
        assert_eq!(error.to_string(), "400: Failed. (http://x/api)");
        assert_eq!(error.field("title").unwrap()["code"], "required");
        assert!(error.field("other").is_none() && error.hint().is_none() && !error.is_abort());
    }

    #[test]
    fn instant_details_are_found_under_both_spellings() {
        let error = Error::of_response(400, "", json!({"type": "t", "hint": {"a": 1}, "trace-id": "x"}));
        assert_eq!((error.instant_type(), error.trace_id()), (Some("t"), Some("x")));
        let error = Error::of_response(400, "", json!({"hint": null, "traceId": "y"}));
        assert_eq!((error.hint(), error.trace_id()), (None, Some("y")));
    }
}
