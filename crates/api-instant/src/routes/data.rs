//! `/admin/query`, `/admin/transact` and their dry runs.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::routing::post;
use ketch_app::{App, Apps};
use ketch_instant::permissions::{Context, RuleBook};
use ketch_instant::transact::{self, Options, Step, Trial};
use ketch_instant::users::Viewer;
use ketch_instant::{Error, Question};
use ketch_model::{Object, Value};
use serde_json::json;

use crate::body;
use crate::caller::Caller;
use crate::error::ApiResult;
use crate::response;

pub(super) fn router() -> Router<Arc<Apps>> {
    Router::new()
        .route("/admin/query", post(query))
        .route("/admin/transact", post(transact))
        .route("/admin/query_perms_check", post(check_query))
        .route("/admin/transact_perms_check", post(check_transact))
}

async fn query(caller: Caller, body: Body) -> ApiResult {
    let (app, viewer) = caller.viewer().await?;
    let body = body::read(&caller.headers, body).await?;
    let question = question(&body, viewer, caller.context(&app))?;
    let urls = app.instant.file_urls(app.id(), &caller.origin(&app)).await?;
    let answer = app.instant.query(question, urls).await?;
    Ok(response::bytes(answer.tree))
}

/// What the rules say of a query.
async fn check_query(caller: Caller, body: Body) -> ApiResult {
    let (app, viewer) = impersonated(&caller).await?;
    let body = body::read(&caller.headers, body).await?;
    let context = overridden(caller.context(&app), &body)?;
    let question = question(&body, viewer, context)?;
    let urls = app.instant.file_urls(app.id(), &caller.origin(&app)).await?;
    let checked = app.instant.check_query(question, rules_override(&body)?, urls).await?;
    let answer = json!({ "result": checked.result, "check-results": checked.checks, "rule-wheres": {} });
    Ok(response::ok(&answer))
}

async fn transact(caller: Caller, body: Body) -> ApiResult {
    let (app, viewer) = caller.viewer().await?;
    let body = body::read(&caller.headers, body).await?;
    let steps = steps(&body)?;
    let options = options(&body)?;
    let committed = app.instant.transact_as(steps, options, &viewer, &caller.context(&app)).await?;
    Ok(response::ok(&json!({ "tx-id": committed.number })))
}

/// What the rules say of a transaction. Nothing stays of it unless that is asked for.
async fn check_transact(caller: Caller, body: Body) -> ApiResult {
    let (app, viewer) = impersonated(&caller).await?;
    let body = body::read(&caller.headers, body).await?;
    let context = overridden(caller.context(&app), &body)?;
    let steps = steps(&body)?;
    let trial = Trial { commits: flag(&body, "dangerously-commit-tx")?, rules: rules_override(&body)? };
    let tried = app.instant.try_transact(steps, options(&body)?, &viewer, &context, trial).await?;
    Ok(response::ok(&json!({
        "tx-id": tried.number,
        "all-checks-ok?": tried.all_passed,
        "committed?": tried.committed,
        "check-results": tried.checks,
    })))
}

/// The app and whom an admin asks the rules for.
async fn impersonated(caller: &Caller) -> Result<(Arc<App>, Viewer), Error> {
    // Rules and records are told in full here: whoever asks has to be an admin, too.
    caller.admin().await?;
    let (app, viewer) = caller.viewer().await?;
    if viewer.is_admin() {
        let message = "Permissions can't be tested as an admin, who may do everything. \
                       Send as-email, as-token or as-guest along.";
        return Err(Error::validation("non-admin", &Value::Null, message));
    }
    Ok((app, viewer))
}

/// The query of a body, and who asks it.
fn question(body: &Object, viewer: Viewer, context: Context) -> Result<Question, Error> {
    let query = match body.get("query") {
        None | Some(Value::Null) => return Err(Error::missing(&["body", "query"])),
        Some(query @ Value::Object(_)) => query.clone(),
        Some(other) => return Err(Error::malformed(&["body", "query"], other)),
    };
    Ok(Question { query, viewer, context, infers: flag(body, "inference?")? })
}

fn options(body: &Object) -> Result<Options, Error> {
    Ok(Options { throw_on_missing_attrs: flag(body, "throw-on-missing-attrs?")? })
}

/// Rules to try in place of the app's; null is none.
fn rules_override(body: &Object) -> Result<Option<Arc<RuleBook>>, Error> {
    match body.get("rules-override") {
        None | Some(Value::Null) => Ok(None),
        Some(rules) => Ok(Some(Arc::new(RuleBook::compile(rules)?))),
    }
}

/// The context with what the body says in its place.
fn overridden(context: Context, body: &Object) -> Result<Context, Error> {
    let ip = body::optional_text(body, "ip-override")?.map(str::to_owned);
    let origin = body::optional_text(body, "origin-override")?.map(str::to_owned);
    Ok(Context { ip: ip.or(context.ip), origin: origin.or(context.origin) })
}

/// The steps of a transaction.
fn steps(body: &Object) -> Result<Vec<Step>, Error> {
    match body.get("steps") {
        None | Some(Value::Null) => Err(Error::missing(&["body", "steps"])),
        Some(Value::Array(steps)) => Ok(transact::parse(steps)?),
        Some(other) => Err(Error::malformed(&["body", "steps"], other)),
    }
}

/// A flag under a key of a body; missing and null are off.
pub(super) fn flag(body: &Object, key: &str) -> Result<bool, Error> {
    match body.get(key) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(other) => Err(Error::malformed(&["body", key], other)),
    }
}
