//! `/admin/storage/…` for servers, `/storage/…` for browsers: the files of an app.

mod download;
mod manage;
mod upload;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post, put};
use ketch_app::Apps;
use ketch_instant::Error;

use crate::caller::Caller;

pub(super) fn router() -> Router<Arc<Apps>> {
    Router::new()
        .route("/admin/storage/upload", put(upload::by_server))
        .route("/admin/storage/files", get(manage::list).delete(manage::delete_by_server))
        .route("/admin/storage/files/delete", post(manage::delete_many))
        .route("/admin/storage/signed-upload-url", post(upload::url_for_server))
        .route("/admin/storage/signed-download-url", get(download::url_for_server))
        .route("/storage/upload", put(upload::by_browser))
        .route("/storage/files", axum::routing::delete(manage::delete_by_browser))
        .route("/storage/signed-upload-url", post(upload::url_for_browser))
        .route("/storage/{ticket}/consume-upload-url", put(upload::by_url))
        .route("/storage/signed-download-url", get(download::url_for_browser))
        .route("/storage/files/{app}/{location}", get(download::download))
}

/// The path of a file in the query.
fn filename(caller: &Caller) -> Result<&str, Error> {
    let name = caller.parameter("filename").ok_or_else(|| Error::missing(&["params", "filename"]))?;
    if name.trim().is_empty() {
        return Err(Error::malformed(&["params", "filename"], &name.into()));
    }
    Ok(name)
}
