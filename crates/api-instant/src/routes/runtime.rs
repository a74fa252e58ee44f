//! `/runtime/…`: signing in and out, for apps in browsers. The app's id is in the body.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::routing::post;
use ketch_app::{App, Apps, is_canonical_uuid};
use ketch_instant::Error;
use ketch_instant::users::{NewUser, Selector, SignIn};
use ketch_model::Object;
use serde_json::json;

use super::users::required_email;
use crate::body;
use crate::caller::Caller;
use crate::error::ApiResult;
use crate::response;

pub(super) fn router() -> Router<Arc<Apps>> {
    Router::new()
        .route("/runtime/auth/send_magic_code", post(send_magic_code))
        .route("/runtime/auth/verify_magic_code", post(verify_magic_code))
        .route("/runtime/auth/verify_refresh_token", post(verify_refresh_token))
        .route("/runtime/auth/sign_in_guest", post(sign_in_guest))
        .route("/runtime/signout", post(sign_out))
}

/// The app that a body names.
async fn app_of(caller: &Caller, body: &Object, key: &str) -> Result<Arc<App>, Error> {
    let text = body::text(body, key)?;
    let id = text.trim().to_ascii_lowercase();
    if !is_canonical_uuid(&id) {
        return Err(Error::malformed(&["body", key], &text.into()));
    }
    caller.app_with_id(&id).await
}

async fn send_magic_code(caller: Caller, body: Body) -> ApiResult {
    let body = body::read(&caller.headers, body).await?;
    let email = required_email(&body)?;
    let app = app_of(&caller, &body, "app-id").await?;
    app.instant.send_magic_code(&email).await?;
    Ok(response::ok(&json!({ "sent": true })))
}

async fn verify_magic_code(caller: Caller, body: Body) -> ApiResult {
    let body = body::read(&caller.headers, body).await?;
    let app = app_of(&caller, &body, "app-id").await?;
    let extra = body::optional_object(&body, "extra-fields")?.cloned().unwrap_or_default();
    let sign_in = SignIn {
        email: required_email(&body)?,
        code: body::text(&body, "code")?.to_owned(),
        guest_token: body::optional_text(&body, "refresh-token")?.map(str::to_owned),
        new: NewUser::by_sign_up(extra, caller.context(&app)),
    };
    let signed_in = app.instant.sign_in(sign_in).await?;
    Ok(response::ok(&signed_in.to_json(app.id())))
}

async fn verify_refresh_token(caller: Caller, body: Body) -> ApiResult {
    let body = body::read(&caller.headers, body).await?;
    let app = app_of(&caller, &body, "app-id").await?;
    let token = body::text(&body, "refresh-token")?;
    let user = app.instant.user_of_token(token, &["body", "refresh-token"]).await?;
    let mut json = app.instant.user_json(app.id(), &user);
    json["refresh_token"] = token.into();
    Ok(response::ok(&json!({ "user": json })))
}

async fn sign_in_guest(caller: Caller, body: Body) -> ApiResult {
    let body = body::read(&caller.headers, body).await?;
    let app = app_of(&caller, &body, "app-id").await?;
    let extra = body::optional_object(&body, "extra-fields")?.cloned().unwrap_or_default();
    let signed_in = app.instant.sign_in_guest(NewUser::by_sign_up(extra, caller.context(&app))).await?;
    Ok(response::ok(&json!({ "user": signed_in.user_json(app.id()) })))
}

async fn sign_out(caller: Caller, body: Body) -> ApiResult {
    let body = body::read(&caller.headers, body).await?;
    let app = app_of(&caller, &body, "app_id").await?;
    let token = body::text(&body, "refresh_token")?;
    app.instant.sign_out(Selector::RefreshToken(token.to_owned())).await?;
    Ok(response::ok(&json!({})))
}
