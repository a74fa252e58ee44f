//! `POST …/impersonate/{id}`

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use ketch_app::App;
use ketch_model::Error;
use ketch_model::error::Invalid;

use super::form::Form;
use super::{answer, no_auth_collection};
use crate::error::{ApiError, ApiResult};
use crate::request::Caller;

pub async fn impersonate(
    State(app): State<Arc<App>>,
    Path((collection, id)): Path<(String, String)>,
    caller: Caller,
    body: Body,
) -> ApiResult {
    caller.require_superuser()?;
    let schema = app.records.schema();
    let collection =
        schema.find(&collection).filter(|collection| collection.is_auth()).ok_or_else(no_auth_collection)?;
    let record = app.records.find_by_id(collection, &id).await?.ok_or_else(|| ApiError::not_found(""))?;
    let seconds = Form::read(&caller, body).await?.integer("duration")?;
    let seconds = u64::try_from(seconds).map_err(|_| {
        let invalid = Invalid::new("validation_min_greater_equal_than_required", "must be no less than 0");
        Error::bad_request("An error occurred while validating the submitted data.")
            .with_field("duration", invalid.param("threshold", 0))
    })?;
    let session = app.auth.impersonate(record, seconds)?;
    answer::session(&app, &caller, session).await
}
