//! `/api/settings`: superusers only.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::{get, post};
use ketch_app::{App, FileSystem};
use ketch_model::error::Invalid;
use ketch_model::{Error, Value};

use crate::body::{self, DEFAULT_LIMIT};
use crate::error::{ApiError, ApiResult};
use crate::request::Caller;
use crate::response;

const NOT_LOADED: &str = "An error occurred while loading the submitted data.";
const S3_FAILED: &str = "Failed to test the S3 filesystem.";
const NOT_SAVED: &str = "An error occurred while saving the new settings.";

pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/api/settings", get(show).patch(change))
        .route("/api/settings/test/s3", post(test_s3))
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
        let logs = app.telemetry.logs.clone();
        tokio::spawn(async move {
            if let Err(error) = logs.clean().await {
                tracing::warn!(%error, "the log could not be shortened");
            }
        });
    }
    response::json(&changed.to_public(), &caller)
}

async fn test_s3(State(app): State<Arc<App>>, caller: Caller, body: Body) -> ApiResult {
    caller.require_superuser()?;
    let submitted = body::read(body, &caller.headers, DEFAULT_LIMIT)
        .await
        .map_err(|error| error.or_bad_request(NOT_LOADED))?;
    let which = match submitted.data.get("filesystem") {
        None | Some(Value::Null) => "",
        Some(Value::String(text)) => text,
        Some(_) => return Err(ApiError::bad_request(NOT_LOADED)),
    };
    let refused = |invalid: Invalid| Error::bad_request(S3_FAILED).with_field("filesystem", invalid);
    let which = match which {
        "storage" => FileSystem::Storage,
        "backups" => FileSystem::Backups,
        "" => return Err(refused(Invalid::required()).into()),
        _ => return Err(refused(Invalid::new("validation_in_invalid", "Must be a valid value.")).into()),
    };
    match app.test_s3(which).await {
        Ok(()) => Ok(response::no_content()),
        Err(cause) => Err(ApiError::bad_request(format!("{S3_FAILED} Raw error: \n{cause}"))),
    }
}
