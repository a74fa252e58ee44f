//! `/api/backups`: for superusers.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::routing::{delete, get, post};
use http::header::CONTENT_TYPE;
use ketch_app::App;
use ketch_app::backups::{Source, Upload};
use ketch_auth::TokenKind;
use ketch_model::error::Invalid;
use ketch_model::{Error, Value};
use ketch_web::body::ReadError;
use ketch_web::multipart::{Content, Part, Parts};
use serde_json::json;

use super::files;
use crate::body::{self, DEFAULT_LIMIT};
use crate::error::{ApiError, ApiResult};
use crate::request::{Caller, superuser_ip_allowed};
use crate::response;

const NOT_LOADED: &str = "An error occurred while loading the submitted data.";
/// The form field of an archive.
const FILE: &str = "file";
/// How long an archive may take to arrive.
const UPLOAD_PATIENCE: Duration = Duration::from_secs(6 * 60 * 60);

pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/api/backups", get(list).post(create))
        .route(
            "/api/backups/upload",
            // To every other method this is a name like any.
            post(upload)
                .get(|app: AppState, caller: Caller| download(app, named_upload(), caller))
                .delete(|app: AppState, caller: Caller| remove(app, named_upload(), caller)),
        )
        .route("/api/backups/{key}", delete(remove).get(download))
        .route("/api/backups/{key}/restore", post(restore))
}

type AppState = State<Arc<App>>;

fn named_upload() -> Path<String> {
    Path("upload".to_owned())
}

async fn list(State(app): AppState, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    let backups = app.backups.list().await?;
    let items = backups.into_iter().map(
        |backup| json!({ "modified": backup.modified.to_text(), "key": backup.key, "size": backup.size }),
    );
    response::json(&Value::Array(items.collect()), &caller)
}

async fn create(State(app): AppState, caller: Caller, body: Body) -> ApiResult {
    caller.require_superuser()?;
    // As in the original whoever must wait learns that first.
    app.backups.require_idle()?;
    let not_loaded = |error: ApiError| error.or_bad_request(NOT_LOADED);
    let submitted = body::read(body, &caller.headers, DEFAULT_LIMIT).await.map_err(not_loaded)?;
    app.backups.create(submitted.text("name")?.to_owned()).await?;
    Ok(response::no_content())
}

async fn upload(State(app): AppState, caller: Caller, body: Body) -> ApiResult {
    caller.require_superuser()?;
    let Some((name, content)) = read_archive(body, &caller).await? else {
        let error = Error::bad_request("An error occurred while validating the submitted data.");
        return Err(error.with_field(FILE, Invalid::required()).into());
    };
    let (head, source) = match &content {
        Content::Memory(bytes) => (bytes.clone(), Source::Memory(bytes.clone())),
        Content::File { path, head } => (head.clone(), Source::File(path.to_path_buf())),
    };
    app.backups.upload(Upload { name, head, content: source }).await?;
    // A temporary file goes away with it.
    drop(content);
    Ok(response::no_content())
}

/// The first file of the field, `None` for whatever is no such form, as in the original.
async fn read_archive(body: Body, caller: &Caller) -> Result<Option<(String, Content)>, ApiError> {
    let Ok(mut parts) = Parts::new(body, caller.header(CONTENT_TYPE.as_str()), u64::MAX) else {
        return Ok(None);
    };
    parts.allow(UPLOAD_PATIENCE);
    let mut archive = None;
    loop {
        match parts.next().await {
            Ok(Some(Part::File { name, file_name, content, .. })) if name == FILE && archive.is_none() => {
                archive = Some((file_name, content));
            }
            Ok(Some(_)) => {}
            Ok(None) => return Ok(archive),
            Err(ReadError::Temporary(cause)) => return Err(Error::internal(cause).into()),
            Err(ReadError::TooLarge | ReadError::Malformed(_)) => return Ok(None),
        }
    }
}

/// Links in pages do not carry an `Authorization` header: only a superuser's file token counts.
async fn download(State(app): AppState, Path(key): Path<String>, caller: Caller) -> ApiResult {
    let holder = app.auth.find_by_token(caller.query.text("token"), TokenKind::File).await;
    let is_allowed = holder.is_some_and(|(record, _)| {
        let superuser_ips = &app.settings.current().superuser_ips;
        record.collection.is_superusers() && superuser_ip_allowed(superuser_ips, &caller.real_ip)
    });
    if !is_allowed {
        return Err(ApiError::forbidden("Insufficient permissions to access the resource."));
    }
    let stored = app.backups.open(&key).await?;
    let name = key.rsplit('/').next().unwrap_or_default().to_owned();
    let content_type = stored.attributes.content_type.clone();
    Ok(files::respond(&caller, stored, content_type, &name, false))
}

async fn remove(State(app): AppState, Path(key): Path<String>, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    app.backups.delete(&key).await?;
    Ok(response::no_content())
}

async fn restore(State(app): AppState, Path(key): Path<String>, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    app.backups.restore(&key).await?;
    Ok(response::no_content())
}
