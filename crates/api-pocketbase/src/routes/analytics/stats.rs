//! What superusers learn from events.

use std::sync::Arc;

use axum::extract::State;
use ketch_app::App;
use ketch_model::{Value, json as json_text, time};
use ketch_telemetry::analytics::{Range, TopEntry, Topic};
use serde_json::json;

use crate::error::ApiResult;
use crate::request::Caller;
use crate::response;

const DEFAULT_LIMIT: i64 = 10;
const MOST: i64 = 100;
/// Events are written this often, in nanoseconds, as the documented client reads it.
const FLUSH_INTERVAL: u64 = 3_000_000_000;

fn range(caller: &Caller) -> Range {
    Range::named(caller.query.text("range"), time::unix_milliseconds())
}

fn limit(caller: &Caller) -> ApiResult<u32> {
    let limit = caller.query.integer("limit")?.filter(|limit| *limit > 0).unwrap_or(DEFAULT_LIMIT);
    Ok(u32::try_from(limit.min(MOST)).unwrap_or_default())
}

pub async fn stats(State(app): State<Arc<App>>, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    let stats = app.telemetry.analytics.stats(range(&caller)).await?;
    let date = |index: Option<&ketch_telemetry::analytics::Daily>| index.map(|day| day.date.clone());
    let (start, end) = (date(stats.daily.first()), date(stats.daily.last()));
    let daily: Vec<Value> = stats
        .daily
        .iter()
        .map(|day| json!({ "date": day.date, "pv": day.views, "uv": day.visitors }))
        .collect();
    let answer = json!({
        "summary": {
            "totalPV": stats.views,
            "totalUV": stats.visitors,
            "sessions": stats.sessions,
            "bounceRate": json_text::number(stats.bounce_rate),
            "avgDur": json_text::number(stats.mean_duration),
        },
        "daily": daily,
        "startDate": start,
        "endDate": end,
    });
    response::json(&answer, &caller)
}

pub async fn top_pages(State(app): State<Arc<App>>, caller: Caller) -> ApiResult {
    let pages = top(&app, &caller, Topic::Path).await?;
    let pages = pages
        .into_iter()
        .map(|page| json!({ "path": page.name, "pv": page.views, "visitors": page.visitors }));
    response::json(&json!({ "pages": pages.collect::<Vec<_>>() }), &caller)
}

pub async fn top_sources(State(app): State<Arc<App>>, caller: Caller) -> ApiResult {
    let sources = top(&app, &caller, Topic::Source).await?;
    let sources =
        sources.into_iter().map(|source| json!({ "source": source.name, "visitors": source.visitors }));
    response::json(&json!({ "sources": sources.collect::<Vec<_>>() }), &caller)
}

pub async fn top_events(State(app): State<Arc<App>>, caller: Caller) -> ApiResult {
    let events = top(&app, &caller, Topic::Event).await?;
    let events = events
        .into_iter()
        .map(|event| json!({ "event": event.name, "count": event.views, "visitors": event.visitors }));
    response::json(&json!({ "events": events.collect::<Vec<_>>() }), &caller)
}

pub async fn devices(State(app): State<Arc<App>>, caller: Caller) -> ApiResult {
    let list = |entries: Vec<TopEntry>| -> Value {
        entries.into_iter().map(|entry| json!({ "name": entry.name, "visitors": entry.visitors })).collect()
    };
    let answer = json!({
        "browsers": list(top(&app, &caller, Topic::Browser).await?),
        "os": list(top(&app, &caller, Topic::Os).await?),
        "devices": list(top(&app, &caller, Topic::Device).await?),
    });
    response::json(&answer, &caller)
}

async fn top(app: &App, caller: &Caller, topic: Topic) -> ApiResult<Vec<TopEntry>> {
    caller.require_superuser()?;
    Ok(app.telemetry.analytics.top(topic, range(caller), limit(caller)?).await?)
}

pub async fn config(State(app): State<Arc<App>>, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    let options = app.telemetry.analytics.options();
    let answer = json!({
        "enabled": options.enabled,
        "pageViews": options.page_views,
        "retention": options.kept_days,
        "flushInterval": FLUSH_INTERVAL,
        "hasS3": false,
    });
    response::json(&answer, &caller)
}
