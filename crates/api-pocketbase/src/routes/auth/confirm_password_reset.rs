//! `POST …/confirm-password-reset`

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use ketch_app::App;
use ketch_auth::PasswordReset;

use super::find_auth_collection;
use super::form::Form;
use crate::error::ApiResult;
use crate::request::Caller;
use crate::response;

pub async fn confirm_password_reset(
    State(app): State<Arc<App>>,
    Path(collection): Path<String>,
    caller: Caller,
    body: Body,
) -> ApiResult {
    let collection = find_auth_collection(&app, &collection)?;
    let form = Form::read(&caller, body).await?;
    let reset = PasswordReset {
        token: form.text("token")?.into_owned(),
        password: form.text("password")?.into_owned(),
        password_confirm: form.text("passwordConfirm")?.into_owned(),
    };
    app.auth.confirm_password_reset(&collection, &reset).await?;
    Ok(response::no_content())
}
