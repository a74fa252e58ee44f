//! The error envelope: `{"data":{…},"message":"Sentence.","status":400}`.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use ketch_model::error::{FieldError, FieldErrors, Invalid};
use ketch_model::{Error, ErrorKind, Object, Value, json};
use ketch_telemetry::Failure;

use crate::raw;

/// What every handler fails with. `?` makes one from a [`ketch_model::Error`].
#[derive(Debug, Clone)]
pub struct ApiError(pub Error);

pub type ApiResult<T = Response> = Result<T, ApiError>;

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl ApiError {
    pub fn bad_request(message: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Self(Error::bad_request(message))
    }

    /// 404 with the default text, or `message` where it is not empty.
    pub fn not_found(message: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Self(Error::not_found(message))
    }

    pub fn forbidden(message: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Self(Error::forbidden(message))
    }

    pub fn unauthorized(message: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Self(Error::unauthorized(message))
    }

    /// The same error under another message, for handlers that have a text of their own for
    /// whatever went wrong inside. Errors with a status of their own (413, 403, 500, …) stay as they are.
    #[must_use]
    pub fn or_bad_request(mut self, message: &'static str) -> Self {
        if self.0.kind == ErrorKind::BadRequest {
            self.0.message = message.into();
        }
        self
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self(error) = self;
        if error.kind == ErrorKind::Internal {
            tracing::error!(cause = error.cause.as_deref().unwrap_or("unknown"), "request failed");
        } else if let Some(cause) = &error.cause {
            tracing::debug!(cause = %cause, status = status(error.kind).as_u16(), "request refused");
        }
        let message = if error.message.is_empty() { default_message(error.kind) } else { &error.message };
        let mut response = envelope(status(error.kind), message, fields_json(&error.fields));
        // The log is to know more than the client.
        response.extensions_mut().insert(failure(message, &error));
        response
    }
}

/// What the log is to know of an error.
fn failure(message: &str, error: &Error) -> Failure {
    let details = match &error.cause {
        Some(cause) => Value::String(cause.clone()),
        None if error.fields.is_empty() => Value::Null,
        None => raw_fields(&error.fields),
    };
    Failure { message: sentence(message), details }
}

/// Failed fields by their messages, as they were before they became sentences.
fn raw_fields(fields: &FieldErrors) -> Value {
    let text = |error: &FieldError| match error {
        FieldError::Invalid(invalid) => Value::String(invalid.message.to_string()),
        FieldError::Nested(nested) => raw_fields(nested),
    };
    fields.iter().map(|(name, error)| (name.clone(), text(error))).collect()
}

/// The status of an error kind.
pub fn status(kind: ErrorKind) -> StatusCode {
    match kind {
        ErrorKind::BadRequest => StatusCode::BAD_REQUEST,
        ErrorKind::Unauthorized => StatusCode::UNAUTHORIZED,
        ErrorKind::Forbidden => StatusCode::FORBIDDEN,
        ErrorKind::NotFound => StatusCode::NOT_FOUND,
        ErrorKind::Conflict => StatusCode::CONFLICT,
        ErrorKind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorKind::TooManyRequests => StatusCode::TOO_MANY_REQUESTS,
        ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The text of an error that has none of its own.
pub fn default_message(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::BadRequest | ErrorKind::Internal => "Something went wrong while processing your request.",
        ErrorKind::Unauthorized => "Missing or invalid authentication.",
        ErrorKind::Forbidden => "You are not allowed to perform this request.",
        ErrorKind::NotFound => "The requested resource wasn't found.",
        ErrorKind::Conflict => "The resource has changed meanwhile.",
        ErrorKind::TooLarge => "Request entity too large.",
        ErrorKind::TooManyRequests => "Too Many Requests.",
        ErrorKind::Unavailable => "The service is not available.",
    }
}

/// The envelope as a response. `message` is sentenized here; `data` is an object, already in wire form.
pub fn envelope(status: StatusCode, message: &str, data: Value) -> Response {
    let mut body = Vec::with_capacity(128);
    write_envelope(status, message, &data, &mut body);
    let mut response = raw::bytes_with_status(status, body);
    let details = if data.as_object().is_some_and(Object::is_empty) { Value::Null } else { data };
    response.extensions_mut().insert(Failure { message: sentence(message), details });
    response
}

/// The envelope as JSON, for errors inside a larger answer (batch).
pub fn envelope_json(error: &Error) -> Value {
    let status = status(error.kind);
    let message = if error.message.is_empty() { default_message(error.kind) } else { &error.message };
    let mut object = Object::new();
    object.insert("data".to_owned(), fields_json(&error.fields));
    object.insert("message".to_owned(), Value::String(sentence(message)));
    object.insert("status".to_owned(), Value::from(status.as_u16()));
    Value::Object(object)
}

fn write_envelope(status: StatusCode, message: &str, data: &Value, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"data\":");
    json::write(data, out);
    out.extend_from_slice(b",\"message\":");
    json::write_str(&sentence(message), out);
    out.extend_from_slice(b",\"status\":");
    out.extend_from_slice(status.as_str().as_bytes());
    out.push(b'}');
}

/// Field errors in wire form: nested objects of `{"code","message","params"?}`, keys sorted.
pub fn fields_json(fields: &FieldErrors) -> Value {
    let mut object = Object::new();
    for (name, error) in fields {
        let value = match error {
            FieldError::Invalid(invalid) => invalid_json(invalid),
            FieldError::Nested(nested) => fields_json(nested),
        };
        object.insert(name.clone(), value);
    }
    Value::Object(object)
}

fn invalid_json(invalid: &Invalid) -> Value {
    let mut object = Object::new();
    object.insert("code".to_owned(), Value::from(&*invalid.code));
    object.insert("message".to_owned(), Value::String(sentence(&invalid.message)));
    if !invalid.params.is_empty() {
        object.insert("params".to_owned(), invalid.params.clone().into_iter().collect());
    }
    Value::Object(object)
}

/// Upper-cases the first letter and adds a period unless the text ends with `.`, `?` or `!`.
pub fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut characters = text.chars();
    let Some(first) = characters.next() else { return String::new() };
    let mut sentence = String::with_capacity(text.len() + 1);
    sentence.extend(first.to_uppercase());
    sentence.push_str(characters.as_str());
    if !text.ends_with(['.', '?', '!']) {
        sentence.push('.');
    }
    sentence
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(error: Error) -> String {
        let mut out = Vec::new();
        let message = if error.message.is_empty() { default_message(error.kind) } else { &error.message };
        write_envelope(status(error.kind), message, &fields_json(&error.fields), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn sentences() {
        assert_eq!(sentence("something [x]"), "Something [x].");
        assert_eq!(sentence("really?"), "Really?");
        assert_eq!(sentence(" Stop! "), "Stop!");
        assert_eq!(sentence("ärger"), "Ärger.");
        assert_eq!(sentence(""), "");
    }

    #[test]
    fn envelope_of_nested_fields() {
        let mut nested = FieldErrors::new();
        nested.insert("3".into(), Invalid::new("validation_x", "too [long]").param("max", 3).into());
        let error = Error::bad_request("failed to create").with_field("fields", FieldError::Nested(nested));
        assert_eq!(
            body(error),
            r#"{"data":{"fields":{"3":{"code":"validation_x","message":"Too [long].","params":{"max":3}}}},"message":"Failed to create.","status":400}"#
        );
    }

    #[test]
    fn default_texts() {
        assert_eq!(
            body(Error::not_found("")),
            r#"{"data":{},"message":"The requested resource wasn't found.","status":404}"#
        );
    }
}
