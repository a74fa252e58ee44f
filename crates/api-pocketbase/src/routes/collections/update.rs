//! `PATCH /api/collections/{collection}`

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use ketch_app::App;

use super::{find, rate_labels};
use crate::body;
use crate::error::ApiResult;
use crate::request::Caller;
use crate::response;

pub async fn update(
    State(app): State<Arc<App>>,
    Path(collection): Path<String>,
    caller: Caller,
    body: Body,
) -> ApiResult {
    caller.require_superuser()?;
    let before = find(&app, &collection)?;
    let submitted = body::read(body, &caller.headers, body::DEFAULT_LIMIT).await.map_err(|error| {
        error.or_bad_request("Failed to load the submitted data due to invalid formatting.")
    })?;
    let after = app.collections.update(&before, submitted.data).await?;
    rate_labels::follow(&app, &before.name, &after.name).await;
    response::json(&after.to_json(), &caller)
}
