//! `POST …/confirm-verification`

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use ketch_app::App;

use super::find_auth_collection;
use super::form::Form;
use crate::error::ApiResult;
use crate::request::Caller;
use crate::response;

pub async fn confirm_verification(
    State(app): State<Arc<App>>,
    Path(collection): Path<String>,
    caller: Caller,
    body: Body,
) -> ApiResult {
    let collection = find_auth_collection(&app, &collection)?;
    app.auth.check_verifies(&collection)?;
    let form = Form::read(&caller, body).await?;
    app.auth.confirm_verification(&collection, &form.text("token")?).await?;
    Ok(response::no_content())
}
