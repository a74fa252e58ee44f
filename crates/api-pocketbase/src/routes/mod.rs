//! The endpoints: one file or folder a family, each with a `router()`.

pub mod analytics;
pub mod apple_secret;
pub mod auth;
pub mod backups;
pub mod batch;
pub mod collections;
pub mod crons;
pub mod files;
pub mod health;
pub mod jobs;
pub mod logs;
pub mod realtime;
pub mod records;
pub mod secrets;
pub mod settings;
pub mod sql;
pub mod test_email;
pub mod traces;

mod unrouted;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use http::StatusCode;
use ketch_app::App;
use ketch_web::folder::Folder;
use serde_json::json;

use crate::error;

/// Every endpoint of an app.
pub fn router(app: Arc<App>) -> Router {
    router_with_site(app, None)
}

/// Every endpoint of an app, and static files wherever there is no endpoint.
pub fn router_with_site(app: Arc<App>, site: Option<Folder>) -> Router {
    let site = site.map(Arc::new);
    let fallback = {
        let app = app.clone();
        move |request: Request| unrouted::answer(app.clone(), site.clone(), request)
    };
    Router::new()
        .merge(health::router())
        .merge(settings::router())
        .merge(crons::router())
        .merge(jobs::router())
        .merge(secrets::router())
        .merge(sql::router())
        .merge(test_email::router())
        .merge(logs::router())
        .merge(apple_secret::router())
        .merge(analytics::router())
        .merge(traces::router())
        .merge(files::router())
        .merge(backups::router())
        .merge(collections::router())
        .merge(records::router())
        .merge(auth::router())
        .merge(batch::router())
        .merge(realtime::router())
        .fallback(fallback.clone())
        .method_not_allowed_fallback(fallback)
        .with_state(app)
}

/// The answer to a request whose handler panicked.
pub fn panicked() -> Response {
    error::envelope(
        StatusCode::INTERNAL_SERVER_ERROR,
        error::default_message(ketch_model::ErrorKind::Internal),
        json!({}),
    )
}
