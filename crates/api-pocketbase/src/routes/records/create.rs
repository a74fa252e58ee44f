//! `POST …/records`

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use ketch_app::App;
use ketch_query::RequestInfo;

use super::submission;
use crate::encode;
use crate::error::ApiResult;
use crate::request::{Caller, find_collection};

pub async fn create(
    State(app): State<Arc<App>>,
    Path(collection): Path<String>,
    caller: Caller,
    body: Body,
) -> ApiResult {
    let collection = find_collection(&app, &collection)?;
    let submission = submission::read(&collection, &caller, body).await?;
    let request = caller.request_info("default");
    // Rules that decide about the answer (expands, emails) may ask about the body too.
    let viewer = Arc::new(RequestInfo { body: submission.data.clone(), ..request.clone() });
    let record = app.records.create(&collection, submission, request).await?;
    let view = app.records.look(record, caller.query.text("expand"), &viewer).await?;
    encode::respond(&view, &caller)
}
