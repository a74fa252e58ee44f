//! `/api/analytics/raw-logs`: stored events as they are, a line of JSON each. Superusers only.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderValue};
use ketch_app::App;
use serde_json::json;

use crate::error::{ApiError, ApiResult};
use crate::request::Caller;
use crate::response;

/// Bytes that one answer may have; a day with more is cut, which its last line tells.
const MOST_BYTES: usize = 64 << 20;

pub async fn dates(State(app): State<Arc<App>>, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    response::json(&json!({ "dates": app.telemetry.analytics.dates().await? }), &caller)
}

pub async fn download(State(app): State<Arc<App>>, Path(date): Path<String>, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    let mut body = Vec::new();
    let mut after = 0;
    while body.len() < MOST_BYTES {
        let (lines, last) = app.telemetry.analytics.lines(&date, after).await?;
        let Some(last) = last else { break };
        after = last;
        body.extend_from_slice(&lines);
    }
    if body.is_empty() {
        return Err(ApiError::not_found(""));
    }
    if body.len() >= MOST_BYTES {
        body.extend_from_slice(b"{\"truncated\":true}\n");
    }
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"analytics-{date}.ndjson\"")) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    Ok(response)
}
