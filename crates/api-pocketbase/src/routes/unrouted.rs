//! What no route answers: static files for GET and HEAD, 404 for the rest.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Request};
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderMap, Method};
use ketch_app::App;
use ketch_model::Error;
use ketch_web::client;
use ketch_web::folder::Folder;
use ketch_web::front::temporary_redirect;

use crate::error::{ApiError, ApiResult};
use crate::request::Caller;
use crate::response;

const DASHBOARD: &str = "/_";

/// Answers a request that no route took; never 405, as the original.
pub async fn answer(app: Arc<App>, site: Option<Arc<Folder>>, request: Request) -> Response {
    match find(&app, site.as_deref(), request).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn find(app: &Arc<App>, site: Option<&Folder>, request: Request) -> ApiResult {
    let (mut parts, _) = request.into_parts();
    // Who calls matters here only where superusers are bound to addresses, or requests are counted.
    let settings = app.settings.current();
    let is_restricted = !settings.superuser_ips.is_empty() && client::bearer_token(&parts.headers).is_some();
    if is_restricted || settings.rate_limits.enabled {
        let caller = Caller::from_request_parts(&mut parts, app).await?;
        return serve(&parts, &caller.headers, site).await;
    }
    let headers = std::mem::take(&mut parts.headers);
    let served = serve(&parts, &headers, site).await;
    if served.is_err() && client::bearer_token(&headers).is_some() {
        // For the log, which tells whose request failed.
        parts.headers = headers;
        Caller::from_request_parts(&mut parts, app).await?;
    }
    served
}

async fn serve(parts: &Parts, headers: &HeaderMap, site: Option<&Folder>) -> ApiResult {
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        return Err(ApiError::not_found(""));
    }
    match parts.uri.path() {
        DASHBOARD => {
            return Ok(temporary_redirect(&parts.method, "/_/"));
        }
        // Never the site's: a page of an application must not pass for the dashboard.
        path if path.starts_with("/_/") => return Err(ApiError::not_found("File not found.")),
        _ => {}
    }
    let served = match site {
        Some(site) => site.serve(&parts.method, parts.uri.path(), headers).await.map_err(Error::internal)?,
        None => None,
    };
    served.map(response::quiet).ok_or_else(|| ApiError::not_found("File not found."))
}
