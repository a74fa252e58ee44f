//! The rules of an app, for whoever has its admin token.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, Path};
use axum::routing::{get, post};
use http::request::Parts;
use ketch_app::{App, Apps};
use ketch_instant::Error;
use ketch_model::Value;
use serde_json::json;

use crate::body;
use crate::caller::Caller;
use crate::error::{ApiError, ApiResult};
use crate::response;

pub(super) fn router() -> Router<Arc<Apps>> {
    Router::new()
        .route("/dash/apps/{app_id}/rules", post(set))
        .route("/dash/apps/{app_id}/perms/pull", get(pull))
        .route("/superadmin/apps/{app_id}/perms", get(pull).post(set))
}

/// The app that the path names, of whoever may manage it.
struct Managed {
    caller: Caller,
    app: Arc<App>,
}

impl FromRequestParts<Arc<Apps>> for Managed {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, apps: &Arc<Apps>) -> Result<Self, ApiError> {
        let Path(id) = Path::<String>::from_request_parts(parts, apps)
            .await
            .map_err(|_| Error::missing(&["params", "app_id"]))?;
        let caller = Caller::from_request_parts(parts, apps).await?;
        let app = caller.manager_of(&id).await?;
        Ok(Self { caller, app })
    }
}

async fn set(Managed { caller, app }: Managed, body: Body) -> ApiResult {
    let body = body::read(&caller.headers, body).await?;
    let code = match body.get("code") {
        None | Some(Value::Null) => return Err(Error::missing(&["body", "code"]).into()),
        Some(code @ Value::Object(_)) => code,
        Some(other) => return Err(Error::malformed(&["body", "code"], other).into()),
    };
    app.instant.permissions().set(code).await?;
    app.records.announce();
    Ok(response::ok(&json!({ "rules": { "app_id": app.id(), "code": code } })))
}

async fn pull(Managed { app, .. }: Managed) -> ApiResult {
    Ok(response::ok(&json!({ "perms": app.instant.permissions().document() })))
}
