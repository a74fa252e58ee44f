//! The answers that end a sign-in.

use std::sync::Arc;

use axum::response::Response;
use http::StatusCode;
use ketch_app::App;
use ketch_auth::{Session, SignIn};
use ketch_model::{Object, Value, json};

use crate::encode;
use crate::error::ApiResult;
use crate::request::Caller;
use crate::response;

/// The record and its token, as the signed-in record itself may see it.
pub async fn session(app: &App, caller: &Caller, session: Session) -> ApiResult {
    session_with_meta(app, caller, session, None).await
}

async fn session_with_meta(
    app: &App,
    caller: &Caller,
    session: Session,
    meta: Option<Object>,
) -> ApiResult<Response> {
    let mut viewer = caller.request_info("default");
    viewer.auth = Some(session.record.clone());
    let record = Arc::unwrap_or_clone(session.record);
    let view = app.records.look(record, caller.query.text("expand"), &Arc::new(viewer)).await?;
    if caller.query.text("fields").is_empty() {
        let mut out = Vec::with_capacity(1024);
        out.extend_from_slice(b"{\"record\":");
        encode::record_view(&view, &mut out);
        out.extend_from_slice(b",\"token\":");
        json::write_str(&session.token, &mut out);
        if let Some(meta) = meta {
            out.extend_from_slice(b",\"meta\":");
            json::write(&Value::Object(meta), &mut out);
        }
        out.push(b'}');
        return Ok(response::bytes(out));
    }
    let mut answer = Object::new();
    answer.insert("record".to_owned(), encode::record_value(&view));
    answer.insert("token".to_owned(), Value::String(session.token));
    if let Some(meta) = meta {
        answer.insert("meta".to_owned(), Value::Object(meta));
    }
    response::json(&Value::Object(answer), caller)
}

/// The answer to proven credentials. What asks for another factor is not an error, so it has no
/// envelope, but it is no success either.
pub async fn sign_in(
    app: &App,
    caller: &Caller,
    outcome: SignIn,
    meta: Option<Object>,
) -> ApiResult<Response> {
    match outcome {
        SignIn::Session(opened) => session_with_meta(app, caller, opened, meta).await,
        SignIn::AnotherFactor { mfa_id } => {
            let mut out = b"{\"mfaId\":".to_vec();
            json::write_str(&mfa_id, &mut out);
            out.push(b'}');
            Ok(response::bytes_with_status(StatusCode::UNAUTHORIZED, out))
        }
    }
}
