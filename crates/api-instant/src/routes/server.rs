//! What clients ask of the server as a whole.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use ketch_app::Apps;
use serde_json::json;

use crate::caller::Caller;
use crate::error::ApiResult;
use crate::response;

pub(super) fn router() -> Router<Arc<Apps>> {
    Router::new()
        .route("/health/system", get(health))
        .route("/dash/cli/version", get(command_line_version))
        .route("/dash/me", get(me))
}

/// The key is the original's, whose log of changes may lag; here every answer is of what is stored.
async fn health() -> ApiResult {
    Ok(response::ok(&json!({ "wal": "ok" })))
}

/// The oldest command line that is served: any.
async fn command_line_version() -> ApiResult {
    Ok(response::ok(&json!({ "min-version": { "major": 0, "minor": 0, "patch": 0, "tag": null } })))
}

async fn me(caller: Caller) -> ApiResult {
    let superuser = caller.operator().await?;
    Ok(response::ok(&json!({ "user": { "id": superuser.id(), "email": superuser.text("email") } })))
}
