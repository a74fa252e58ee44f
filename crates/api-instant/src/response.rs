//! Answers: JSON under status 200, which is the only one that clients take for success.

use axum::body::Body;
use axum::response::Response;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Method, StatusCode};
use ketch_model::{Value, json as text};
use serde_json::json;

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

pub fn ok(body: &Value) -> Response {
    with_status(StatusCode::OK, body)
}

pub fn with_status(status: StatusCode, body: &Value) -> Response {
    let mut text = Vec::with_capacity(256);
    text::write(body, &mut text);
    bytes_with_status(status, text)
}

/// JSON that is already text.
pub fn bytes(text: Vec<u8>) -> Response {
    bytes_with_status(StatusCode::OK, text)
}

fn bytes_with_status(status: StatusCode, text: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

/// There is no such route. Clients know no type for that.
pub fn no_route(method: &Method, path: &str) -> Response {
    with_status(StatusCode::NOT_FOUND, &json!({ "message": format!("There is no route {method} {path}.") }))
}
