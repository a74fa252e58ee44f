//! `POST …/request-password-reset`

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use ketch_app::App;

use super::find_auth_collection;
use super::form::Form;
use crate::error::ApiResult;
use crate::request::Caller;
use crate::response;

pub async fn request_password_reset(
    State(app): State<Arc<App>>,
    Path(collection): Path<String>,
    caller: Caller,
    body: Body,
) -> ApiResult {
    let collection = find_auth_collection(&app, &collection)?;
    app.auth.check_resets_passwords(&collection)?;
    let form = Form::read(&caller, body).await?;
    app.auth.request_password_reset(&collection, &form.text("email")?).await?;
    Ok(response::no_content())
}
