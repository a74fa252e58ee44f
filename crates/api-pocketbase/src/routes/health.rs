//! `GET /api/health`

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use ketch_app::App;
use ketch_model::Value;
use serde_json::json;

use crate::error::ApiResult;
use crate::request::Caller;
use crate::response;

/// Headers that proxies are known to put the client's address into.
const PROXY_HEADERS: [&str; 3] = ["CF-Connecting-IP", "Fly-Client-IP", "X-Forwarded-For"];

pub fn router() -> Router<Arc<App>> {
    Router::new().route("/api/health", get(health))
}

async fn health(State(app): State<Arc<App>>, caller: Caller) -> ApiResult {
    let data = if caller.is_superuser() { superuser_data(&app, &caller) } else { json!({}) };
    response::json(&json!({ "message": "API is healthy.", "code": 200, "data": data }), &caller)
}

fn superuser_data(app: &App, caller: &Caller) -> Value {
    let header = PROXY_HEADERS.into_iter().find(|name| !caller.header(name).is_empty()).unwrap_or_default();
    json!({ "canBackup": app.backups.is_idle(), "realIP": caller.real_ip, "possibleProxyHeader": header })
}
