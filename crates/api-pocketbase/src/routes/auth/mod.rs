//! `/api/collections/{collection}/auth-…`: one file an endpoint.

mod answer;
mod auth_methods;
mod auth_refresh;
mod auth_with_password;
mod form;
mod impersonate;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use ketch_app::App;
use ketch_model::Collection;

use crate::error::{ApiError, ApiResult};
use crate::request;

pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/api/collections/{collection}/auth-methods", get(auth_methods::auth_methods))
        .route(
            "/api/collections/{collection}/auth-with-password",
            post(auth_with_password::auth_with_password),
        )
        .route("/api/collections/{collection}/auth-refresh", post(auth_refresh::auth_refresh))
        .route("/api/collections/{collection}/impersonate/{id}", post(impersonate::impersonate))
}

/// The auth collection that a path names.
fn find_auth_collection(app: &App, name_or_id: &str) -> ApiResult<Arc<Collection>> {
    let collection = request::find_collection(app, name_or_id)?;
    if collection.is_auth() { Ok(collection) } else { Err(no_auth_collection()) }
}

fn no_auth_collection() -> ApiError {
    ApiError::not_found("Missing or invalid auth collection context.")
}
