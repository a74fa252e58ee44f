//! `/dash/apps/<id>/auth` and the test users of an app.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::routing::get;
use ketch_app::Apps;
use serde_json::json;

use super::users::required_email;
use crate::body;
use crate::caller::Caller;
use crate::error::ApiResult;
use crate::response;

pub(super) fn router() -> Router<Arc<Apps>> {
    Router::new()
        .route("/dash/apps/{app_id}/auth", get(settings))
        .route("/dash/apps/{app_id}/test_users", get(list).post(save).delete(delete))
}

/// Providers and origins have no place of their own here yet.
async fn settings(caller: Caller, Path(id): Path<String>) -> ApiResult {
    let app = caller.manager_of(&id).await?;
    let sender = app.settings.current().meta.sender_address.clone();
    Ok(response::ok(&json!({
        "oauth_service_providers": [],
        "oauth_clients": [],
        "authorized_redirect_origins": [],
        "default_sender_email": sender,
    })))
}

async fn list(caller: Caller, Path(id): Path<String>) -> ApiResult {
    let app = caller.manager_of(&id).await?;
    Ok(response::ok(&json!({ "test_users": app.instant.test_users().await? })))
}

async fn save(caller: Caller, Path(id): Path<String>, body: Body) -> ApiResult {
    let app = caller.manager_of(&id).await?;
    let body = body::read(&caller.headers, body).await?;
    let user = app.instant.save_test_user(&required_email(&body)?, body::text(&body, "code")?).await?;
    Ok(response::ok(&json!({ "test_user": user })))
}

async fn delete(caller: Caller, Path(id): Path<String>, body: Body) -> ApiResult {
    let app = caller.manager_of(&id).await?;
    let body = body::read(&caller.headers, body).await?;
    let user = app.instant.delete_test_user(body::text(&body, "id")?).await?;
    Ok(response::ok(&json!({ "test_user": user })))
}
