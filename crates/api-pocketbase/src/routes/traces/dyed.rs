//! `/api/_/trace/dyed-users`

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use http::StatusCode;
use ketch_app::App;
use ketch_model::time::{self, DateTime};
use ketch_model::{Value, json as json_text};
use ketch_telemetry::traces::{Dye, DyedUser};
use serde_json::json;

use crate::body::{self, DEFAULT_LIMIT};
use crate::error::{ApiError, ApiResult};
use crate::request::Caller;
use crate::response;

/// The time of a user who is dyed without one, in seconds.
const DEFAULT_SECONDS: i64 = 3600;

pub async fn list(State(app): State<Arc<App>>, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    let users = app.telemetry.traces.dyed_users();
    let items: Vec<Value> = users.iter().map(dyed_json).collect();
    response::json(&json!({ "items": items, "count": users.len() }), &caller)
}

pub async fn add(State(app): State<Arc<App>>, caller: Caller, body: Body) -> ApiResult {
    caller.require_superuser()?;
    let submitted = body::read(body, &caller.headers, DEFAULT_LIMIT).await?;
    let dye = Dye {
        user: text(submitted.get("userId"), "userId")?,
        seconds: seconds(submitted.get("ttl"))?,
        added_by: caller.auth.as_ref().map(|record| record.id().to_owned()).unwrap_or_default(),
        reason: text(submitted.get("reason"), "reason")?,
    };
    let dyed = app.telemetry.traces.dye(dye).await?;
    let mut body = Vec::with_capacity(256);
    json_text::write(&dyed_json(&dyed), &mut body);
    Ok(response::bytes_with_status(StatusCode::CREATED, body))
}

pub async fn remove(State(app): State<Arc<App>>, Path(user): Path<String>, caller: Caller) -> ApiResult {
    caller.require_superuser()?;
    app.telemetry.traces.undye(&user).await?;
    Ok(response::no_content())
}

pub async fn prolong(
    State(app): State<Arc<App>>,
    Path(user): Path<String>,
    caller: Caller,
    body: Body,
) -> ApiResult {
    caller.require_superuser()?;
    let submitted = body::read(body, &caller.headers, DEFAULT_LIMIT).await?;
    let dyed = app.telemetry.traces.prolong(&user, seconds(submitted.get("ttl"))?).await?;
    response::json(&dyed_json(&dyed), &caller)
}

fn text(submitted: Option<&Value>, name: &str) -> ApiResult<String> {
    match submitted {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(ApiError::bad_request(format!("The {name} must be a text."))),
    }
}

/// Whole seconds, or a text like `1h30m`; nothing is an hour.
fn seconds(submitted: Option<&Value>) -> ApiResult<i64> {
    let read = match submitted {
        None | Some(Value::Null) => Some(DEFAULT_SECONDS),
        Some(Value::Number(number)) => number.as_f64().map(|number| number as i64),
        Some(Value::String(text)) if text.is_empty() => Some(DEFAULT_SECONDS),
        Some(Value::String(text)) => duration(text),
        Some(_) => None,
    };
    read.ok_or_else(|| {
        ApiError::bad_request("The ttl must be a number of seconds or a duration like \"1h30m\".")
    })
}

/// Numbers with units (`ms`, `s`, `m`, `h`), largest first or not; a number alone is seconds.
fn duration(text: &str) -> Option<i64> {
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let mut seconds = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !(character.is_ascii_digit() || character == '.'))?;
        let number: f64 = rest[..digits].parse().ok()?;
        let unit_end = rest[digits..]
            .find(|character: char| character.is_ascii_digit())
            .map_or(rest.len(), |length| digits + length);
        seconds += number
            * match &rest[digits..unit_end] {
                "ms" => 0.001,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                _ => return None,
            };
        rest = &rest[unit_end..];
    }
    Some(seconds as i64)
}

/// `ttl` is the rest of the time, in seconds.
fn dyed_json(dyed: &DyedUser) -> Value {
    let date = |milliseconds: i64| DateTime::from_unix_milliseconds(milliseconds).to_text();
    let left = (dyed.expires - time::unix_milliseconds()).max(0);
    json!({
        "userId": dyed.user,
        "addedAt": date(dyed.added),
        "expiresAt": date(dyed.expires),
        "ttl": left.div_euclid(1000) + i64::from(left % 1000 > 0),
        "addedBy": dyed.added_by,
        "reason": dyed.reason,
    })
}

#[cfg(test)]
mod tests {
    use super::duration;

    #[test]
    fn durations() {
        assert_eq!(duration("1h"), Some(3600));
        assert_eq!(duration("1h30m"), Some(5400));
        assert_eq!(duration("90"), Some(90));
        assert_eq!(duration("1.5m"), Some(90));
        assert_eq!(duration("2500ms"), Some(2));
        assert_eq!(duration("-5"), Some(-5));
        for wrong in ["", "h", "1x", "1h-", "soon", "1..2s"] {
            assert!(duration(wrong).is_none() || wrong.is_empty(), "{wrong}");
        }
    }
}
