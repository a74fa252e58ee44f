//! What the URL says of wanted spans.

use ketch_model::time::{self, DateTime};
use ketch_telemetry::traces::{SpanFilter, SpanOrder, SpanQuery};

use crate::error::{ApiError, ApiResult};
use crate::request::Caller;

const DEFAULT_LIMIT: i64 = 20;
const MOST: i64 = 500;
const STATUSES: [&str; 3] = ["unset", "ok", "error"];

/// # Errors
/// 400 that names the parameter which cannot be read.
pub(super) fn query(caller: &Caller) -> ApiResult<SpanQuery> {
    let positive = |name: &str, default: i64| -> ApiResult<i64> {
        Ok(integer(caller, name)?.filter(|number| *number > 0).unwrap_or(default))
    };
    let limit_name = if caller.query.text("limit").is_empty() { "perPage" } else { "limit" };
    let order = match caller.query.text("orderBy") {
        "" | "startTime" | "start_time" | "created" => SpanOrder::Start,
        "duration" => SpanOrder::Duration,
        "name" => SpanOrder::Name,
        "status" => SpanOrder::Status,
        other => return Err(refused("orderBy", other, "startTime, duration, name or status")),
    };
    let ascending = match caller.query.text("orderDir").to_ascii_lowercase().as_str() {
        "" | "desc" => false,
        "asc" => true,
        other => return Err(refused("orderDir", other, "asc or desc")),
    };
    Ok(SpanQuery {
        page: u64::try_from(positive("page", 1)?).unwrap_or(1),
        per_page: u32::try_from(positive(limit_name, DEFAULT_LIMIT)?.min(MOST)).unwrap_or(1),
        filter: filter(caller)?,
        order,
        ascending,
    })
}

/// # Errors
/// 400 that names the parameter which cannot be read.
pub(super) fn filter(caller: &Caller) -> ApiResult<SpanFilter> {
    let text = |name: &str| Some(caller.query.text(name).to_owned()).filter(|text| !text.is_empty());
    let milliseconds = |name: &str| -> ApiResult<Option<i64>> {
        Ok(number(caller, name)?.filter(|number| *number > 0.0).map(|number| (number * 1000.0) as i64))
    };
    let mut statuses = Vec::new();
    for status in caller.query.text("status").split(',').map(str::trim).filter(|status| !status.is_empty()) {
        if !STATUSES.contains(&status) {
            return Err(refused("status", status, "unset, ok or error, separated by commas"));
        }
        statuses.push(status.to_owned());
    }
    Ok(SpanFilter {
        trace: text("traceId"),
        span: text("spanId"),
        parent: text("parentSpanId"),
        name: text("name"),
        duration: (milliseconds("minDuration")?, milliseconds("maxDuration")?),
        start: (moment(caller, "startTimeFrom")?, moment(caller, "startTimeTo")?),
        statuses,
    })
}

fn refused(name: &str, value: &str, wanted: &str) -> ApiError {
    ApiError::bad_request(format!("The parameter {name} is {value:?}: write {wanted}."))
}

fn integer(caller: &Caller, name: &str) -> ApiResult<Option<i64>> {
    let text = caller.query.text(name);
    caller.query.integer(name).map_err(|_| refused(name, text, "a whole number"))
}

fn number(caller: &Caller, name: &str) -> ApiResult<Option<f64>> {
    match caller.query.text(name) {
        "" => Ok(None),
        text => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Some(number)),
            _ => Err(refused(name, text, "a number of milliseconds")),
        },
    }
}

/// Microseconds since 1970 from a date text, or from a number of seconds, milliseconds or
/// microseconds, whichever makes it a moment of our times.
fn moment(caller: &Caller, name: &str) -> ApiResult<Option<i64>> {
    let text = caller.query.text(name);
    if text.is_empty() {
        return Ok(None);
    }
    if let Ok(number) = text.parse::<f64>()
        && number.is_finite()
    {
        let scale = match number.abs() {
            small if small < 1e11 => 1e6,
            small if small < 1e14 => 1e3,
            _ => 1.0,
        };
        return Ok(Some((number * scale) as i64));
    }
    match DateTime::from_text(&time::parse_date(text)) {
        Some(moment) => Ok(Some(moment.unix_milliseconds().saturating_mul(1000))),
        None => Err(refused(name, text, "a date or microseconds since 1970")),
    }
}
