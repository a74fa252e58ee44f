//! `POST …/auth-refresh`

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use ketch_app::App;
use ketch_web::client;

use super::answer;
use crate::body::{self, DEFAULT_LIMIT};
use crate::error::ApiResult;
use crate::request::{Caller, find_collection};

pub async fn auth_refresh(
    State(app): State<Arc<App>>,
    Path(collection): Path<String>,
    caller: Caller,
    body: Body,
) -> ApiResult {
    let collection = find_collection(&app, &collection)?;
    let record = caller.require_session_of(&collection)?;
    let mut request = caller.request_info("default");
    request.body = body::read(body, &caller.headers, DEFAULT_LIMIT).await?.data;
    let token = client::bearer_token(&caller.headers).unwrap_or_default();
    let session = app.auth.refresh(record, token, &request).await?;
    answer::session(&app, &caller, session).await
}
