//! `/api/collections/{collection}/auth-…`: one file an endpoint.

mod answer;
mod auth_methods;
mod auth_refresh;
mod auth_with_oauth2;
mod auth_with_otp;
mod auth_with_password;
mod confirm_email_change;
mod confirm_password_reset;
mod confirm_verification;
mod finish;
mod form;
mod impersonate;
mod oauth2_redirect;
mod request_email_change;
mod request_otp;
mod request_password_reset;
mod request_verification;

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
        .route("/api/collections/{collection}/auth-with-otp", post(auth_with_otp::auth_with_otp))
        .route("/api/collections/{collection}/auth-with-oauth2", post(auth_with_oauth2::auth_with_oauth2))
        .route(
            "/api/oauth2-redirect",
            get(oauth2_redirect::oauth2_redirect).post(oauth2_redirect::oauth2_redirect),
        )
        .route("/api/collections/{collection}/request-otp", post(request_otp::request_otp))
        .route(
            "/api/collections/{collection}/request-password-reset",
            post(request_password_reset::request_password_reset),
        )
        .route(
            "/api/collections/{collection}/confirm-password-reset",
            post(confirm_password_reset::confirm_password_reset),
        )
        .route(
            "/api/collections/{collection}/request-verification",
            post(request_verification::request_verification),
        )
        .route(
            "/api/collections/{collection}/confirm-verification",
            post(confirm_verification::confirm_verification),
        )
        .route(
            "/api/collections/{collection}/request-email-change",
            post(request_email_change::request_email_change),
        )
        .route(
            "/api/collections/{collection}/confirm-email-change",
            post(confirm_email_change::confirm_email_change),
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
