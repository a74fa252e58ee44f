//! The endpoints: one file a family, each with a `router()`.

mod data;
mod live;
mod rules;
mod runtime;
mod storage;
mod users;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use ketch_app::Apps;

use crate::observe::attribute;

/// Every endpoint, for all apps.
pub fn router(apps: Arc<Apps>) -> Router {
    Router::new()
        .merge(data::router())
        .merge(rules::router())
        .merge(users::router())
        .merge(runtime::router())
        .merge(storage::router())
        .merge(live::router())
        .layer(from_fn(attribute))
        .with_state(apps)
}
