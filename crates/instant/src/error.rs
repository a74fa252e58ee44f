//! Errors as Instant's clients know them: a type, a message and a hint.

use std::fmt;

use ketch_model::{ErrorKind, Value};
use serde_json::json;

use crate::invalid::Invalid;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a client is told.
#[derive(Debug, Clone)]
pub struct Error {
    pub kind: Kind,
    /// A sentence for people.
    pub message: String,
    /// An object that says more, by kind, or null.
    pub hint: Box<Value>,
    /// What the log should know and the client should not.
    pub cause: Option<String>,
}

/// The types of errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    ParamMissing,
    ParamMalformed,
    ValidationFailed,
    RecordNotFound,
    RecordExpired,
    RecordNotUnique,
    SqlRaise,
    PermissionDenied,
    PermissionEvaluationFailed,
    RateLimited,
    Timeout,
    ParameterLimitExceeded,
    OauthError,
    SessionMissing,
    EmailSendFailed,
    Unknown,
}

impl Kind {
    /// The `type` on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::ParamMissing => "param-missing",
            Self::ParamMalformed => "param-malformed",
            Self::ValidationFailed => "validation-failed",
            Self::RecordNotFound => "record-not-found",
            Self::RecordExpired => "record-expired",
            Self::RecordNotUnique => "record-not-unique",
            Self::SqlRaise => "sql-raise",
            Self::PermissionDenied => "permission-denied",
            Self::PermissionEvaluationFailed => "permission-evaluation-failed",
            Self::RateLimited => "rate-limited",
            Self::Timeout => "timeout",
            Self::ParameterLimitExceeded => "parameter-limit-exceeded",
            Self::OauthError => "oauth-error",
            Self::SessionMissing => "session-missing",
            Self::EmailSendFailed => "email-send-failed",
            Self::Unknown => "unknown",
        }
    }

    /// The HTTP status: what a client caused is 400, what it did too much of 429.
    pub fn status(self) -> u16 {
        match self {
            Self::RateLimited | Self::Timeout => 429,
            Self::EmailSendFailed | Self::Unknown => 500,
            _ => 400,
        }
    }
}

impl Error {
    pub fn new(kind: Kind, message: impl Into<String>, hint: Value) -> Self {
        Self { kind, message: message.into(), hint: Box::new(hint), cause: None }
    }

    /// A value that has to be there and is not. `place` is the path to it: `["body", "query"]`.
    pub fn missing(place: &[&str]) -> Self {
        Self::new(Kind::ParamMissing, format!("Missing parameter: {}", vector(place)), json!({ "in": place }))
    }

    /// A value of another form than the one that is needed.
    pub fn malformed(place: &[&str], original: &Value) -> Self {
        let hint = json!({ "in": place, "original-input": original });
        Self::new(Kind::ParamMalformed, format!("Malformed parameter: {}", vector(place)), hint)
    }

    /// Nothing is there under that name. `args` say what was looked for.
    pub fn not_found(record_type: &str, args: Value) -> Self {
        let hint = json!({ "record-type": record_type, "args": [args] });
        Self::new(Kind::RecordNotFound, format!("Record not found: {record_type}"), hint)
    }

    /// What was there has ended.
    pub fn expired(record_type: &str, args: Value) -> Self {
        let hint = json!({ "record-type": record_type, "args": [args] });
        Self::new(Kind::RecordExpired, format!("Record expired: {record_type}"), hint)
    }

    /// One thing wrong with a request, without a place in it.
    pub fn validation(data_type: &str, input: &Value, message: &str) -> Self {
        let hint = json!({ "data-type": data_type, "input": input, "errors": [{ "message": message }] });
        Self::new(Kind::ValidationFailed, format!("Validation failed for {data_type}: {message}"), hint)
    }

    /// A rule does not allow it. `input` is the namespace and what of it: `["posts", "object"]`.
    pub fn denied(input: &[&str], expected: &str) -> Self {
        let hint = json!({ "input": input, "expected": expected });
        Self::new(Kind::PermissionDenied, format!("Permission denied: not {expected}"), hint)
    }

    /// A fault of the server.
    pub fn unknown(cause: impl fmt::Display) -> Self {
        let message = "Something went wrong on the server. The operator finds the cause in the server's log.";
        Self { cause: Some(cause.to_string()), ..Self::new(Kind::Unknown, message, Value::Null) }
    }
}

/// `["body" "query"]`: clients know places in this form.
fn vector(place: &[&str]) -> String {
    let quoted: Vec<String> = place.iter().map(|part| format!("\"{part}\"")).collect();
    format!("[{}]", quoted.join(" "))
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.kind.name(), self.message)?;
        match &self.cause {
            Some(cause) => write!(formatter, " ({cause})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        Self::new(Kind::ValidationFailed, invalid.message(), Value::Object(invalid.hint()))
    }
}

/// An error of the record core, where this dialect has no words of its own for it.
impl From<ketch_model::Error> for Error {
    fn from(error: ketch_model::Error) -> Self {
        let kind = match error.kind {
            ErrorKind::Internal | ErrorKind::Unavailable => return Self::unknown(error),
            ErrorKind::TooManyRequests => Kind::RateLimited,
            ErrorKind::Unauthorized | ErrorKind::Forbidden => Kind::PermissionDenied,
            ErrorKind::NotFound => Kind::RecordNotFound,
            ErrorKind::BadRequest | ErrorKind::Conflict | ErrorKind::TooLarge => Kind::ValidationFailed,
        };
        let mut message = error.message.clone().into_owned();
        for (field, why) in &error.fields {
            if let ketch_model::error::FieldError::Invalid(invalid) = why {
                message = format!("{message} {field}: {}", invalid.message).trim().to_owned();
            }
        }
        Self::new(kind, message, Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wire_forms() {
        let missing = Error::missing(&["body", "query"]);
        assert_eq!(missing.message, r#"Missing parameter: ["body" "query"]"#);
        assert_eq!(*missing.hint, json!({ "in": ["body", "query"] }));
        let absent = Error::not_found("app-user", json!({ "id": "x" }));
        assert_eq!(absent.message, "Record not found: app-user");
        assert_eq!(absent.hint["record-type"], "app-user");
        assert_eq!((Kind::Timeout.status(), Kind::RecordNotFound.status()), (429, 400));
        assert!(Error::unknown("disk full").to_string().contains("disk full"));
        assert!(!Error::unknown("disk full").message.contains("disk full"));
    }
}
