//! `/api/realtime`: a stream of events, and what it is to show.

mod stream;
mod subscribe;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use ketch_app::App;

pub fn router() -> Router<Arc<App>> {
    Router::new().route("/api/realtime", get(stream::stream).post(subscribe::subscribe))
}
