//! Reading a body by its content type.

use std::mem::discriminant;

use axum::body::Body;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use ketch_model::{Error, ErrorKind, Object, Value, json};
use ketch_web::body::{self as bytes, ReadError};
use ketch_web::{form as urlencoded, multipart};

use super::submitted::{Submitted, Upload};
use crate::error::ApiError;

/// The multipart or form key that carries a whole JSON object.
const JSON_PAYLOAD: &str = "@jsonPayload";

/// Reads a whole body of at most `limit` bytes. `headers` are those of the request ([`crate::request::Caller::headers`]).
///
/// # Errors
/// 413 above the limit; 400 with `Unsupported Content-Type.` or, for bodies that cannot be decoded,
/// with an empty message: use [`ApiError::or_bad_request`] where the route has a text of its own.
pub async fn read(body: Body, headers: &HeaderMap, limit: u64) -> Result<Submitted, ApiError> {
    bytes::check_declared(headers, limit).map_err(refuse)?;
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // The original compares beginnings, with letter case.
    let is = |media_type: &str| content_type.starts_with(media_type);
    if is("multipart/form-data") {
        if bytes::is_empty(&body) {
            return Ok(Submitted::default());
        }
        return read_multipart(body, content_type, limit).await;
    }
    let text = bytes::collect(body, limit).await.map_err(refuse)?;
    if text.is_empty() {
        return Ok(Submitted::default());
    }
    if is("application/json") {
        read_json(&text)
    } else if is("application/x-www-form-urlencoded") {
        read_form(&text)
    } else if is("application/xml") || is("text/xml") {
        Err(undecodable("XML bodies are not read"))
    } else {
        Err(ApiError::bad_request("Unsupported Content-Type."))
    }
}

fn read_json(text: &[u8]) -> Result<Submitted, ApiError> {
    match json::parse_strict(text).map_err(undecodable)? {
        Value::Object(data) => Ok(Submitted { data, uploads: Vec::new() }),
        Value::Null => Ok(Submitted::default()),
        _ => Err(undecodable("the body is not a JSON object")),
    }
}

fn read_form(text: &[u8]) -> Result<Submitted, ApiError> {
    if !urlencoded::is_well_formed(text) {
        return Err(undecodable("the form has a malformed escape or a semicolon"));
    }
    let mut form = Form::default();
    for (name, value) in urlencoded::pairs(text) {
        form.add(name, &value)?;
    }
    form.finish(Vec::new())
}

async fn read_multipart(body: Body, content_type: &str, limit: u64) -> Result<Submitted, ApiError> {
    let mut form = Form::default();
    let mut uploads = Vec::new();
    let mut parts = multipart::Parts::new(body, content_type, limit).map_err(refuse)?;
    while let Some(part) = parts.next().await.map_err(refuse)? {
        match part {
            multipart::Part::Text { name, value } => form.add(name, &value)?,
            multipart::Part::File { name: field, file_name, content, size } => {
                uploads.push(Upload { field, file_name, content, size });
            }
        }
    }
    form.finish(uploads)
}

/// Texts of a form on their way into a [`Submitted`].
#[derive(Default)]
struct Form {
    data: Object,
    /// The objects of `@jsonPayload`, spread over the rest once it is complete.
    payloads: Vec<Object>,
}

impl Form {
    /// Values are inferred as JSON scalars are; repeated names become a list.
    fn add(&mut self, name: String, text: &str) -> Result<(), ApiError> {
        if name == JSON_PAYLOAD {
            match json::parse_whole(text.as_bytes()).map_err(undecodable)? {
                Value::Object(object) => self.payloads.push(object),
                Value::Null => {}
                _ => return Err(undecodable("@jsonPayload is not a JSON object")),
            }
            return Ok(());
        }
        let value = json::infer_form_value(text);
        match self.data.get_mut(&name) {
            None => {
                self.data.insert(name, value);
            }
            Some(Value::Array(list)) => list.push(value),
            Some(first) => {
                let earlier = first.take();
                *first = Value::Array(vec![earlier, value]);
            }
        }
        Ok(())
    }

    fn finish(self, uploads: Vec<Upload>) -> Result<Submitted, ApiError> {
        let Self { mut data, payloads } = self;
        for payload in payloads {
            merge(&mut data, payload)?;
        }
        Ok(Submitted { data, uploads })
    }
}

/// Merges a payload over what is there as the original does: objects key by key, lists and scalars
/// in the place of their like. A value of another type is refused.
fn merge(data: &mut Object, payload: Object) -> Result<(), ApiError> {
    for (name, value) in payload {
        match (data.get_mut(&name), value) {
            (Some(Value::Object(current)), Value::Object(value)) => merge(current, value)?,
            (Some(current), value) => {
                if !current.is_null() && !value.is_null() && discriminant(current) != discriminant(&value) {
                    return Err(undecodable(format_args!("@jsonPayload gives `{name}` another type")));
                }
                *current = value;
            }
            (None, value) => {
                data.insert(name, value);
            }
        }
    }
    Ok(())
}

fn undecodable(cause: impl std::fmt::Display) -> ApiError {
    ApiError(Error::bad_request("").with_cause(cause))
}

fn refuse(error: ReadError) -> ApiError {
    match error {
        ReadError::TooLarge => ApiError(Error::new(ErrorKind::TooLarge, "")),
        ReadError::Malformed(cause) => undecodable(cause),
        ReadError::Temporary(cause) => ApiError(Error::internal(cause)),
    }
}
