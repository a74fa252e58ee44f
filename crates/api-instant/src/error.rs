//! Errors on the wire: `{"type", "message", "hint"}`.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use ketch_app::OpenError;
use ketch_instant::{Error, Kind};
use ketch_model::Value;
use ketch_telemetry::Failure;
use serde_json::json;

use crate::response;

pub type ApiResult<T = Response> = Result<T, ApiError>;

/// What a handler fails with: an answer.
#[derive(Debug)]
pub enum ApiError {
    Instant(Error),
    /// A body that is no JSON at all: plain text, not the envelope.
    NotJson(String),
}

impl<E: Into<Error>> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self::Instant(error.into())
    }
}

/// An app whose folder cannot be opened is a fault of the server.
pub(crate) fn not_open(error: &OpenError) -> Error {
    Error::unknown(error)
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            Self::NotJson(message) => {
                let mut response = message.into_response();
                *response.status_mut() = StatusCode::BAD_REQUEST;
                response
            }
            Self::Instant(error) => {
                if let Some(cause) = &error.cause {
                    tracing::error!(kind = error.kind.name(), %cause, "a request of an Instant client failed");
                }
                let status = StatusCode::from_u16(error.kind.status()).unwrap_or_default();
                let body = match error.kind {
                    // The one type with another key for its message.
                    Kind::OauthError => json!({ "type": error.kind.name(), "error": error.message }),
                    kind => json!({ "type": kind.name(), "message": error.message, "hint": error.hint }),
                };
                let mut response = response::with_status(status, &body);
                let details = error.cause.map_or(Value::Null, Value::from);
                response.extensions_mut().insert(Failure { message: error.message, details });
                response
            }
        }
    }
}
