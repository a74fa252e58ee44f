//! `/api/analytics`: events of visitors, and what superusers learn from them. Not a part of
//! PocketBase's API: the routes are those that the documented Python client calls.

mod events;
mod raw;
mod stats;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use ketch_app::App;

pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/api/analytics/events", post(events::track))
        .route("/api/analytics/stats", get(stats::stats))
        .route("/api/analytics/top-pages", get(stats::top_pages))
        .route("/api/analytics/top-sources", get(stats::top_sources))
        .route("/api/analytics/top-events", get(stats::top_events))
        .route("/api/analytics/devices", get(stats::devices))
        .route("/api/analytics/config", get(stats::config))
        .route("/api/analytics/raw-logs", get(raw::dates))
        .route("/api/analytics/raw-logs/{date}", get(raw::download))
}
