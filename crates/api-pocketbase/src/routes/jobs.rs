//! `/api/jobs`: the queue of jobs, for superusers. Not a part of PocketBase's API: the routes of
//! operators are those that the documented Python client calls; those of workers are Ketch's own.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use ketch_app::App;
use ketch_jobs::{Claim, Failure, Job, JobQuery, NewJob, Status};
use ketch_model::error::Invalid;
use ketch_model::time::{self, DateTime};
use ketch_model::{Error, Value};
use serde_json::json;

use crate::body::{self, DEFAULT_LIMIT, Submitted};
use crate::error::{ApiError, ApiResult};
use crate::request::Caller;
use crate::response;

const LIST_DEFAULT: i64 = 20;
const LIST_MAX: i64 = 200;

pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/api/jobs", get(list))
        .route("/api/jobs/enqueue", post(enqueue))
        .route("/api/jobs/claim", post(claim))
        .route("/api/jobs/stats", get(stats))
        .route("/api/jobs/{id}", get(view).delete(remove))
        .route("/api/jobs/{id}/requeue", post(requeue))
        .route("/api/jobs/{id}/complete", post(complete))
        .route("/api/jobs/{id}/fail", post(fail))
        .route("/api/jobs/{id}/extend", post(extend))
}

type AppState = State<Arc<App>>;

async fn list(State(app): AppState, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    let limit =
        parameter(&caller, "limit")?.filter(|number| *number > 0).unwrap_or(LIST_DEFAULT).min(LIST_MAX);
    let offset = parameter(&caller, "offset")?.unwrap_or_default().max(0);
    let query = JobQuery {
        topic: Some(caller.query.text("topic").to_owned()).filter(|topic| !topic.is_empty()),
        status: status(caller.query.text("status"))?,
        limit: u32::try_from(limit).unwrap_or_default(),
        offset: u64::try_from(offset).unwrap_or_default(),
    };
    let page = app.jobs.list(query).await?;
    let items: Vec<Value> = page.jobs.iter().map(job_json).collect();
    let answer = json!({ "items": items, "total": page.total, "limit": limit, "offset": offset });
    response::json(&answer, &caller)
}

async fn view(State(app): AppState, Path(id): Path<String>, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    response::json(&job_json(&app.jobs.find(&id).await?), &caller)
}

async fn enqueue(State(app): AppState, caller: Caller, body: Body) -> ApiResult {
    let submitted = read(&caller, body).await?;
    let new = NewJob {
        topic: submitted.text("topic")?.to_owned(),
        payload: submitted.get("payload").cloned().unwrap_or_default(),
        run_at: moment(&submitted, "run_at")?,
        max_retries: integer(&submitted, "max_retries")?,
    };
    response::json(&job_json(&app.jobs.enqueue(new).await?), &caller)
}

async fn requeue(State(app): AppState, Path(id): Path<String>, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    response::json(&job_json(&app.jobs.requeue(&id).await?), &caller)
}

async fn remove(State(app): AppState, Path(id): Path<String>, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    app.jobs.delete(&id).await?;
    response::json(&json!({ "ok": true }), &caller)
}

/// `running` and `processing` are the same number: the client's document and its server name it differently.
async fn stats(State(app): AppState, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    let stats = app.jobs.stats().await?;
    let answer = json!({
        "pending": stats.pending,
        "running": stats.processing,
        "processing": stats.processing,
        "completed": stats.completed,
        "failed": stats.failed,
        "total": stats.total(),
        "success_rate": stats.success_rate(),
    });
    response::json(&answer, &caller)
}

async fn claim(State(app): AppState, caller: Caller, body: Body) -> ApiResult {
    let submitted = read(&caller, body).await?;
    let claim = Claim {
        topics: topics(&submitted)?,
        limit: integer(&submitted, "limit")?,
        lease_seconds: integer(&submitted, "lease_seconds")?,
    };
    let jobs = app.jobs.claim(claim).await?;
    let items: Vec<Value> = jobs.iter().map(claimed_json).collect();
    response::json(&json!({ "items": items }), &caller)
}

async fn complete(State(app): AppState, Path(id): Path<String>, caller: Caller, body: Body) -> ApiResult {
    let submitted = read(&caller, body).await?;
    response::json(&job_json(&app.jobs.complete(&id, lease(&submitted)?).await?), &caller)
}

async fn fail(State(app): AppState, Path(id): Path<String>, caller: Caller, body: Body) -> ApiResult {
    let submitted = read(&caller, body).await?;
    let failure =
        Failure { error: submitted.text("error")?.to_owned(), retry_in: integer(&submitted, "retry_in")? };
    response::json(&job_json(&app.jobs.fail(&id, lease(&submitted)?, failure).await?), &caller)
}

async fn extend(State(app): AppState, Path(id): Path<String>, caller: Caller, body: Body) -> ApiResult {
    let submitted = read(&caller, body).await?;
    let seconds = integer(&submitted, "lease_seconds")?;
    response::json(&claimed_json(&app.jobs.extend(&id, lease(&submitted)?, seconds).await?), &caller)
}

/// The body of a superuser's request.
async fn read(caller: &Caller, body: Body) -> ApiResult<Submitted> {
    caller.require_superuser()?;
    body::read(body, &caller.headers, DEFAULT_LIMIT)
        .await
        .map_err(|error| error.or_bad_request("An error occurred while loading the submitted data."))
}

fn job_json(job: &Job) -> Value {
    let date = |milliseconds: i64| DateTime::from_unix_milliseconds(milliseconds).to_text();
    json!({
        "id": job.id,
        "topic": job.topic,
        "payload": job.payload,
        "status": job.status.name(),
        "run_at": date(job.run_at),
        "locked_until": job.locked_until.map(date),
        "retries": job.retries,
        "max_retries": job.max_retries,
        "last_error": job.last_error,
        "created": date(job.created),
        "updated": date(job.updated),
    })
}

/// A job as its worker sees it. Nobody else is shown the lease.
fn claimed_json(job: &Job) -> Value {
    let mut claimed = job_json(job);
    claimed["lease"] = json!(job.lease);
    claimed
}

fn lease(submitted: &Submitted) -> ApiResult<&str> {
    match submitted.text("lease")? {
        "" => Err(refused("lease", Invalid::required())),
        lease => Ok(lease),
    }
}

fn topics(submitted: &Submitted) -> ApiResult<Vec<String>> {
    let wrong = || refused("topics", Invalid::new("validation_invalid_value", "Must be a list of topics."));
    match submitted.get("topics") {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(topics)) => {
            topics.iter().map(|topic| topic.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        Some(_) => Err(wrong()),
    }
}

/// A whole number; `None` where it is absent.
fn integer(submitted: &Submitted, name: &str) -> ApiResult<Option<i64>> {
    match submitted.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(_) => {
            let wrong = |_| refused(name, Invalid::new("validation_is_number", "Must be a whole number."));
            submitted.integer(name).map(Some).map_err(wrong)
        }
    }
}

/// Milliseconds since 1970 of a date; `None` where it is absent.
fn moment(submitted: &Submitted, name: &str) -> ApiResult<Option<i64>> {
    let text = submitted.text(name)?;
    if text.is_empty() {
        return Ok(None);
    }
    match DateTime::from_text(&time::parse_date(text)) {
        Some(moment) => Ok(Some(moment.unix_milliseconds())),
        None => Err(refused(name, Invalid::new("validation_invalid_date", "Must be a date."))),
    }
}

fn refused(field: &str, invalid: Invalid) -> ApiError {
    Error::bad_request("An error occurred while validating the submitted data.")
        .with_field(field, invalid)
        .into()
}

fn parameter(caller: &Caller, name: &str) -> ApiResult<Option<i64>> {
    caller.query.integer(name).map_err(|_| {
        let text = caller.query.text(name);
        ApiError::bad_request(format!("The parameter {name} is {text:?}: write a whole number."))
    })
}

/// `running` is what the client's document calls a job that is processed.
fn status(text: &str) -> ApiResult<Option<Status>> {
    if text.is_empty() {
        return Ok(None);
    }
    let name = if text == "running" { Status::Processing.name() } else { text };
    Status::from_name(name).map(Some).ok_or_else(|| {
        let names = Status::ALL.map(Status::name).join(", ");
        ApiError::bad_request(format!("The parameter status is {text:?}: write one of {names}."))
    })
}
