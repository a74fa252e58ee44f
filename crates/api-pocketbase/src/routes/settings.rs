//! `/api/settings`: superusers only.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::get;
use ketch_app::App;
use ketch_model::{Error, Value};

use crate::body::{self, DEFAULT_LIMIT};
use crate::error::ApiResult;
use crate::request::Caller;
use crate::response;

const NOT_LOADED: &str = "An error occurred while loading the submitted data.";
const NOT_SAVED: &str = "An error occurred while saving the new settings.";

pub fn router() -> Router<Arc<App>> {
    Router::new().route("/api/settings", get(show).patch(change))
}

async fn show(State(app): State<Arc<App>>, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    response::json(&app.settings.current().to_public(), &caller)
}

async fn change(State(app): State<Arc<App>>, caller: Caller, body: Body) -> ApiResult {
    caller.require_superuser()?;
    let submitted = body::read(body, &caller.headers, DEFAULT_LIMIT)
        .await
        .map_err(|error| error.or_bad_request(NOT_LOADED))?;
    let submitted = Value::Object(submitted.data);
    let changed = app.settings.update(move |current| {
        let settings = current.merged(&submitted)?;
        let errors = settings.validate();
        if errors.is_empty() { Ok(settings) } else { Err(Error::bad_request(NOT_SAVED).with_fields(errors)) }
    });
    let before = app.settings.current();
    let changed = changed.await?;
    if changed.logs != before.logs {
        // What the log keeps no more need not wait for its time.
        let logs = app.logs.clone();
        tokio::spawn(async move {
            if let Err(error) = logs.clean().await {
                tracing::warn!(%error, "the log could not be shortened");
            }
        });
    }
    response::json(&changed.to_public(), &caller)
}
