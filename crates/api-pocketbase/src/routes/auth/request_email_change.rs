//! `POST …/request-email-change`

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use ketch_app::App;

use super::form::Form;
use crate::error::ApiResult;
use crate::request::{Caller, find_collection};
use crate::response;

pub async fn request_email_change(
    State(app): State<Arc<App>>,
    Path(collection): Path<String>,
    caller: Caller,
    body: Body,
) -> ApiResult {
    let collection = find_collection(&app, &collection)?;
    let record = caller.require_session_of(&collection)?;
    app.auth.check_changes_emails(&collection)?;
    let form = Form::read(&caller, body).await?;
    app.auth.request_email_change(record, &form.text("newEmail")?).await?;
    Ok(response::no_content())
}
