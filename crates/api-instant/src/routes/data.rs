//! `/admin/query`, `/admin/transact` and their dry runs.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::routing::post;
use ketch_app::Apps;
use ketch_instant::Error;
use ketch_instant::query::Everything;
use ketch_instant::transact::{self, Options, Step};
use ketch_model::{Object, Value};
use serde_json::json;

use crate::body;
use crate::caller::Caller;
use crate::error::ApiResult;
use crate::response;

pub(super) fn router() -> Router<Arc<Apps>> {
    Router::new().route("/admin/query", post(query)).route("/admin/transact", post(transact))
}

async fn query(caller: Caller, body: Body) -> ApiResult {
    let app = caller.admin().await?;
    let body = body::read(&caller.headers, body).await?;
    let query = match body.get("query") {
        None | Some(Value::Null) => return Err(Error::missing(&["body", "query"]).into()),
        Some(query @ Value::Object(_)) => query,
        Some(other) => return Err(Error::malformed(&["body", "query"], other).into()),
    };
    let answer = app.instant.query(query, flag(&body, "inference?")?, Everything).await?;
    Ok(response::bytes(answer.tree))
}

async fn transact(caller: Caller, body: Body) -> ApiResult {
    let app = caller.admin().await?;
    let body = body::read(&caller.headers, body).await?;
    let steps = steps(&body)?;
    let options = Options { throw_on_missing_attrs: flag(&body, "throw-on-missing-attrs?")? };
    let committed = app.instant.transact(steps, options).await?;
    Ok(response::ok(&json!({ "tx-id": committed.number })))
}

/// The steps of a transaction.
fn steps(body: &Object) -> Result<Vec<Step>, Error> {
    match body.get("steps") {
        None | Some(Value::Null) => Err(Error::missing(&["body", "steps"])),
        Some(Value::Array(steps)) => Ok(transact::parse(steps)?),
        Some(other) => Err(Error::malformed(&["body", "steps"], other)),
    }
}

/// A flag under a key of a body; missing and null are off.
fn flag(body: &Object, key: &str) -> Result<bool, Error> {
    match body.get(key) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(other) => Err(Error::malformed(&["body", key], other)),
    }
}
