//! `/admin/…`: accounts, sessions and codes, for whoever has the admin token.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::routing::{get, post};
use ketch_app::Apps;
use ketch_instant::Error;
use ketch_instant::users::{NewUser, Selector, SignIn};
use ketch_model::{Object, Value};
use serde_json::json;

use crate::body;
use crate::caller::Caller;
use crate::error::ApiResult;
use crate::response;

pub(super) fn router() -> Router<Arc<Apps>> {
    Router::new()
        .route("/admin/refresh_tokens", post(refresh_tokens))
        .route("/admin/sign_out", post(sign_out))
        .route("/admin/users", get(find).delete(delete))
        .route("/admin/magic_code", post(magic_code))
        .route("/admin/send_magic_code", post(send_magic_code))
        .route("/admin/verify_magic_code", post(verify_magic_code))
        .route("/admin/sign_in_guest", post(sign_in_guest))
}

/// A session for the user with an address or an id, who is made where there is none.
async fn refresh_tokens(caller: Caller, body: Body) -> ApiResult {
    let app = caller.admin().await?;
    let body = body::read(&caller.headers, body).await?;
    let extra = body::optional_object(&body, "extra-fields")?.cloned().unwrap_or_default();
    let selector = if let Some(email) = body::optional_email(&body, "email")? {
        Selector::Email(email)
    } else if let Some(id) = body::optional_text(&body, "id")? {
        Selector::Id(id.to_owned())
    } else {
        return Err(nothing_given("body", &body, "email or id").into());
    };
    let signed_in = app.instant.session_for(selector, NewUser::by_admin(extra)).await?;
    Ok(response::ok(&signed_in.to_json(app.id())))
}

async fn sign_out(caller: Caller, body: Body) -> ApiResult {
    let app = caller.admin().await?;
    let body = body::read(&caller.headers, body).await?;
    let selector = if let Some(id) = body::optional_text(&body, "id")? {
        Selector::Id(id.to_owned())
    } else if let Some(email) = body::optional_email(&body, "email")? {
        Selector::Email(email)
    } else if let Some(token) = body::optional_text(&body, "refresh_token")? {
        Selector::RefreshToken(token.to_owned())
    } else {
        return Err(nothing_given("body", &body, "id, email or refresh_token").into());
    };
    app.instant.sign_out(selector).await?;
    Ok(response::ok(&json!({ "ok": true })))
}

async fn find(caller: Caller) -> ApiResult {
    let app = caller.admin().await?;
    let user = app.instant.find_user(selector(&caller)?).await?;
    Ok(response::ok(&json!({ "user": user.map(|user| app.instant.user_json(app.id(), &user)) })))
}

async fn delete(caller: Caller) -> ApiResult {
    let app = caller.admin().await?;
    let deleted = app.instant.delete_user(selector(&caller)?).await?;
    Ok(response::ok(&json!({ "deleted": deleted.map(|user| app.instant.user_json(app.id(), &user)) })))
}

/// Who is asked for in the query.
fn selector(caller: &Caller) -> Result<Selector, Error> {
    if let Some(text) = caller.parameter("email") {
        // A plus that a client did not escape arrives as a blank.
        let email = body::email(&text.trim().replace(' ', "+"));
        let email = email.ok_or_else(|| Error::malformed(&["params", "email"], &text.into()))?;
        return Ok(Selector::Email(email));
    }
    if let Some(token) = caller.parameter("refresh_token") {
        return Ok(Selector::RefreshToken(token.to_owned()));
    }
    if let Some(id) = caller.parameter("id") {
        return Ok(Selector::Id(id.to_owned()));
    }
    Err(nothing_given("params", &Object::new(), "email, refresh_token or id"))
}

/// A code that is answered and sent to nobody.
async fn magic_code(caller: Caller, body: Body) -> ApiResult {
    let app = caller.admin().await?;
    let email = required_email(&body::read(&caller.headers, body).await?)?;
    let code = app.instant.make_magic_code(&email).await?;
    Ok(response::ok(&json!({ "code": code })))
}

async fn send_magic_code(caller: Caller, body: Body) -> ApiResult {
    let app = caller.admin().await?;
    let email = required_email(&body::read(&caller.headers, body).await?)?;
    let code = app.instant.send_magic_code(&email).await?;
    Ok(response::ok(&json!({ "code": code })))
}

async fn verify_magic_code(caller: Caller, body: Body) -> ApiResult {
    let app = caller.admin().await?;
    let body = body::read(&caller.headers, body).await?;
    let extra = body::optional_object(&body, "extra-fields")?.cloned().unwrap_or_default();
    let sign_in = SignIn {
        email: required_email(&body)?,
        code: body::text(&body, "code")?.to_owned(),
        guest_token: body::optional_text(&body, "refresh-token")?.map(str::to_owned),
        new: NewUser::by_admin(extra),
    };
    let signed_in = app.instant.sign_in(sign_in).await?;
    Ok(response::ok(&signed_in.to_json(app.id())))
}

async fn sign_in_guest(caller: Caller, body: Body) -> ApiResult {
    let app = caller.admin().await?;
    let body = body::read(&caller.headers, body).await?;
    let extra = body::optional_object(&body, "extra-fields")?.cloned().unwrap_or_default();
    let signed_in = app.instant.sign_in_guest(NewUser::by_admin(extra)).await?;
    Ok(response::ok(&json!({ "user": signed_in.user_json(app.id()) })))
}

pub(super) fn required_email(body: &Object) -> Result<String, Error> {
    body::optional_email(body, "email")?.ok_or_else(|| Error::missing(&["body", "email"]))
}

fn nothing_given(data_type: &str, input: &Object, wanted: &str) -> Error {
    let message = format!("Please provide {wanted}.");
    Error::validation(data_type, &Value::Object(input.clone()), &message)
}
