//! Storing files: with a token, or by a URL that takes one upload.

use axum::body::Body;
use axum::extract::Path;
use axum::response::Response;
use ketch_app::is_canonical_uuid;
use ketch_instant::Error;
use ketch_instant::storage::{Content, StoredFile, Upload, UploadRequest};
use ketch_model::attr::is_uuid;
use ketch_web::spool;
use serde_json::json;

use crate::body;
use crate::caller::Caller;
use crate::error::{ApiError, ApiResult};
use crate::response;

/// Letters of an app's id, with which the tickets of upload URLs begin.
const UUID_LENGTH: usize = 36;
/// The type of what comes by a URL without one.
const UNKNOWN_TYPE: &str = "application/octet-stream";

pub(super) async fn by_server(caller: Caller, body: Body) -> ApiResult {
    let (app, viewer) = caller.viewer().await?;
    let upload = app.instant.begin_upload(request(&caller)?, (&viewer, &caller.context(&app))).await?;
    receive(upload, body).await
}

pub(super) async fn by_browser(caller: Caller, body: Body) -> ApiResult {
    let (app, viewer) = caller.visitor().await?;
    let upload = app.instant.begin_upload(request(&caller)?, (&viewer, &caller.context(&app))).await?;
    receive(upload, body).await
}

/// What the headers say of the file.
fn request(caller: &Caller) -> Result<UploadRequest, Error> {
    Ok(UploadRequest {
        path: caller.latin1_header("path").ok_or_else(|| Error::missing(&["headers", "path"]))?,
        content_type: told(caller, "content-type"),
        content_disposition: told(caller, "content-disposition"),
    })
}

/// A header that says something: clients send the words of their languages for nothing.
fn told(caller: &Caller, name: &str) -> Option<String> {
    let text = caller.latin1_header(name)?;
    let says_nothing = matches!(text.trim(), "" | "null" | "undefined");
    (!says_nothing).then_some(text)
}

async fn receive(upload: Upload, body: Body) -> ApiResult {
    let (content, size) = spool::body(body).await.map_err(body::refuse)?;
    let content = match content {
        spool::Content::Memory(bytes) => Content::Memory(bytes),
        spool::Content::File { path, .. } => Content::File(path),
    };
    Ok(answer(&upload.store(content, size).await?))
}

fn answer(stored: &StoredFile) -> Response {
    let StoredFile { id, location_id, size } = stored;
    response::ok(&json!({ "data": { "id": id, "location-id": location_id, "size": size } }))
}

pub(super) async fn url_for_server(caller: Caller, body: Body) -> ApiResult {
    let (app, viewer) = caller.viewer().await?;
    let body = body::read(&caller.headers, body).await?;
    let file = body::text(&body, "filename")?;
    let ticket =
        app.instant.make_upload_ticket(file, &["body", "filename"], (&viewer, &caller.context(&app))).await?;
    Ok(upload_url(&caller.origin(&app), app.id(), &ticket))
}

pub(super) async fn url_for_browser(caller: Caller, body: Body) -> ApiResult {
    let body = body::read(&caller.headers, body).await?;
    let id = body::text(&body, "app_id")?;
    if !is_canonical_uuid(id) {
        return Err(Error::malformed(&["body", "app_id"], &id.into()).into());
    }
    let app = caller.app_with_id(id).await?;
    let viewer = caller.visitor_of(&app).await?;
    let file = body::text(&body, "filename")?;
    let ticket =
        app.instant.make_upload_ticket(file, &["body", "filename"], (&viewer, &caller.context(&app))).await?;
    Ok(upload_url(&caller.origin(&app), app.id(), &ticket))
}

/// The app's id comes with the ticket: whoever uses the URL names no app.
fn upload_url(origin: &str, app_id: &str, ticket: &str) -> Response {
    response::ok(&json!({ "data": format!("{origin}/storage/{app_id}{ticket}/consume-upload-url") }))
}

pub(super) async fn by_url(Path(ticket): Path<String>, caller: Caller, body: Body) -> ApiResult {
    let unknown = || ApiError::from(Error::not_found("app-upload-url", json!({ "upload-id": null })));
    let (app_id, secret) = ticket.split_at_checked(UUID_LENGTH).ok_or_else(unknown)?;
    if !is_uuid(app_id) {
        return Err(unknown());
    }
    let app = caller.app_with_id(app_id).await?;
    let content_type = told(&caller, "content-type").unwrap_or_else(|| UNKNOWN_TYPE.to_owned());
    let upload = app.instant.take_upload_ticket(secret, Some(content_type)).await?;
    receive(upload, body).await
}
