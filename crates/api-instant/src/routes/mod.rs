//! The endpoints: one file a family, each with a `router()`.

mod apps;
mod auth_settings;
mod data;
mod live;
mod rules;
mod runtime;
mod schema;
mod server;
mod storage;
mod streams;
mod users;
mod webhooks;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn;
use ketch_app::Apps;

use crate::observe::attribute;

/// Every endpoint, for all apps.
pub fn router(apps: Arc<Apps>) -> Router {
    let families = [
        data::router(),
        live::router(),
        rules::router(),
        users::router(),
        runtime::router(),
        schema::router(),
        apps::router(),
        auth_settings::router(),
        storage::router(),
        webhooks::router(),
        streams::router(),
        server::router(),
    ];
    families.into_iter().fold(Router::new(), Router::merge).layer(from_fn(attribute)).with_state(apps)
}
