//! Listing and deleting files.

use axum::body::Body;
use ketch_instant::Error;
use ketch_instant::storage::ListedFile;
use ketch_model::{Object, Value};
use serde_json::json;

use super::filename;
use crate::body;
use crate::caller::Caller;
use crate::error::ApiResult;
use crate::response;

pub(super) async fn list(caller: Caller) -> ApiResult {
    let app = caller.admin().await?;
    // Clients take these five keys and no other.
    let entry = |file: &ListedFile| {
        json!({
            "key": file.key(app.id()),
            "name": file.path,
            "size": file.size,
            "etag": null,
            "last_modified": null,
        })
    };
    let files: Vec<Value> = app.instant.files().await?.iter().map(entry).collect();
    Ok(response::ok(&json!({ "data": files })))
}

pub(super) async fn delete_by_server(caller: Caller) -> ApiResult {
    let (app, viewer) = caller.viewer().await?;
    let asking = (&viewer, &caller.context(&app));
    let deleted = app.instant.delete_files(vec![filename(&caller)?.to_owned()], asking).await?;
    Ok(response::ok(&json!({ "data": { "id": deleted.first() } })))
}

pub(super) async fn delete_by_browser(caller: Caller) -> ApiResult {
    let (app, viewer) = caller.visitor().await?;
    let asking = (&viewer, &caller.context(&app));
    let deleted = app.instant.delete_files(vec![filename(&caller)?.to_owned()], asking).await?;
    Ok(response::ok(&json!({ "data": { "id": deleted.first() } })))
}

pub(super) async fn delete_many(caller: Caller, body: Body) -> ApiResult {
    let (app, viewer) = caller.viewer().await?;
    let body = body::read(&caller.headers, body).await?;
    let asking = (&viewer, &caller.context(&app));
    let deleted = app.instant.delete_files(filenames(&body)?, asking).await?;
    Ok(response::ok(&json!({ "data": { "ids": deleted } })))
}

fn filenames(body: &Object) -> Result<Vec<String>, Error> {
    let place = ["body", "filenames"];
    let given = body.get("filenames").filter(|given| !given.is_null());
    let given = given.ok_or_else(|| Error::missing(&place))?;
    let names = given.as_array().and_then(|names| {
        names.iter().map(|name| name.as_str().map(str::to_owned)).collect::<Option<Vec<String>>>()
    });
    names.ok_or_else(|| Error::malformed(&place, given))
}
