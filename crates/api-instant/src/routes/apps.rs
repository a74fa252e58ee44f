//! Apps: made, listed, renamed, deleted.
//!
//! Whoever has an app's admin token manages that app. Superusers of the main app manage every app,
//! and only they list and make apps; anybody makes apps for some days where the server was started so.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::routing::{get, post};
use ketch_app::{App, Apps, Identity, OpenError, PinnedIdentity, is_canonical_uuid};
use ketch_instant::schema::{Definition, Keys, Push};
use ketch_instant::{Error, Kind};
use ketch_model::time::{self, DateTime};
use ketch_model::{Object, Value};
use serde_json::json;

use crate::body;
use crate::caller::Caller;
use crate::error::{ApiResult, not_open};
use crate::response;

/// Characters that a title may have.
const TITLE_MAX: usize = 200;
const EPHEMERAL_DAYS: i64 = 14;
const MILLISECONDS_OF_A_DAY: i64 = 24 * 3600 * 1000;
/// Apps beside the main one up to which strangers may make more.
const EPHEMERAL_MAX: usize = 1000;

pub(super) fn router() -> Router<Arc<Apps>> {
    Router::new()
        .route("/dash", get(overview))
        .route("/dash/apps", post(create))
        .route("/dash/apps/ephemeral", post(create_ephemeral))
        .route("/dash/apps/ephemeral/{app_id}", get(show_ephemeral))
        .route("/dash/apps/{app_id}", get(show).delete(delete))
        .route("/dash/apps/{app_id}/tokens", post(new_token))
        .route("/dash/apps/{app_id}/rename", post(rename))
        .route("/dash/apps/{app_id}/clear", post(clear))
        .route("/dash/apps/{app_id}/track-import", post(track_import))
        .route("/superadmin/apps", get(list).post(create_by_platform))
        .route("/superadmin/apps/{app_id}", get(show).post(rename).delete(delete))
}

/// An app as clients see it, without its token.
fn app_json(identity: &Identity) -> Value {
    let seconds = |date: &str| time::rfc3339(date).get(..19).map(|text| format!("{text}Z"));
    json!({
        "id": identity.id,
        "title": identity.title,
        "creator_id": null,
        "org_id": null,
        "created_at": seconds(&identity.created),
        "deletion_marked_at": null,
        "status": "active",
    })
}

async fn overview(caller: Caller) -> ApiResult {
    let superuser = caller.operator().await?;
    let identities = caller.apps.identities().await.map_err(|error| not_open(&error))?;
    Ok(response::ok(&json!({
        "apps": identities.iter().map(app_json).collect::<Vec<_>>(),
        "orgs": [],
        "user": { "id": superuser.id(), "email": superuser.text("email") },
    })))
}

async fn list(caller: Caller) -> ApiResult {
    caller.operator().await?;
    let included = caller.parameter("include").unwrap_or_default();
    let includes = |part: &str| included.split(',').any(|name| name.trim() == part);
    let identities = caller.apps.identities().await.map_err(|error| not_open(&error))?;
    let mut apps = Vec::with_capacity(identities.len());
    for identity in &identities {
        let mut json = app_json(identity);
        if let Some(app) = caller.apps.find(&identity.id).await.map_err(|error| not_open(&error))? {
            if includes("schema") {
                json["schema"] = app.instant.schema_json(Keys::Vector);
            }
            if includes("perms") {
                json["perms"] = app.instant.permissions().document().unwrap_or_default();
            }
        }
        apps.push(json);
    }
    Ok(response::ok(&json!({ "apps": apps })))
}

async fn show(caller: Caller, Path(id): Path<String>) -> ApiResult {
    let app = caller.manager_of(&id).await?;
    Ok(response::ok(&json!({ "app": app_json(&app.identity().await?) })))
}

async fn rename(caller: Caller, Path(id): Path<String>, body: Body) -> ApiResult {
    let app = caller.manager_of(&id).await?;
    let title = title(&body::read(&caller.headers, body).await?)?;
    Ok(response::ok(&json!({ "app": app_json(&app.rename(title).await?) })))
}

async fn new_token(caller: Caller, Path(id): Path<String>) -> ApiResult {
    let app = caller.manager_of(&id).await?;
    let identity = app.rotate_admin_token().await?;
    Ok(response::ok(&json!({ "token": identity.admin_token, "app": with_token(&identity) })))
}

async fn clear(caller: Caller, Path(id): Path<String>) -> ApiResult {
    let app = caller.manager_of(&id).await?;
    app.instant.clear().await?;
    Ok(response::ok(&json!({ "app": app_json(&app.identity().await?) })))
}

/// Counted by the original; nobody counts here.
async fn track_import(caller: Caller, Path(id): Path<String>) -> ApiResult {
    caller.manager_of(&id).await?;
    Ok(response::ok(&json!({})))
}

async fn delete(caller: Caller, Path(id): Path<String>) -> ApiResult {
    let app = caller.manager_of(&id).await?;
    let identity = app.identity().await?;
    let id = app.id().to_owned();
    drop(app);
    match caller.apps.delete(&id).await {
        // `false`: somebody else was first.
        Ok(_) => Ok(response::ok(&json!({ "app": app_json(&identity) }))),
        Err(error @ OpenError::MainStays) => {
            Err(Error::validation("app", &id.into(), &error.to_string()).into())
        }
        Err(error) => Err(not_open(&error).into()),
    }
}

/// The command line and the dashboard choose an app's id and token themselves.
async fn create(caller: Caller, body: Body) -> ApiResult {
    caller.operator().await?;
    let body = body::read(&caller.headers, body).await?;
    let uuid = |key: &str| match body::optional_text(&body, key)? {
        Some(text) if !is_canonical_uuid(text.trim()) => Err(Error::malformed(&["body", key], &text.into())),
        text => Ok(text.map(|text| text.trim().to_ascii_lowercase())),
    };
    let pinned = PinnedIdentity {
        id: uuid("id")?,
        admin_token: uuid("admin_token")?,
        title: Some(title(&body)?),
        ..PinnedIdentity::default()
    };
    let rules = body::optional_object(&body, "rules")?.and_then(|rules| rules.get("code"));
    let app = make(&caller, pinned, &body, rules).await?;
    Ok(response::ok(&json!({ "app": with_token(&app.identity().await?) })))
}

async fn create_by_platform(caller: Caller, body: Body) -> ApiResult {
    caller.operator().await?;
    let body = body::read(&caller.headers, body).await?;
    let pinned = PinnedIdentity { title: Some(title(&body)?), ..PinnedIdentity::default() };
    let app = make(&caller, pinned, &body, body.get("perms")).await?;
    let mut json = with_token(&app.identity().await?);
    json["schema"] = app.instant.schema_json(Keys::Vector);
    json["perms"] = app.instant.permissions().document().unwrap_or_default();
    Ok(response::ok(&json!({ "app": json })))
}

async fn create_ephemeral(caller: Caller, body: Body) -> ApiResult {
    if !caller.apps.main().config.ephemeral_apps {
        let message = "This server makes no apps for strangers. Whoever runs it can allow it with `ketch serve --ephemeral-apps`, or make an app with `ketch app create`.";
        return Err(Error::validation("app", &Value::Null, message).into());
    }
    let body = body::read(&caller.headers, body).await?;
    if caller.apps.count().await >= EPHEMERAL_MAX {
        let message = format!("There are {EPHEMERAL_MAX} apps on this server: wait until some have expired.");
        return Err(Error::new(Kind::RateLimited, message, Value::Null).into());
    }
    let expires = time::unix_milliseconds() + EPHEMERAL_DAYS * MILLISECONDS_OF_A_DAY;
    let pinned = PinnedIdentity {
        title: Some(title(&body)?),
        expires: Some(DateTime::from_unix_milliseconds(expires).to_text()),
        ..PinnedIdentity::default()
    };
    let rules = body::optional_object(&body, "rules")?.and_then(|rules| rules.get("code"));
    let app = make(&caller, pinned, &body, rules).await?;
    Ok(response::ok(&json!({ "app": with_token(&app.identity().await?), "expires_ms": expires })))
}

/// For anybody who knows the id; the token is told to the maker only.
async fn show_ephemeral(caller: Caller, Path(id): Path<String>) -> ApiResult {
    let app = caller.app_with_id(&id.trim().to_ascii_lowercase()).await?;
    let identity = app.identity().await?;
    let expires = identity.expires.as_deref().and_then(DateTime::from_text);
    let expires = expires.ok_or_else(|| Error::not_found("app", json!({ "app-id": id })))?;
    Ok(response::ok(&json!({ "app": app_json(&identity), "expires_ms": expires.unix_milliseconds() })))
}

fn with_token(identity: &Identity) -> Value {
    let mut json = app_json(identity);
    json["admin-token"] = identity.admin_token.as_str().into();
    json
}

/// Makes an app with what a body says of its schema and rules. One whose parts are refused does not stay.
async fn make(
    caller: &Caller,
    pinned: PinnedIdentity,
    body: &Object,
    rules: Option<&Value>,
) -> Result<Arc<App>, Error> {
    let definition = match body.get("schema") {
        None | Some(Value::Null) => None,
        Some(schema) => Some(Definition::parse(schema)?),
    };
    let app = match caller.apps.create(pinned).await {
        Ok(app) => app,
        Err(OpenError::Taken(id)) => {
            let hint = json!({ "record-type": "app", "value": id });
            return Err(Error::new(
                Kind::RecordNotUnique,
                format!("There is an app with the id {id} already."),
                hint,
            ));
        }
        Err(error) => return Err(not_open(&error)),
    };
    let Err(refused) = set_up(&app, definition, rules).await else { return Ok(app) };
    let id = app.id().to_owned();
    drop(app);
    if let Err(error) = caller.apps.delete(&id).await {
        tracing::error!(app = id, %error, "an app that could not be set up could not be removed either");
    }
    Err(refused)
}

async fn set_up(app: &App, definition: Option<Definition>, rules: Option<&Value>) -> Result<(), Error> {
    if let Some(definition) = definition {
        let push = Push { check_types: true, background_updates: false };
        app.instant.push(app.id(), definition, push).await?;
    }
    match rules {
        None | Some(Value::Null) => Ok(()),
        Some(rules @ Value::Object(_)) => app.instant.permissions().set(rules).await,
        Some(other) => Err(Error::malformed(&["body", "rules"], other)),
    }
}

fn title(body: &Object) -> Result<String, Error> {
    let title = body::text(body, "title")?.trim();
    if title.is_empty() || title.chars().count() > TITLE_MAX {
        let message = format!("The title of an app has 1 to {TITLE_MAX} characters.");
        return Err(Error::validation("app", &json!({ "title": title }), &message));
    }
    Ok(title.to_owned())
}
