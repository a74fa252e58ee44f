//! The one public error of the core. A front turns it into its dialect's envelope.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use crate::Value;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in the terms of an HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    /// Somebody else was faster: what the request assumes is no longer so.
    Conflict,
    TooLarge,
    TooManyRequests,
    /// The operator has not set up what the request needs, or not rightly.
    Unavailable,
    /// A fault of the server; the cause is logged and never sent.
    Internal,
}

/// An error that a client may see: a message for people and, where input was at fault, which field and why.
#[derive(Debug, Clone)]
pub struct Error {
    pub kind: ErrorKind,
    /// Empty: the front's default text of the kind.
    pub message: Cow<'static, str>,
    pub fields: FieldErrors,
    /// What the log should know and the client should not.
    pub cause: Option<String>,
}

/// Errors by field name; nested structures nest, list positions are decimal keys.
pub type FieldErrors = BTreeMap<String, FieldError>;

#[derive(Debug, Clone, PartialEq)]
pub enum FieldError {
    Invalid(Invalid),
    Nested(FieldErrors),
}

/// One failed check: a stable code, a message for people and the bounds that were missed.
#[derive(Debug, Clone, PartialEq)]
pub struct Invalid {
    pub code: Cow<'static, str>,
    /// Not yet sentenized: the front upper-cases the first letter and adds the period.
    pub message: Cow<'static, str>,
    pub params: BTreeMap<String, Value>,
}

impl Invalid {
    pub fn new(code: impl Into<Cow<'static, str>>, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code: code.into(), message: message.into(), params: BTreeMap::new() }
    }

    #[must_use]
    pub fn param(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.params.insert(name.to_owned(), value.into());
        self
    }

    /// `validation_required`: the value is missing or is the zero value of its type.
    pub fn required() -> Self {
        Self::new("validation_required", "Cannot be blank.")
    }

    /// `validation_invalid_value`: what the original answers for errors without a code.
    pub fn value() -> Self {
        Self::new("validation_invalid_value", "Invalid value.")
    }

    pub fn not_unique() -> Self {
        Self::new("validation_not_unique", "Value must be unique.")
    }
}

impl From<Invalid> for FieldError {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl Error {
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: message.into(), fields: FieldErrors::new(), cause: None }
    }

    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::BadRequest, message)
    }

    pub fn unauthorized(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Unauthorized, message)
    }

    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Forbidden, message)
    }

    pub fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// A fault of the server; `cause` goes to the log only.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self { cause: Some(cause.to_string()), ..Self::new(ErrorKind::Internal, "") }
    }

    #[must_use]
    pub fn with_fields(mut self, fields: FieldErrors) -> Self {
        self.fields = fields;
        self
    }

    #[must_use]
    pub fn with_field(mut self, name: impl Into<String>, error: impl Into<FieldError>) -> Self {
        self.fields.insert(name.into(), error.into());
        self
    }

    #[must_use]
    pub fn with_cause(mut self, cause: impl fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}: {}", self.kind, self.message)?;
        for (name, error) in &self.fields {
            write!(formatter, " [{name}: {error:?}]")?;
        }
        match &self.cause {
            Some(cause) => write!(formatter, " ({cause})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}
