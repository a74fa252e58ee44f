//! `/api/collections`: the schema, for superusers.

mod create;
mod delete;
mod dry_run;
mod import;
mod list;
mod providers;
mod rate_labels;
mod scaffolds;
mod update;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get, post};
use ketch_app::App;
use ketch_model::Collection;

use crate::error::{ApiError, ApiResult};

pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/api/collections", get(list::list).post(create::create))
        // PUT is the import: a name of its own would hide a collection that is called `import`.
        .route(
            "/api/collections/{collection}",
            get(view::view).patch(update::update).delete(delete::delete).put(import::import),
        )
        .route("/api/collections/{collection}/truncate", delete(delete::truncate))
        .route("/api/collections/meta/scaffolds", get(scaffolds::scaffolds))
        .route("/api/collections/meta/oauth2-providers", get(providers::providers))
        .route("/api/collections/meta/dry-run-view", post(dry_run::dry_run_view))
}

/// The collection of a path, in the words of this family.
fn find(app: &App, name_or_id: &str) -> ApiResult<Arc<Collection>> {
    app.records.schema().find(name_or_id).cloned().ok_or_else(|| ApiError::not_found(""))
}
