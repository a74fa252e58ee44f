//! Successful answers.

use axum::body::Body;
use axum::response::Response;
use http::StatusCode;
use ketch_model::{Value, json as json_text};
use ketch_query::fields::FieldPicker;
use ketch_telemetry::Quiet;

use crate::error::ApiError;
pub use crate::raw::bytes_with_status;
use crate::request::Caller;

/// A 200 answer; applies the caller's `fields` parameter.
///
/// # Errors
/// The caller's, if `fields` cannot be read.
pub fn json(value: &Value, caller: &Caller) -> Result<Response, ApiError> {
    let mut body = Vec::with_capacity(512);
    match caller.query.text("fields") {
        "" => json_text::write(value, &mut body),
        text => json_text::write(&FieldPicker::parse(text)?.apply(value.clone()), &mut body),
    }
    Ok(bytes(body))
}

/// A 200 answer of JSON that is already text.
pub fn bytes(body: Vec<u8>) -> Response {
    bytes_with_status(StatusCode::OK, body)
}

/// 204.
pub fn no_content() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// The same answer, of a request that is logged only when it fails.
pub fn quiet(mut response: Response) -> Response {
    response.extensions_mut().insert(Quiet);
    response
}
