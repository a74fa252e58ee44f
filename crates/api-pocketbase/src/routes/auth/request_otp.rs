//! `POST …/request-otp`

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use ketch_app::App;
use ketch_model::{Object, Value};

use super::find_auth_collection;
use super::form::Form;
use crate::error::ApiResult;
use crate::request::Caller;
use crate::response;

pub async fn request_otp(
    State(app): State<Arc<App>>,
    Path(collection): Path<String>,
    caller: Caller,
    body: Body,
) -> ApiResult {
    let collection = find_auth_collection(&app, &collection)?;
    app.auth.otp_options(&collection)?;
    let form = Form::read(&caller, body).await?;
    let id = app.auth.request_otp(&collection, &form.text("email")?).await?;
    response::json(&Value::Object(Object::from_iter([("otpId".to_owned(), id.into())])), &caller)
}
