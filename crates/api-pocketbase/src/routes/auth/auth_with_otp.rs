//! `POST …/auth-with-otp`

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use ketch_app::App;
use ketch_auth::{Method, OtpLogin};

use super::find_auth_collection;
use super::finish::finish;
use super::form::Form;
use crate::error::ApiResult;
use crate::request::Caller;

pub async fn auth_with_otp(
    State(app): State<Arc<App>>,
    Path(collection): Path<String>,
    caller: Caller,
    body: Body,
) -> ApiResult {
    let collection = find_auth_collection(&app, &collection)?;
    app.auth.otp_options(&collection)?;
    let form = Form::read(&caller, body).await?;
    let login =
        OtpLogin { otp_id: form.text("otpId")?.into_owned(), password: form.text("password")?.into_owned() };
    let record = app.auth.check_otp(&collection, &login).await?;
    finish(&app, &caller, record, Method::Otp, form.data()).await
}
