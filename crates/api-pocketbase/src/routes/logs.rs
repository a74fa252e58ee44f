//! `/api/logs`: superusers only.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use ketch_app::App;
use ketch_model::{Error, Object, Value};
use ketch_query::fields::FieldPicker;
use ketch_telemetry::logs::{LogEntry, LogQuery};

use crate::error::ApiResult;
use crate::request::Caller;
use crate::response;
use crate::routes::records::list_options;

pub fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/api/logs", get(list).delete(clear))
        .route("/api/logs/stats", get(stats))
        .route("/api/logs/{id}", get(view))
}

async fn list(State(app): State<Arc<App>>, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    let options = list_options(&caller)?;
    let picker = match caller.query.text("fields") {
        "" => None,
        text => Some(FieldPicker::parse(text)?),
    };
    let (page, per_page) = (options.page, options.per_page);
    let found = app
        .telemetry
        .logs
        .list(LogQuery {
            page,
            per_page,
            skip_total: options.skip_total,
            filter: options.filter,
            sort: options.sort,
        })
        .await?;
    let items = found.entries.into_iter().map(entry_json).map(|item| match &picker {
        Some(picker) => picker.apply(item),
        None => item,
    });
    let (total, pages) = match found.total {
        Some(total) => (Value::from(total), Value::from(total.div_ceil(per_page))),
        None => ((-1).into(), (-1).into()),
    };
    let envelope = Object::from_iter([
        ("items".to_owned(), Value::Array(items.collect())),
        ("page".to_owned(), page.into()),
        ("perPage".to_owned(), per_page.into()),
        ("totalItems".to_owned(), total),
        ("totalPages".to_owned(), pages),
    ]);
    let mut body = Vec::with_capacity(16 * 1024);
    ketch_model::json::write(&Value::Object(envelope), &mut body);
    Ok(response::quiet(response::bytes(body)))
}

async fn view(State(app): State<Arc<App>>, Path(id): Path<String>, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    let entry = app.telemetry.logs.find(&id).await?;
    response::json(&entry_json(entry), &caller).map(response::quiet)
}

async fn stats(State(app): State<Arc<App>>, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    let hours = app
        .telemetry
        .logs
        .hours(caller.query.text("filter"))
        .await
        .map_err(|error| Error { message: "Invalid filter format.".into(), ..error })?;
    let counts = hours.into_iter().map(|hour| {
        let pair = [("date".to_owned(), hour.hour.into()), ("total".to_owned(), hour.count.into())];
        Value::Object(Object::from_iter(pair))
    });
    response::json(&Value::Array(counts.collect()), &caller).map(response::quiet)
}

async fn clear(State(app): State<Arc<App>>, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    app.telemetry.logs.clear().await?;
    Ok(response::quiet(response::no_content()))
}

fn entry_json(entry: LogEntry) -> Value {
    let LogEntry { id, created, data, message, level } = entry;
    Value::Object(Object::from_iter([
        ("id".to_owned(), id.into()),
        ("created".to_owned(), created.into()),
        ("data".to_owned(), data),
        ("message".to_owned(), message.into()),
        ("level".to_owned(), level.into()),
    ]))
}
