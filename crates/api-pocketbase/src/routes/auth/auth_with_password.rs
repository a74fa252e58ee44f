//! `POST …/auth-with-password`

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use ketch_app::App;
use ketch_auth::{Method, PasswordLogin};
use ketch_model::{Object, Value};

use super::form::Form;
use super::{answer, find_auth_collection};
use crate::error::{ApiError, ApiResult};
use crate::request::{Caller, superuser_ip_allowed};

pub async fn auth_with_password(
    State(app): State<Arc<App>>,
    Path(collection): Path<String>,
    caller: Caller,
    body: Body,
) -> ApiResult {
    let collection = find_auth_collection(&app, &collection)?;
    app.auth.password_options(&collection)?;
    let form = Form::read(&caller, body).await?;
    let login = PasswordLogin {
        identity: form.text("identity")?.into_owned(),
        password: form.text("password")?.into_owned(),
        identity_field: form.text("identityField")?.into_owned(),
    };
    let record = app.auth.check_password(&collection, &login).await?;
    if collection.is_superusers()
        && !superuser_ip_allowed(&app.settings.current().superuser_ips, &caller.real_ip)
    {
        return Err(ApiError::forbidden(""));
    }
    let mfa_id = mfa_id(form.data(), &caller)?;
    let mut request = caller.request_info(Method::Password.name());
    request.body = form.data().clone();
    let outcome = app.auth.sign_in(record, Method::Password, &request, &mfa_id).await?;
    answer::sign_in(&app, &caller, outcome).await
}

/// The id of an earlier proof, from the body or the query.
fn mfa_id(data: &Object, caller: &Caller) -> ApiResult<String> {
    match data.get("mfaId") {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
        None | Some(Value::Null | Value::String(_)) => Ok(caller.query.text("mfaId").to_owned()),
        Some(_) => Err(ApiError::bad_request("Failed to read MFA Id.")),
    }
}
