//! `POST /api/settings/apple/generate-client-secret`: superusers only.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::routing::post;
use ketch_app::App;
use ketch_auth::oauth2::AppleSecret;
use ketch_model::{Object, Value};

use crate::body::{self, DEFAULT_LIMIT};
use crate::error::ApiResult;
use crate::request::Caller;
use crate::response;

const NOT_LOADED: &str = "An error occurred while loading the submitted data.";

pub fn router() -> Router<Arc<App>> {
    Router::new().route("/api/settings/apple/generate-client-secret", post(generate))
}

async fn generate(caller: Caller, body: Body) -> ApiResult {
    caller.require_superuser()?;
    let form = body::read(body, &caller.headers, DEFAULT_LIMIT)
        .await
        .map_err(|error| error.or_bad_request(NOT_LOADED))?;
    let secret = AppleSecret {
        client_id: form.text("clientId")?.to_owned(),
        team_id: form.text("teamId")?.to_owned(),
        key_id: form.text("keyId")?.to_owned(),
        private_key: form.text("privateKey")?.to_owned(),
        duration: form.integer("duration")?,
    };
    let answer = Object::from_iter([("secret".to_owned(), Value::String(secret.generate()?))]);
    response::json(&Value::Object(answer), &caller)
}
