//! `POST …/auth-with-oauth2`

use std::sync::Arc;

use axum::extract::{Path, State};
use ketch_app::App;

use super::find_auth_collection;
use crate::error::{ApiError, ApiResult};
use crate::request::Caller;

pub async fn auth_with_oauth2(
    State(app): State<Arc<App>>,
    Path(collection): Path<String>,
    _caller: Caller,
) -> ApiResult {
    let collection = find_auth_collection(&app, &collection)?;
    if collection.auth().is_some_and(|options| options.oauth2.enabled) {
        return Err(ApiError::bad_request("Sign-in by OAuth2 is not built yet."));
    }
    Err(ApiError::forbidden("The collection is not configured to allow OAuth2 authentication."))
}
