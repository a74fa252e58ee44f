//! A folder of static files, as web sites are published.

use std::io;
use std::path::{Component, Path, PathBuf};

use axum::body::Body;
use axum::response::Response;
use http::header::{HeaderValue, LOCATION};
use http::{HeaderMap, Method, StatusCode};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::content::{Opened, is_absence, respond};
use crate::path;

const INDEX: &str = "index.html";
/// What a `Location` must not hold raw.
const UNSAFE: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>').add(b'?').add(b'\\');

/// Serves the files of a folder. The folder may come into being later.
#[derive(Debug, Clone)]
pub struct Folder {
    root: PathBuf,
    index_fallback: bool,
}

impl Folder {
    /// With `index_fallback` every path that names no file answers the root's `index.html`, for
    /// applications that route in the browser.
    pub fn new(root: PathBuf, index_fallback: bool) -> Self {
        Self { root, index_fallback }
    }

    /// Answers a GET or HEAD for a URL path (escapes unresolved); `None` if there is no such file.
    ///
    /// # Errors
    /// I/O errors other than the absence of a file.
    pub async fn serve(
        &self,
        method: &Method,
        url_path: &str,
        headers: &HeaderMap,
    ) -> io::Result<Option<Response>> {
        if let Some((relative, shown)) = self.resolve(url_path) {
            let slash = shown.ends_with('/');
            if shown.rsplit('/').next() == Some(INDEX) {
                return Ok(Some(redirect(shown.strip_suffix(INDEX).unwrap_or("/"))));
            }
            let full = self.root.join(&relative);
            match tokio::fs::metadata(&full).await {
                Ok(found) if found.is_dir() && !slash => return Ok(Some(redirect(&format!("{shown}/")))),
                Ok(found) if found.is_dir() => {
                    if let Some(opened) = Opened::open(&full.join(INDEX)).await? {
                        return Ok(Some(respond(method, headers, opened)));
                    }
                }
                Ok(found) if found.is_file() && slash => {
                    return Ok(Some(redirect(shown.trim_end_matches('/'))));
                }
                Ok(_) => {
                    if let Some(opened) = Opened::open(&full).await? {
                        return Ok(Some(respond(method, headers, opened)));
                    }
                }
                Err(error) if is_absence(&error) => {}
                Err(error) => return Err(error),
            }
        }
        if !self.index_fallback {
            return Ok(None);
        }
        Ok(Opened::open(&self.root.join(INDEX)).await?.map(|opened| respond(method, headers, opened)))
    }

    /// The path below the root and the path as shown to clients; `None` for what no file can be named.
    fn resolve(&self, url_path: &str) -> Option<(PathBuf, String)> {
        let decoded = path::decode(url_path)?;
        if decoded.contains(['\0', '\\']) {
            return None;
        }
        // Escaped slashes and dots come out of the decoding; nothing may climb above the root.
        if decoded.split('/').any(|segment| segment == "..") {
            return None;
        }
        let shown = path::clean(&decoded).into_owned();
        let relative = Path::new(shown.trim_matches('/')).to_path_buf();
        relative.components().all(|part| matches!(part, Component::Normal(_))).then_some((relative, shown))
    }
}

fn redirect(location: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
    let escaped = utf8_percent_encode(location, UNSAFE).to_string();
    if let Ok(value) = HeaderValue::try_from(escaped) {
        response.headers_mut().insert(LOCATION, value);
    }
    response
}
