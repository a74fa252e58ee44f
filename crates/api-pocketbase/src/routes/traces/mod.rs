//! `/api/_/trace`: request spans and dyed users, for superusers. Not a part of PocketBase's API: the
//! routes are those that the documented Python client calls.

mod dyed;
mod parameters;
mod spans;

use std::sync::Arc;

use axum::Router;
use axum::routing::{delete, get, put};
use ketch_app::App;

pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/api/_/trace/spans", get(spans::list))
        .route("/api/_/trace/spans/{trace}", get(spans::of_trace).delete(spans::delete))
        .route("/api/_/trace/spans/{trace}/{span}", get(spans::view))
        .route("/api/_/trace/stats", get(spans::stats))
        .route("/api/_/trace/dyed-users", get(dyed::list).post(dyed::add))
        .route("/api/_/trace/dyed-users/{user}", delete(dyed::remove))
        .route("/api/_/trace/dyed-users/{user}/ttl", put(dyed::prolong))
}
