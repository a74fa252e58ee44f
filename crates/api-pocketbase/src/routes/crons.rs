//! `/api/crons`: jobs that recur, for superusers.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use ketch_app::App;
use ketch_model::Value;
use serde_json::json;

use crate::error::{ApiError, ApiResult};
use crate::request::Caller;
use crate::response;

pub fn router() -> Router<Arc<App>> {
    Router::new().route("/api/crons", get(list)).route("/api/crons/{id}", post(run))
}

async fn list(State(app): State<Arc<App>>, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    let jobs = app.crons.list().into_iter().map(|job| json!({ "id": job.id, "expression": job.expression }));
    response::json(&Value::Array(jobs.collect()), &caller)
}

async fn run(State(app): State<Arc<App>>, Path(id): Path<String>, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    if app.crons.run(&id) {
        return Ok(response::no_content());
    }
    Err(ApiError::not_found("Missing or invalid cron job."))
}
