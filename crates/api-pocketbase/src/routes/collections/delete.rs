//! `DELETE /api/collections/{collection}` and `…/truncate`

use std::sync::Arc;

use axum::extract::{Path, State};
use ketch_app::App;

use super::find;
use crate::error::ApiResult;
use crate::request::Caller;
use crate::response;

pub async fn delete(
    State(app): State<Arc<App>>,
    Path(collection): Path<String>,
    caller: Caller,
) -> ApiResult {
    caller.require_superuser()?;
    app.collections.delete(find(&app, &collection)?.as_ref()).await?;
    Ok(response::no_content())
}

pub async fn truncate(
    State(app): State<Arc<App>>,
    Path(collection): Path<String>,
    caller: Caller,
) -> ApiResult {
    caller.require_superuser()?;
    app.collections.truncate(find(&app, &collection)?.as_ref()).await?;
    Ok(response::no_content())
}
