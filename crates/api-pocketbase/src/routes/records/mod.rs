//! `/api/collections/{collection}/records`: one file an action.

mod create;
mod delete;
mod list;
mod submission;
mod update;
mod view;

pub(crate) use list::options as list_options;
pub(crate) use submission::uploaded;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use ketch_app::App;
use ketch_model::Collection;

use crate::error::{ApiError, ApiResult};

pub fn router() -> Router<Arc<App>> {
    Router::new().route("/api/collections/{collection}/records", get(list::list).post(create::create)).route(
        "/api/collections/{collection}/records/{id}",
        get(view::view).patch(update::update).delete(delete::delete),
    )
}

/// The collection of a read or delete, which the original reports in other words than writes.
fn find_collection(app: &App, name_or_id: &str) -> ApiResult<Arc<Collection>> {
    let schema = app.records.schema();
    schema.find(name_or_id).cloned().ok_or_else(|| ApiError::not_found("Missing collection context."))
}
