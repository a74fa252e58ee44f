//! Webhooks: managed with an app's admin token; what a delivery is about, for whoever got it.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::routing::{get, post};
use ketch_app::{App, Apps, is_canonical_uuid};
use ketch_instant::Error;
use ketch_instant::webhooks::{Submission, Webhooks};
use ketch_model::Value;
use ketch_web::client;
use serde_json::json;

use crate::body;
use crate::caller::Caller;
use crate::error::ApiResult;
use crate::response;

pub(super) fn router() -> Router<Arc<Apps>> {
    Router::new()
        .route("/dash/apps/{app_id}/webhooks", get(list).post(create))
        .route("/dash/apps/{app_id}/webhooks/{webhook_id}", post(update).delete(delete))
        .route("/dash/apps/{app_id}/webhooks/{webhook_id}/enable", post(enable))
        .route("/dash/apps/{app_id}/webhooks/{webhook_id}/disable", post(disable))
        .route("/dash/apps/{app_id}/webhooks/{webhook_id}/events", get(events))
        .route("/dash/apps/{app_id}/webhooks/{webhook_id}/events/{*isn}", get(event).post(resend))
        .route("/webhooks/payload/{app_id}/{webhook_id}/{*isn}", get(payload))
        .route("/.well-known/webhooks/jwks.json", get(keys))
}

type OfApp = Path<String>;
type OfWebhook = Path<(String, String)>;
type OfEvent = Path<(String, String, String)>;

fn webhook(webhook: &Value) -> ApiResult {
    Ok(response::ok(&json!({ "webhook": webhook })))
}

/// The app of who may manage it. Ids of webhooks are UUIDs.
async fn managed(caller: &Caller, app_id: &str, webhook_id: &str) -> Result<Arc<App>, Error> {
    let app = caller.manager_of(app_id).await?;
    check_id(webhook_id)?;
    Ok(app)
}

fn check_id(webhook_id: &str) -> Result<(), Error> {
    if is_canonical_uuid(webhook_id) {
        return Ok(());
    }
    Err(Error::malformed(&["params", "webhook_id"], &webhook_id.into()))
}

async fn list(Path(app_id): OfApp, caller: Caller) -> ApiResult {
    let app = caller.manager_of(&app_id).await?;
    Ok(response::ok(&json!({ "webhooks": app.webhooks.list() })))
}

async fn create(Path(app_id): OfApp, caller: Caller, body: Body) -> ApiResult {
    let app = caller.manager_of(&app_id).await?;
    let body = body::read(&caller.headers, body).await?;
    webhook(&app.webhooks.create(Submission::parse(&body, true)?, caller.origin(&app)).await?)
}

async fn update(Path((app_id, id)): OfWebhook, caller: Caller, body: Body) -> ApiResult {
    let app = managed(&caller, &app_id, &id).await?;
    let body = body::read(&caller.headers, body).await?;
    webhook(&app.webhooks.update(&id, Submission::parse(&body, false)?, caller.origin(&app)).await?)
}

async fn delete(Path((app_id, id)): OfWebhook, caller: Caller) -> ApiResult {
    let app = managed(&caller, &app_id, &id).await?;
    webhook(&app.webhooks.delete(&id).await?)
}

async fn enable(Path((app_id, id)): OfWebhook, caller: Caller, body: Body) -> ApiResult {
    let app = managed(&caller, &app_id, &id).await?;
    // Read, though nothing is in it: a connection with a body left in it cannot go on.
    body::read(&caller.headers, body).await?;
    webhook(&app.webhooks.enable(&id).await?)
}

async fn disable(Path((app_id, id)): OfWebhook, caller: Caller, body: Body) -> ApiResult {
    let app = managed(&caller, &app_id, &id).await?;
    let body = body::read(&caller.headers, body).await?;
    let reason = body::optional_text(&body, "reason")?.map(str::to_owned);
    webhook(&app.webhooks.disable(&id, reason).await?)
}

async fn events(Path((app_id, id)): OfWebhook, caller: Caller) -> ApiResult {
    let app = managed(&caller, &app_id, &id).await?;
    let page = app.webhooks.events(&id, caller.parameter("after")).await?;
    Ok(response::ok(&json!({
        "events": page.events,
        "pageInfo": { "startCursor": page.first, "endCursor": page.last, "hasNextPage": page.has_more },
    })))
}

async fn event(Path((app_id, id, isn)): OfEvent, caller: Caller) -> ApiResult {
    let app = managed(&caller, &app_id, &id).await?;
    Ok(response::ok(&json!({ "event": app.webhooks.event(&id, &isn).await? })))
}

async fn resend(Path((app_id, id, isn)): OfEvent, caller: Caller, body: Body) -> ApiResult {
    let app = managed(&caller, &app_id, &id).await?;
    body::read(&caller.headers, body).await?;
    Ok(response::ok(&json!({ "event": app.webhooks.resend(&id, &isn).await? })))
}

/// The records of a delivery: for who shows its token, or manages the app.
async fn payload(Path((app_id, id, isn)): OfEvent, caller: Caller) -> ApiResult {
    let token = client::bearer_token(&caller.headers).filter(|token| Webhooks::is_token_like(token));
    let app = match token {
        None => managed(&caller, &app_id, &id).await?,
        Some(token) => {
            // Whether there is such an app is nothing that a wrong token tells.
            let wrong = || Error::not_found("webhook-token", json!({ "app-id": app_id }));
            check_id(&id)?;
            let app_id = app_id.to_ascii_lowercase();
            let app = caller.app_with_id(&app_id).await.map_err(|_| wrong())?;
            if !app.webhooks.is_token(&id, &isn, token).await? {
                return Err(wrong().into());
            }
            app
        }
    };
    Ok(response::bytes(app.webhooks.payload(&id, &isn).await?.into_bytes()))
}

/// The keys that deliveries of all apps are signed with.
async fn keys(caller: Caller) -> ApiResult {
    Ok(response::ok(&caller.apps.main().webhooks.keys().await?))
}
