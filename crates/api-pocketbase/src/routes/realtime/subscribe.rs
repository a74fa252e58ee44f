//! `POST /api/realtime`

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use ketch_app::App;
use ketch_model::error::{FieldError, FieldErrors, Invalid};
use ketch_model::{Error, Value};
use ketch_realtime::Topic;

use crate::body::{self, DEFAULT_LIMIT, Submitted};
use crate::error::ApiResult;
use crate::request::{Caller, QueryParams};
use crate::response;

const MAX_CLIENT_ID: usize = 255;
const MAX_TOPICS: usize = 1000;
/// In bytes.
const MAX_TOPIC: usize = 2500;

pub async fn subscribe(State(app): State<Arc<App>>, caller: Caller, body: Body) -> ApiResult {
    let submitted =
        body::read(body, &caller.headers, DEFAULT_LIMIT).await.map_err(|error| error.or_bad_request(""))?;
    let is_json = caller.header("content-type").contains("json");
    let (client_id, texts) = form(&submitted, is_json).ok_or_else(|| Error::bad_request(""))?;
    let errors = check(&client_id, &texts);
    if !errors.is_empty() {
        return Err(Error::bad_request("").with_fields(errors).into());
    }
    let topics = texts.into_iter().map(topic).collect();
    app.realtime.subscribe(&app.records, &client_id, &caller.real_ip, caller.auth, topics).await?;
    Ok(response::no_content())
}

/// The form's values; `None` for values of a wrong type.
fn form(submitted: &Submitted, is_json: bool) -> Option<(String, Vec<String>)> {
    let text = |value: &Value| match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.clone()),
        _ => None,
    };
    let client_id = submitted.get("clientId").map_or(Some(String::new()), text)?;
    let texts = match submitted.get("subscriptions") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(items)) => items.iter().map(text).collect::<Option<_>>()?,
        // A form with one entry.
        Some(Value::String(only)) if !is_json => vec![only.clone()],
        Some(_) => return None,
    };
    Some((client_id, texts))
}

fn check(client_id: &str, texts: &[String]) -> FieldErrors {
    let mut errors = FieldErrors::new();
    if client_id.is_empty() {
        errors.insert("clientId".to_owned(), Invalid::required().into());
    } else if client_id.len() > MAX_CLIENT_ID {
        let invalid = Invalid::new(
            "validation_length_out_of_range",
            format!("The length must be between 1 and {MAX_CLIENT_ID}."),
        );
        errors.insert("clientId".to_owned(), invalid.param("max", MAX_CLIENT_ID).param("min", 1).into());
    }
    let too_long = |max: usize| {
        let message = format!("The length must be no more than {max}.");
        Invalid::new("validation_length_too_long", message).param("max", max).param("min", 0)
    };
    if texts.len() > MAX_TOPICS {
        errors.insert("subscriptions".to_owned(), too_long(MAX_TOPICS).into());
        return errors;
    }
    let items: FieldErrors = texts
        .iter()
        .enumerate()
        .filter(|(_, text)| text.len() > MAX_TOPIC)
        .map(|(index, _)| (index.to_string(), too_long(MAX_TOPIC).into()))
        .collect();
    if !items.is_empty() {
        errors.insert("subscriptions".to_owned(), FieldError::Nested(items));
    }
    errors
}

/// A topic with its options: `posts/*?options={…}`, percent-encoded or not.
fn topic(text: String) -> Topic {
    let query = text.split_once('?').map(|(_, query)| QueryParams::parse(query)).unwrap_or_default();
    Topic::new(text, query.get("options"))
}
