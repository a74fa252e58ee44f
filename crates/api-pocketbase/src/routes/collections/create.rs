//! `POST /api/collections`

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use ketch_app::App;

use crate::body;
use crate::error::ApiResult;
use crate::request::Caller;
use crate::response;

pub async fn create(State(app): State<Arc<App>>, caller: Caller, body: Body) -> ApiResult {
    caller.require_superuser()?;
    let submitted = body::read(body, &caller.headers, body::DEFAULT_LIMIT).await.map_err(|error| {
        error.or_bad_request("Failed to load the collection type data due to invalid formatting.")
    })?;
    let collection = app.collections.create(submitted.data).await?;
    response::json(&collection.to_json(), &caller)
}
