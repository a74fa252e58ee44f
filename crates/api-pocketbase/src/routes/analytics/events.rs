//! `POST /api/analytics/events`: anybody may send.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use http::StatusCode;
use ketch_app::App;
use ketch_model::{Value, json};
use ketch_telemetry::analytics::Visit;
use serde_json::json;

use crate::body;
use crate::error::{ApiError, ApiResult};
use crate::request::Caller;
use crate::response;

/// Bytes of a list of events.
const LIMIT: u64 = 512 << 10;

pub async fn track(State(app): State<Arc<App>>, caller: Caller, body: Body) -> ApiResult {
    let analytics = &app.telemetry.analytics;
    if !analytics.options().enabled {
        return Err(ApiError::not_found("Analytics is disabled."));
    }
    let submitted = body::read(body, &caller.headers, LIMIT).await?;
    let Some(Value::Array(events)) = submitted.get("events") else {
        return Err(ApiError::bad_request("The body must hold a list of events: {\"events\":[…]}."));
    };
    let visit =
        Visit { ip: &caller.real_ip, user_agent: caller.header("user-agent"), host: caller.header("host") };
    let tracked = analytics.track(visit, events).await?;
    let mut answer = json!({ "accepted": tracked.accepted, "total": tracked.total });
    if let (Some(message), Value::Object(answer)) = (tracked.message, &mut answer) {
        answer.insert("message".to_owned(), message.into());
    }
    let mut text = Vec::with_capacity(64);
    json::write(&answer, &mut text);
    Ok(response::bytes_with_status(StatusCode::ACCEPTED, text))
}
