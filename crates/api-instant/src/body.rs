//! JSON bodies and what is taken out of them.

use axum::body::Body;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use ketch_instant::{Error, Kind};
use ketch_model::{Object, Value, json};
use ketch_web::body::{self as bytes, ReadError};

use crate::error::ApiError;

/// Bytes that a JSON body may have: transactions carry whole imports.
const LIMIT: u64 = 64 << 20;

/// The object of a JSON body. A body of another content type counts as one without keys, and so
/// does none at all.
///
/// # Errors
/// Plain text for what is no JSON; `param-malformed` for JSON that is no object; a body above the limit.
pub async fn read(headers: &HeaderMap, body: Body) -> Result<Object, ApiError> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") && !media_type.ends_with("+json") {
        return Ok(Object::new());
    }
    bytes::check_declared(headers, LIMIT).map_err(refuse)?;
    let text = bytes::collect(body, LIMIT).await.map_err(refuse)?;
    if text.is_empty() {
        return Ok(Object::new());
    }
    match json::parse_strict(&text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(other) => Err(Error::malformed(&["body"], &other).into()),
        Err(why) => Err(ApiError::NotJson(format!("Malformed JSON in request body: {why}"))),
    }
}

/// What a body that could not be read is answered with.
pub(crate) fn refuse(error: ReadError) -> ApiError {
    match error {
        ReadError::TooLarge => {
            let message =
                format!("The request body is larger than {} MiB: send several requests.", LIMIT >> 20);
            Error::new(Kind::ParameterLimitExceeded, message, Value::Null).into()
        }
        ReadError::Malformed(why) => ApiError::NotJson(format!("The request body could not be read: {why}")),
        ReadError::Temporary(cause) => Error::unknown(cause).into(),
    }
}

/// The text under a key of a body.
///
/// # Errors
/// `param-missing`, or `param-malformed` for what is no text.
pub fn text<'a>(body: &'a Object, key: &str) -> Result<&'a str, Error> {
    optional_text(body, key)?.ok_or_else(|| Error::missing(&["body", key]))
}

/// The text under a key of a body; null counts as none.
///
/// # Errors
/// `param-malformed` for what is no text.
pub fn optional_text<'a>(body: &'a Object, key: &str) -> Result<Option<&'a str>, Error> {
    match body.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(Error::malformed(&["body", key], other)),
    }
}

/// The object under a key of a body; null counts as none.
///
/// # Errors
/// `param-malformed` for what is no object.
pub fn optional_object<'a>(body: &'a Object, key: &str) -> Result<Option<&'a Object>, Error> {
    match body.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(other) => Err(Error::malformed(&["body", key], other)),
    }
}

/// A flag under a key of a body; null counts as none.
///
/// # Errors
/// `param-malformed` for what is neither true nor false.
pub fn optional_flag(body: &Object, key: &str) -> Result<Option<bool>, Error> {
    match body.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(flag)) => Ok(Some(*flag)),
        Some(other) => Err(Error::malformed(&["body", key], other)),
    }
}

/// An address under a key of a body, trimmed and in lower case; null counts as none.
///
/// # Errors
/// `param-malformed` for what is no address.
pub fn optional_email(body: &Object, key: &str) -> Result<Option<String>, Error> {
    let Some(text) = optional_text(body, key)? else { return Ok(None) };
    email(text).map(Some).ok_or_else(|| Error::malformed(&["body", key], &text.into()))
}

/// The address in a text, as addresses are stored and compared; `None` for what is none.
pub fn email(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    let (name, host) = text.split_once('@')?;
    let sound = !name.is_empty()
        && host.contains('.')
        && !host.contains('@')
        && !host.starts_with('.')
        && !host.ends_with('.')
        && !text.chars().any(|letter| letter.is_whitespace() || letter.is_control());
    sound.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(email("  Anna+X@Example.COM "), Some("anna+x@example.com".to_owned()));
        for wrong in
            ["", "anna", "@example.com", "anna@example", "a b@example.com", "a@b@c.de", "a@.de", "a@de."]
        {
            assert_eq!(email(wrong), None, "{wrong}");
        }
    }
}
