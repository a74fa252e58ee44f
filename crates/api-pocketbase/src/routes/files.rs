//! `/api/files`: stored files and the tokens that open protected ones.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::{get, post};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, HeaderValue};
use ketch_app::App;
use ketch_auth::TokenKind;
use ketch_files::{BlobContent, BlobError};
use ketch_model::fields::file::FileOptions;
use ketch_model::{Collection, CollectionKind, Error, FieldKind, Record, Value};
use ketch_web::content::{self, Content, Opened};
use ketch_web::front::MayBeFramed;
use serde_json::json;

use crate::error::{ApiError, ApiResult};
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
    // Every refusal is the same 404: it must not tell whether the file exists.
    let missing = || ApiError::not_found("");
    let record = app.records.find_by_id(&collection, &record).await?.ok_or_else(missing)?;
    let field = file_field(&record, &name).ok_or_else(missing)?;
    if field.protected && !may_view(&app, &record, &caller).await? {
        return Err(missing());
    }
    let (folder, owner) = place(&app, &record, &name).await?.ok_or_else(missing)?;
    let stored = match app.files.open(&folder, &owner, &name).await {
        Ok(stored) => stored,
        Err(BlobError::NotFound | BlobError::InvalidKey(_)) => return Err(missing()),
        Err(error) => return Err(Error::internal(error).into()),
    };
    // A name tells what the bytes cannot; the stored type still decides whether to show or to save.
    let stored_type = stored.attributes.content_type;
    let is_inline = INLINE.contains(&stored_type.as_str());
    let by_extension = BY_EXTENSION.iter().find(|(extension, _)| name.ends_with(extension));
    let opened = Opened {
        content: match stored.content {
            BlobContent::Memory(bytes) => Content::Memory(bytes),
            BlobContent::Stream(reader) => Content::Reader(Box::new(reader)),
        },
        size: stored.size,
        modified: Some(stored.modified),
        content_type: by_extension.map_or(stored_type, |(_, known)| (*known).to_owned()),
    };
    let forced = parse_bool(caller.query.text("download")).unwrap_or(false);
    let response = content::respond(&caller.method, &caller.headers, opened);
    Ok(with_headers(response, &name, is_inline && !forced))
}

fn with_headers(mut response: Response, name: &str, is_inline: bool) -> Response {
    response.extensions_mut().insert(MayBeFramed);
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

/// The file field of a record that names this file.
fn file_field<'a>(record: &'a Record, name: &str) -> Option<&'a FileOptions> {
    record.collection.fields.iter().zip(&record.values).find_map(|(field, value)| match &field.kind {
        FieldKind::File(options) if names(value, name) => Some(options),
        _ => None,
    })
}

fn names(value: &Value, name: &str) -> bool {
    match value {
        Value::String(text) => !text.is_empty() && text == name,
        Value::Array(list) => list.iter().any(|item| item.as_str() == Some(name)),
        _ => false,
    }
}

/// Whether the holder of the `token` parameter, or a guest without one, may view the record. The
/// `Authorization` header means nothing here: links in pages do not carry it.
async fn may_view(app: &App, record: &Record, caller: &Caller) -> Result<bool, ApiError> {
    let holder = app.auth.find_by_token(caller.query.text("token"), TokenKind::File).await;
    let mut request = caller.request_info("protectedFile");
    request.auth = holder.map(|(record, _)| Arc::new(record));
    if request.is_superuser() {
        return Ok(superuser_ip_allowed(&app.settings.current().superuser_ips, &caller.real_ip));
    }
    match &record.collection.view_rule {
        None => Ok(false),
        // A rule that cannot be decided opens nothing.
        Some(rule) => Ok(app.records.satisfies(record, rule, &request).await.unwrap_or(false)),
    }
}

/// Collection id and record id under which the file lies. A view shows files of the tables that it
/// selects from: of the record that has the row's id.
async fn place(app: &App, record: &Record, name: &str) -> Result<Option<(String, String)>, ApiError> {
    let CollectionKind::View { query } = &record.collection.kind else {
        return Ok(Some((record.collection.id.clone(), record.id().to_owned())));
    };
    let schema = app.records.schema();
    let has_files = |collection: &Collection| {
        collection.fields.iter().any(|field| matches!(field.kind, FieldKind::File(_)))
    };
    let sources = schema
        .collections()
        .iter()
        .filter(|source| !source.is_view() && query.contains(&source.name) && has_files(source));
    for source in sources {
        if let Some(owner) = app.records.find_by_id(source, record.id()).await?
            && file_field(&owner, name).is_some()
        {
            return Ok(Some((source.id.clone(), owner.id().to_owned())));
        }
    }
    Ok(None)
}
