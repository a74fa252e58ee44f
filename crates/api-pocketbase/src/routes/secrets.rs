//! `/api/secrets`: secrets that the server keeps, for superusers. Not a part of PocketBase's API: the
//! routes are those that the documented Python client calls.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::routing::get;
use http::header::{CACHE_CONTROL, HeaderValue};
use ketch_app::App;
use ketch_app::secrets::{NewSecret, Secret};
use ketch_model::Value;
use ketch_model::time::DateTime;
use serde_json::json;

use crate::body::{self, DEFAULT_LIMIT, Submitted};
use crate::error::ApiResult;
use crate::request::Caller;
use crate::response;

pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/api/secrets", get(list).post(create))
        .route("/api/secrets/{key}", get(view).put(update).delete(remove))
}

type AppState = State<Arc<App>>;

async fn list(State(app): AppState, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    let secrets = app.secrets.list().await?;
    let items: Vec<Value> = secrets.iter().map(secret_json).collect();
    response::json(&json!({ "items": items, "total": items.len() }), &caller)
}

async fn view(State(app): AppState, Path(key): Path<String>, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    let value = app.secrets.value(&key).await?;
    let mut answer = response::json(&json!({ "key": key, "value": value }), &caller)?;
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answer)
}

async fn create(State(app): AppState, caller: Caller, body: Body) -> ApiResult {
    let submitted = read(&caller, body).await?;
    let key = submitted.text("key")?.to_owned();
    let env = app.secrets.save(new(key.clone(), &submitted)?).await?;
    response::json(&json!({ "key": key, "env": env, "message": "The secret is stored." }), &caller)
}

async fn update(State(app): AppState, Path(key): Path<String>, caller: Caller, body: Body) -> ApiResult {
    let submitted = read(&caller, body).await?;
    app.secrets.update(new(key.clone(), &submitted)?).await?;
    response::json(&json!({ "key": key, "message": "The secret is changed." }), &caller)
}

async fn remove(State(app): AppState, Path(key): Path<String>, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    app.secrets.delete(&key).await?;
    Ok(response::no_content())
}

/// The body of a superuser's request.
async fn read(caller: &Caller, body: Body) -> ApiResult<Submitted> {
    caller.require_superuser()?;
    body::read(body, &caller.headers, DEFAULT_LIMIT)
        .await
        .map_err(|error| error.or_bad_request("An error occurred while loading the submitted data."))
}

/// Environment and description stay as they are where they are absent or empty.
fn new(key: String, submitted: &Submitted) -> ApiResult<NewSecret> {
    let optional = |name: &str| -> ApiResult<Option<String>> {
        Ok(Some(submitted.text(name)?.to_owned()).filter(|text| !text.is_empty()))
    };
    Ok(NewSecret {
        key,
        value: submitted.text("value")?.to_owned(),
        env: optional("env")?,
        description: optional("description")?,
    })
}

fn secret_json(secret: &Secret) -> Value {
    let date = |milliseconds: i64| DateTime::from_unix_milliseconds(milliseconds).to_text();
    json!({
        "id": secret.id,
        "key": secret.key,
        "masked_value": secret.masked_value,
        "readable": secret.is_readable,
        "env": secret.env,
        "description": secret.description,
        "created": date(secret.created),
        "updated": date(secret.updated),
    })
}
