//! `GET /api/collections/{collection}`

use std::sync::Arc;

use axum::extract::{Path, State};
use ketch_app::App;

use super::find;
use crate::error::ApiResult;
use crate::request::Caller;
use crate::response;

pub async fn view(State(app): State<Arc<App>>, Path(collection): Path<String>, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    response::json(&find(&app, &collection)?.to_json(), &caller)
}
