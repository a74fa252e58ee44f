//! `DELETE …/records/{id}`

use std::sync::Arc;

use axum::extract::{Path, State};
use ketch_app::App;

use super::find_collection;
use crate::error::ApiResult;
use crate::request::Caller;
use crate::response;

pub async fn delete(
    State(app): State<Arc<App>>,
    Path((collection, id)): Path<(String, String)>,
    caller: Caller,
) -> ApiResult {
    let collection = find_collection(&app, &collection)?;
    app.records.delete(&collection, &id, caller.request_info("default")).await?;
    Ok(response::no_content())
}
