//! URLs of files, and the files themselves.

use std::sync::Arc;

use axum::extract::Path;
use axum::response::Response;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};
use http::{Method, StatusCode};
use ketch_app::App;
use ketch_instant::storage::{BlobContent, OpenFile};
use ketch_instant::url_key::BadUrl;
use ketch_instant::users::Viewer;
use ketch_model::time;
use ketch_web::content::{self, Content, Opened};
use ketch_web::front::MayBeFramed;
use serde_json::json;

use super::filename;
use crate::caller::Caller;
use crate::error::ApiResult;
use crate::response;

/// A file may be a page of anybody's making: shown under this origin, it may do nothing.
const POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox");
/// What lies at a location never changes.
const CACHED: HeaderValue = HeaderValue::from_static("private, max-age=86400, immutable");

pub(super) async fn url_for_server(caller: Caller) -> ApiResult {
    let (app, viewer) = caller.viewer().await?;
    url(&caller, &app, &viewer).await
}

pub(super) async fn url_for_browser(caller: Caller) -> ApiResult {
    let (app, viewer) = caller.visitor().await?;
    url(&caller, &app, &viewer).await
}

async fn url(caller: &Caller, app: &Arc<App>, viewer: &Viewer) -> ApiResult {
    let location = app.instant.locate_file(filename(caller)?, (viewer, &caller.context(app))).await?;
    let urls = app.instant.file_urls(app.id(), &caller.origin(app)).await?;
    Ok(response::ok(&json!({ "data": location.map(|location| urls.of(&location)) })))
}

pub(super) async fn download(
    Path((app_id, location)): Path<(String, String)>,
    method: Method,
    caller: Caller,
) -> ApiResult {
    let app = caller.app_with_id(&app_id).await?;
    let parameter = |name| caller.parameter(name).unwrap_or_default();
    let key = app.instant.url_key().await?;
    let now = time::unix_milliseconds();
    match key.check(&app_id, &location, parameter("expires"), parameter("signature"), now) {
        Ok(()) => {}
        Err(BadUrl::Forged) => return Ok(refused("The signature of this URL is not good.")),
        Err(BadUrl::Expired) => return Ok(refused("This URL has expired: ask for a new one.")),
    }
    match app.instant.open_file(&location).await? {
        Some(file) => Ok(respond(&method, &caller, file)),
        None => {
            let body = json!({ "type": "record-not-found", "message": "There is no such file any more.", "hint": null });
            Ok(response::with_status(StatusCode::NOT_FOUND, &body))
        }
    }
}

/// Pages and caches look at the status of a file, unlike the clients of the other routes.
fn refused(message: &str) -> Response {
    let body = json!({ "type": "permission-denied", "message": message, "hint": null });
    response::with_status(StatusCode::FORBIDDEN, &body)
}

fn respond(method: &Method, caller: &Caller, file: OpenFile) -> Response {
    let opened = Opened {
        content: match file.blob.content {
            BlobContent::Memory(bytes) => Content::Memory(bytes),
            BlobContent::File(file) => Content::File(file),
            BlobContent::Stream(reader) => Content::Reader(Box::new(reader)),
        },
        size: file.blob.size,
        modified: Some(file.blob.modified),
        content_type: String::new(),
    };
    let mut response = content::respond(method, &caller.headers, opened);
    let is_whole = response.status() == StatusCode::OK;
    let is_part = response.status() == StatusCode::PARTIAL_CONTENT;
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    let is_one_part = is_part && headers.contains_key(http::header::CONTENT_RANGE);
    if let (true, Some(content_type)) = (is_whole || is_one_part, latin1(&file.content_type)) {
        headers.insert(CONTENT_TYPE, content_type);
    }
    if is_whole || is_part {
        headers.insert(CACHE_CONTROL, CACHED);
        if let Some(disposition) = file.content_disposition.as_deref().and_then(latin1) {
            headers.insert(CONTENT_DISPOSITION, disposition);
        }
    }
    response.extensions_mut().insert(MayBeFramed);
    response
}

/// The header whose letters these were.
fn latin1(text: &str) -> Option<HeaderValue> {
    let bytes: Option<Vec<u8>> = text.chars().map(|letter| u8::try_from(letter).ok()).collect();
    HeaderValue::from_bytes(&bytes?).ok()
}
