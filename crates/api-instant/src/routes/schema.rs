//! `/admin/schema`, `/dash/apps/<id>/schema/…` and their likes: the schema read, planned and pushed.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::routing::{get, post};
use ketch_app::Apps;
use ketch_instant::Error;
use ketch_instant::schema::{Definition, GRACE_DAYS, JobKind, Keys, Push};
use ketch_model::{Object, Value};
use serde_json::json;

use crate::body;
use crate::caller::Caller;
use crate::error::ApiResult;
use crate::response;

pub(super) fn router() -> Router<Arc<Apps>> {
    let mut router = Router::new()
        .route("/admin/schema", get(of_admin))
        .route("/admin/soft_deleted_attrs", get(soft_deleted))
        .route("/dash/apps/{app_id}/schema/pull", get(pull))
        .route("/superadmin/apps/{app_id}/schema", get(shown))
        .route("/dash/apps/{app_id}/indexing-jobs", post(run_job))
        .route("/dash/apps/{app_id}/indexing-jobs/{job}", get(job))
        .route("/dash/apps/{app_id}/indexing-jobs/group/{group}", get(job_group));
    for prefix in ["/dash", "/superadmin"] {
        router = router
            .route(&format!("{prefix}/apps/{{app_id}}/schema/push/plan"), post(plan))
            .route(&format!("{prefix}/apps/{{app_id}}/schema/push/apply"), post(apply))
            .route(&format!("{prefix}/apps/{{app_id}}/schema/steps/apply"), post(apply_steps));
    }
    router
}

async fn of_admin(caller: Caller) -> ApiResult {
    let app = caller.admin().await?;
    Ok(response::ok(&json!({ "schema": app.instant.schema_json(Keys::Hyphens) })))
}

async fn soft_deleted(caller: Caller) -> ApiResult {
    let app = caller.admin().await?;
    let attrs = app.instant.deleted_attrs().await?;
    Ok(response::ok(&json!({ "attrs": attrs, "grace-period-days": GRACE_DAYS })))
}

async fn pull(caller: Caller, Path(id): Path<String>) -> ApiResult {
    let app = caller.manager_of(&id).await?;
    let title = app.identity().await?.title;
    Ok(response::ok(&json!({
        "schema": app.instant.schema_json(Keys::Vector),
        "attrs": app.instant.attrs_json(),
        "app-title": title,
    })))
}

async fn shown(caller: Caller, Path(id): Path<String>) -> ApiResult {
    let app = caller.manager_of(&id).await?;
    Ok(response::ok(&json!({ "schema": app.instant.schema_json(Keys::Vector) })))
}

async fn plan(caller: Caller, Path(id): Path<String>, body: Body) -> ApiResult {
    let app = caller.manager_of(&id).await?;
    let (definition, push) = pushed(&body::read(&caller.headers, body).await?)?;
    Ok(response::ok(&app.instant.plan_push(&definition, push)?.into()))
}

async fn apply(caller: Caller, Path(id): Path<String>, body: Body) -> ApiResult {
    let app = caller.manager_of(&id).await?;
    let (definition, push) = pushed(&body::read(&caller.headers, body).await?)?;
    Ok(response::ok(&app.instant.push(app.id(), definition, push).await?.into()))
}

/// What the body of a push says.
fn pushed(body: &Object) -> Result<(Definition, Push), Error> {
    let definition = match body.get("schema") {
        None | Some(Value::Null) => return Err(Error::missing(&["body", "schema"])),
        Some(schema) => Definition::parse(schema)?,
    };
    let push = Push {
        check_types: body::optional_flag(body, "check_types")?.unwrap_or(true),
        background_updates: body::optional_flag(body, "supports_background_updates")?.unwrap_or_default(),
    };
    Ok((definition, push))
}

async fn apply_steps(caller: Caller, Path(id): Path<String>, body: Body) -> ApiResult {
    let app = caller.manager_of(&id).await?;
    let mut body = body::read(&caller.headers, body).await?;
    let steps = match body.remove("steps") {
        None | Some(Value::Null) => return Err(Error::missing(&["body", "steps"]).into()),
        Some(Value::Array(steps)) => steps,
        Some(other) => return Err(Error::malformed(&["body", "steps"], &other).into()),
    };
    Ok(response::ok(&app.instant.apply_schema_steps(app.id(), steps).await?.into()))
}

async fn run_job(caller: Caller, Path(id): Path<String>, body: Body) -> ApiResult {
    let app = caller.manager_of(&id).await?;
    let body = body::read(&caller.headers, body).await?;
    let attr = body::text(&body, "attr-id")?;
    let kind = JobKind::parse(body::text(&body, "job-type")?, body.get("checked-data-type"))?;
    let job = app.instant.run_indexing_job(app.id(), attr, kind).await?;
    Ok(response::ok(&json!({ "job": job })))
}

async fn job(caller: Caller, Path((id, job)): Path<(String, String)>) -> ApiResult {
    let app = caller.manager_of(&id).await?;
    Ok(response::ok(&json!({ "job": app.instant.indexing_job(&job).await? })))
}

async fn job_group(caller: Caller, Path((id, group)): Path<(String, String)>) -> ApiResult {
    let app = caller.manager_of(&id).await?;
    Ok(response::ok(&json!({ "jobs": app.instant.indexing_jobs(&group).await? })))
}
