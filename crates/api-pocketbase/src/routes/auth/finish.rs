//! What follows proven credentials, whatever they were.

use axum::response::Response;
use ketch_app::App;
use ketch_auth::{Method, Origin};
use ketch_model::{Object, Record, Value};

use super::answer;
use crate::error::{ApiError, ApiResult};
use crate::request::{Caller, superuser_ip_allowed};

/// Opens the session, or asks for another factor. `data` is the submitted form.
pub async fn finish(
    app: &App,
    caller: &Caller,
    record: Record,
    method: Method,
    data: &Object,
) -> ApiResult<Response> {
    finish_with_meta(app, caller, record, method, data, None).await
}

/// As [`finish`]; a session is answered together with what its method has to tell.
pub async fn finish_with_meta(
    app: &App,
    caller: &Caller,
    record: Record,
    method: Method,
    data: &Object,
    meta: Option<Object>,
) -> ApiResult<Response> {
    if record.collection.is_superusers()
        && !superuser_ip_allowed(&app.settings.current().superuser_ips, &caller.real_ip)
    {
        return Err(ApiError::forbidden(""));
    }
    let mfa_id = mfa_id(data, caller)?;
    let mut request = caller.request_info(method.name());
    request.body = data.clone();
    let origin = Origin { ip: caller.real_ip.clone(), user_agent: caller.header("user-agent").to_owned() };
    let outcome = app.auth.sign_in(record, method, &request, &mfa_id, &origin).await?;
    answer::sign_in(app, caller, outcome, meta).await
}

/// The id of an earlier proof, from the body or the query.
fn mfa_id(data: &Object, caller: &Caller) -> ApiResult<String> {
    match data.get("mfaId") {
        Some(Value::String(text)) if !text.is_empty() => Ok(text.clone()),
        None | Some(Value::Null | Value::String(_)) => Ok(caller.query.text("mfaId").to_owned()),
        Some(_) => Err(ApiError::bad_request("Failed to read MFA Id.")),
    }
}
