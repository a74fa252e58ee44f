//! `POST /api/batch`: several record writes in one transaction.

mod entry;
mod steps;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::StatusCode;
use ketch_app::App;
use ketch_model::{Error, ErrorKind, json};
use ketch_query::fields::FieldPicker;
use ketch_records::RecordView;
use ketch_records::batch::{BatchError, Gate};
use ketch_web::body::check_declared;
use serde_json::json;

use crate::body;
use crate::encode;
use crate::error::{self, ApiError, ApiResult};
use crate::rate_limit::{self, Asker};
use crate::request::Caller;
use crate::response;

const DEFAULT_BODY_LIMIT: u64 = 128 << 20;
const DEFAULT_SECONDS: u64 = 3;
const NOT_READ: &str = "Failed to read the submitted batch data.";
const INVALID: &str = "Invalid batch request data.";
const FAILED: &str = "Batch transaction failed.";

pub fn router() -> Router<Arc<App>> {
    Router::new().route("/api/batch", post(batch))
}

async fn batch(State(app): State<Arc<App>>, caller: Caller, body: Body) -> ApiResult {
    let options = app.settings.current().batch.clone();
    let limit = positive(options.max_body_size).unwrap_or(DEFAULT_BODY_LIMIT);
    if check_declared(&caller.headers, limit).is_err() {
        return Err(ApiError(Error::new(ErrorKind::TooLarge, "")));
    }
    if !options.enabled {
        return Err(ApiError::forbidden("Batch requests are not allowed."));
    }
    let mut submitted =
        body::read(body, &caller.headers, limit).await.map_err(|error| match error.0.kind {
            ErrorKind::Internal => error,
            _ => ApiError::bad_request(NOT_READ),
        })?;
    let entries = entry::take(&mut submitted).ok_or_else(|| ApiError::bad_request(NOT_READ))?;
    let errors = entry::check(&entries, positive(options.max_requests).unwrap_or_default());
    if !errors.is_empty() {
        return Err(Error::bad_request(INVALID).with_fields(errors).into());
    }
    let seconds = positive(options.timeout).unwrap_or(DEFAULT_SECONDS);
    let deadline = Instant::now() + Duration::from_secs(seconds);
    let gate = gate(app.clone(), &caller, &entries);
    let (steps, pickers) = steps::prepare(&app, &caller, entries, submitted.uploads);
    match app.records.batch(steps, deadline, gate).await {
        Ok(views) => answer(&views, &pickers, &caller),
        Err(BatchError::Late) => Err(ApiError::bad_request(FAILED)),
        Err(BatchError::Whole(error)) => Err(error.into()),
        Err(BatchError::Step { error, .. }) if error.kind == ErrorKind::Internal => Err(error.into()),
        Err(BatchError::Step { index, error }) => Ok(failure(index, &error)),
    }
}

/// Counts each entry as the rate limits count the same request alone.
fn gate(app: Arc<App>, caller: &Caller, entries: &[entry::Entry]) -> Gate {
    let paths: Vec<String> = entries.iter().map(|entry| entry.path().to_owned()).collect();
    let (real_ip, is_auth, is_superuser) =
        (caller.real_ip.clone(), caller.auth.is_some(), caller.is_superuser());
    Box::new(move |index, method, collection| {
        let asker = Asker { real_ip: &real_ip, is_auth, is_superuser };
        let path = paths.get(index).map_or("", String::as_str);
        rate_limit::admit_batched(&app, &app.settings.current(), asker, (method, path), collection)
    })
}

fn positive(number: i64) -> Option<u64> {
    u64::try_from(number).ok().filter(|number| *number > 0)
}

fn answer(views: &[Option<RecordView>], pickers: &[Option<FieldPicker>], caller: &Caller) -> ApiResult {
    let mut out = Vec::with_capacity(1024);
    out.push(b'[');
    for (index, view) in views.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        match (view, pickers.get(index)) {
            (None, _) => out.extend_from_slice(b"{\"body\":null,\"status\":204}"),
            (Some(view), picker) => {
                out.extend_from_slice(b"{\"body\":");
                match picker {
                    Some(Some(picker)) => json::write(&picker.apply(encode::record_value(view)), &mut out),
                    _ => encode::record_view(view, &mut out),
                }
                out.extend_from_slice(b",\"status\":200}");
            }
        }
    }
    out.push(b']');
    if caller.query.text("fields").is_empty() {
        return Ok(response::bytes(out));
    }
    response::json(&serde_json::from_slice(&out).map_err(Error::internal)?, caller)
}

/// The answer that names the step that failed, with the answer that it would have had alone.
fn failure(index: usize, cause: &Error) -> Response {
    let data = json!({
        "requests": {
            index.to_string(): {
                "code": "batch_request_failed",
                "message": "Batch request failed.",
                "response": error::envelope_json(cause),
            }
        }
    });
    error::envelope(StatusCode::BAD_REQUEST, FAILED, data)
}
