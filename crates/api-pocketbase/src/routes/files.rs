//! `/api/files`: stored files and the tokens that open protected ones.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, HeaderValue};
use ketch_app::App;
use ketch_auth::TokenKind;
use ketch_query::RequestInfo;
use ketch_records::stored_files::{Blob, BlobContent};
use ketch_web::content::{self, Content, Opened};
use ketch_web::front::MayBeFramed;
use serde_json::json;

use crate::error::ApiResult;
use crate::query_params::parse_bool;
use crate::request::{Caller, find_collection, superuser_ip_allowed};
use crate::response;

const POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; media-src 'self'; style-src 'unsafe-inline'; sandbox");
const CACHED: HeaderValue = HeaderValue::from_static("max-age=2592000, stale-while-revalidate=86400");

/// Types that browsers may show in the page's place; everything else is a download.
const INLINE: &[&str] = &[
    "image/png",
    "image/jpg",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/x-icon",
    "image/bmp",
    "video/webm",
    "video/mp4",
    "video/3gpp",
    "video/quicktime",
    "video/x-ms-wmv",
    "audio/basic",
    "audio/aiff",
    "audio/mpeg",
    "audio/midi",
    "audio/mp3",
    "audio/wave",
    "audio/wav",
    "audio/x-wav",
    "audio/x-mpeg",
    "audio/x-m4a",
    "audio/aac",
    "application/pdf",
    "application/x-pdf",
];

/// Types that a file's bytes do not tell.
const BY_EXTENSION: &[(&str, &str)] = &[
    (".svg", "image/svg+xml"),
    (".css", "text/css"),
    (".js", "text/javascript"),
    (".mjs", "text/javascript"),
    (".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    (".pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
];

pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/api/files/token", post(token))
        .route("/api/files/{collection}/{record}/{name}", get(download))
}

async fn token(State(app): State<Arc<App>>, caller: Caller) -> ApiResult {
    let token = app.auth.token_for(caller.require_auth()?, TokenKind::File, None, false)?;
    response::json(&json!({ "token": token }), &caller)
}

async fn download(
    State(app): State<Arc<App>>,
    Path((collection, record, name)): Path<(String, String, String)>,
    caller: Caller,
) -> ApiResult {
    let collection = find_collection(&app, &collection)?;
    let request = viewer(&app, &caller).await;
    let thumb = caller.query.text("thumb");
    let file = app.records.open_file(&collection, &record, &name, thumb, &request).await?;
    let (name, stored) = (file.name, file.blob);
    // A name tells what the bytes cannot; the stored type still decides whether to show or to save.
    let stored_type = stored.attributes.content_type.clone();
    let is_inline = INLINE.contains(&stored_type.as_str());
    let by_extension = BY_EXTENSION.iter().find(|(extension, _)| name.ends_with(extension));
    let content_type = by_extension.map_or_else(|| stored_type.clone(), |(_, known)| (*known).to_owned());
    let forced = parse_bool(caller.query.text("download")).unwrap_or(false);
    let mut response = respond(&caller, stored, content_type, &name, is_inline && !forced);
    response.extensions_mut().insert(MayBeFramed);
    Ok(response)
}

/// Answers with a stored file under a name, whole or in part.
pub(super) fn respond(
    caller: &Caller,
    stored: Blob,
    content_type: String,
    name: &str,
    is_inline: bool,
) -> Response {
    let opened = Opened {
        content: match stored.content {
            BlobContent::Memory(bytes) => Content::Memory(bytes),
            BlobContent::File(file) => Content::File(file),
            BlobContent::Stream(reader) => Content::Reader(Box::new(reader)),
        },
        size: stored.size,
        modified: Some(stored.modified),
        content_type,
    };
    with_headers(content::respond(&caller.method, &caller.headers, opened), name, is_inline)
}

fn with_headers(mut response: Response, name: &str, is_inline: bool) -> Response {
    let is_error = response.status().is_client_error();
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    if !is_error {
        headers.insert(CACHE_CONTROL, CACHED);
    }
    let disposition = if is_inline { "inline" } else { "attachment" };
    if let Ok(value) = HeaderValue::try_from(format!("{disposition}; filename=\"{name}\"")) {
        headers.insert(CONTENT_DISPOSITION, value);
    }
    response
}

/// The request on behalf of the holder of the `token` parameter, or of a guest without one. The
/// `Authorization` header means nothing here: links in pages do not carry it.
async fn viewer(app: &App, caller: &Caller) -> RequestInfo {
    let token = caller.query.text("token");
    let holder = if token.is_empty() { None } else { app.auth.find_by_token(token, TokenKind::File).await };
    let superuser_ips = &app.settings.current().superuser_ips;
    let holder = holder.map(|(record, _)| record).filter(|record| {
        !record.collection.is_superusers() || superuser_ip_allowed(superuser_ips, &caller.real_ip)
    });
    RequestInfo { auth: holder.map(Arc::new), ..caller.request_info("protectedFile") }
}
