//! `/api/_/trace/spans`

use std::sync::Arc;

use axum::extract::{Path, State};
use ketch_app::App;
use ketch_model::Value;
use ketch_model::time::DateTime;
use ketch_telemetry::traces::StoredSpan;
use serde_json::json;

use super::parameters;
use crate::error::ApiResult;
use crate::request::Caller;
use crate::response;

pub async fn list(State(app): State<Arc<App>>, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    let query = parameters::query(&caller)?;
    let (page, per_page) = (query.page, query.per_page);
    let found = app.telemetry.traces.list(query).await?;
    let items: Vec<Value> = found.spans.into_iter().map(span_json).collect();
    let answer = json!({
        "items": items,
        "page": page,
        "perPage": per_page,
        "totalCount": found.total,
        "totalItems": found.total,
        "totalPages": found.total.div_ceil(u64::from(per_page)),
    });
    response::json(&answer, &caller)
}

pub async fn of_trace(State(app): State<Arc<App>>, Path(trace): Path<String>, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    let spans = app.telemetry.traces.of_trace(&trace).await?;
    response::json(&Value::Array(spans.into_iter().map(span_json).collect()), &caller)
}

pub async fn view(
    State(app): State<Arc<App>>,
    Path((trace, span)): Path<(String, String)>,
    caller: Caller,
) -> ApiResult {
    caller.require_superuser()?;
    response::json(&span_json(app.telemetry.traces.find(&trace, &span).await?), &caller)
}

pub async fn delete(State(app): State<Arc<App>>, Path(trace): Path<String>, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    app.telemetry.traces.delete(&trace).await?;
    Ok(response::no_content())
}

pub async fn stats(State(app): State<Arc<App>>, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    let stats = app.telemetry.traces.stats(parameters::filter(&caller)?).await?;
    let names: Vec<Value> = stats
        .names
        .iter()
        .map(|name| {
            json!({
                "name": name.name,
                "count": name.count,
                "errors": name.errors,
                "avgDuration": name.mean_duration,
                "maxDuration": name.longest_duration,
            })
        })
        .collect();
    let answer = json!({
        "total": stats.total,
        "errors": stats.errors,
        "avgDuration": stats.mean_duration,
        "maxDuration": stats.longest_duration,
        "names": names,
    });
    response::json(&answer, &caller)
}

fn span_json(span: StoredSpan) -> Value {
    json!({
        "id": span.id,
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "parentId": span.parent_id,
        "name": span.name,
        "kind": span.kind,
        "startTime": span.start,
        "duration": span.duration,
        "status": span.status,
        "attributes": span.attributes,
        "created": DateTime::from_unix_milliseconds(span.created).to_text(),
    })
}
