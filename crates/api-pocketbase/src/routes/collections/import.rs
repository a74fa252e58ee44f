//! `PUT /api/collections/import`

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use ketch_app::App;
use ketch_model::error::Invalid;
use ketch_model::{Error, Object, Value};

use crate::body;
use crate::error::{ApiError, ApiResult};
use crate::request::Caller;
use crate::response;

const UNREADABLE: &str = "An error occurred while loading the submitted data.";

pub async fn import(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    caller: Caller,
    body: Body,
) -> ApiResult {
    if name != "import" {
        return Err(ApiError::not_found(""));
    }
    caller.require_superuser()?;
    let submitted = body::read(body, &caller.headers, body::DEFAULT_LIMIT)
        .await
        .map_err(|error| if error.0.message.is_empty() { error.or_bad_request(UNREADABLE) } else { error })?;
    let list = objects(submitted.get("collections"))?;
    let delete_missing = submitted.bool("deleteMissing")?;
    if list.is_empty() {
        let error = Error::bad_request("An error occurred while validating the submitted data.");
        return Err(error.with_field("collections", Invalid::required()).into());
    }
    app.collections.import(list, delete_missing).await?;
    Ok(response::no_content())
}

/// The list of collections; absent and `null` are empty.
fn objects(value: Option<&Value>) -> Result<Vec<Object>, Error> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| item.as_object().cloned().ok_or_else(|| Error::bad_request(UNREADABLE)))
            .collect(),
        Some(_) => Err(Error::bad_request(UNREADABLE)),
    }
}
