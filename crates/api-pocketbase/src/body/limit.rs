//! How large a request may be.

use axum::extract::MatchedPath;
use http::request::Parts;
use ketch_model::{Error, ErrorKind};
use ketch_web::body::check_declared;

use crate::error::ApiError;

/// Bytes that a request may have unless its route says otherwise.
pub const DEFAULT_LIMIT: u64 = 32 << 20;

/// Routes that say otherwise.
const OWN_LIMIT: [&str; 4] = [
    "/api/collections/{collection}/records",
    "/api/collections/{collection}/records/{id}",
    "/api/batch",
    "/api/backups/upload",
];

/// Refuses a request by its declared length, before anything else is looked at.
///
/// # Errors
/// 413.
pub fn check(parts: &Parts) -> Result<(), ApiError> {
    if check_declared(&parts.headers, DEFAULT_LIMIT).is_ok() {
        return Ok(());
    }
    match parts.extensions.get::<MatchedPath>() {
        Some(route) if OWN_LIMIT.contains(&route.as_str()) => Ok(()),
        _ => Err(ApiError(Error::new(ErrorKind::TooLarge, ""))),
    }
}
