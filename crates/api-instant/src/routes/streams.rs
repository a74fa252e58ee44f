//! `/admin/sse`: sessions of servers that write and read streams. Events come by an event stream,
//! commands by requests of their own.

use std::collections::VecDeque;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use axum::extract::Extension;
use axum::routing::post;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use ketch_app::Apps;
use ketch_instant::streams::{Append, Batch, Command, End, Event, Order, StreamSession, Which};
use ketch_instant::{Error, Kind};
use ketch_model::attr::random_uuid;
use ketch_model::{Object, Value, json};
use ketch_realtime::Hangup;
use ketch_web::client::HangUp;
use ketch_web::delivered;
use ketch_web::sse::{self, Source};
use serde_json::json;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::live::{ALIVE, KEEP_ALIVE, RETRY, frame, live_viewer};
use crate::body;
use crate::caller::Caller;
use crate::error::ApiResult;

/// Commands that one request may bring.
const COMMANDS_MAX: usize = 10_000;
/// What clients are told of which server they speak with.
static MACHINE: LazyLock<String> = LazyLock::new(random_uuid);

pub(super) fn router() -> Router<Arc<Apps>> {
    Router::new().route("/admin/sse", post(open)).route("/admin/sse/push", post(push))
}

async fn open(hang_up: Option<Extension<HangUp>>, caller: Caller, body: Body) -> ApiResult {
    let (app, viewer) = caller.viewer().await?;
    // Nothing in it changes what a session is.
    body::read(&caller.headers, body).await?;
    let Extension(hang_up) = hang_up.unwrap_or_default();
    let hangup = Hangup::new(move || hang_up.now());
    let session = app.streams.open(live_viewer(&caller, &viewer), caller.context(&app), hangup);
    let init = json!({
        "op": "sse-init",
        "machine-id": *MACHINE,
        "session-id": session.id,
        "sse-token": session.secret,
    });
    let frames = VecDeque::from([Bytes::from_static(RETRY), encoded(&init)]);
    let mut response = sse::response(Events { session, frames });
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

fn encoded(event: &Value) -> Bytes {
    frame(json::to_text(event).as_bytes())
}

struct Events {
    session: StreamSession,
    /// What is to be sent first.
    frames: VecDeque<Bytes>,
}

impl Source for Events {
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(frame) = self.frames.pop_front() {
            return Some(frame);
        }
        match timeout(KEEP_ALIVE, self.session.next()).await {
            Err(_) => Some(ALIVE),
            Ok(event) => event.map(|event| encoded(&wire(event))),
        }
    }
}

/// Commands for a session. Whoever knows its secret may give them; which app it is of is in the URL.
async fn push(caller: Caller, body: Body) -> ApiResult {
    let app = caller.app().await?;
    let mut body = body::read(&caller.headers, body).await?;
    body::text(&body, "machine_id")?;
    let messages = match body.remove("messages") {
        None | Some(Value::Null) => return Err(Error::missing(&["body", "messages"]).into()),
        Some(Value::Array(messages)) => messages,
        Some(other) => return Err(Error::malformed(&["body", "messages"], &other).into()),
    };
    if messages.len() > COMMANDS_MAX {
        let message = format!("One request may bring {COMMANDS_MAX} messages: send several requests.");
        return Err(Error::new(Kind::ParameterLimitExceeded, message, Value::Null).into());
    }
    let (session, secret) = (body::text(&body, "session_id")?, body::text(&body, "sse_token")?);
    let (tell, answered) = oneshot::channel();
    let commands = messages.into_iter().map(command).collect();
    app.streams.push(session, secret, Batch { commands, answered }).await?;
    // Who waits for the answer may have given up.
    let mut response = delivered::response(Bytes::from_static(b"{}"), move || {
        let _ = tell.send(());
    });
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, json);
    Ok(response)
}

fn command(message: Value) -> Command {
    let mut original = match message {
        Value::Object(message) => message,
        other => {
            let order = Order::Wrong(Error::malformed(&["messages"], &other));
            return Command { event_id: Value::Null, original: other, order };
        }
    };
    // Repeated in errors, where it would only be long.
    let chunks = original.remove("chunks");
    let order = order(&original, chunks).unwrap_or_else(Order::Wrong);
    let event_id = original.get("client-event-id").cloned().unwrap_or_default();
    Command { event_id, original: Value::Object(original), order }
}

fn order(message: &Object, chunks: Option<Value>) -> Result<Order, Error> {
    Ok(match text(message, "op")? {
        "start-stream" => Order::Start {
            client_id: text(message, "client-id")?.to_owned(),
            reconnect_token: text(message, "reconnect-token")?.to_owned(),
            params: params(message)?,
        },
        "append-stream" => Order::Append(append(message, chunks)?),
        "subscribe-stream" => {
            let stream = match (optional_text(message, "stream-id")?, optional_text(message, "client-id")?) {
                (Some(id), _) => Which::StreamId(id.to_owned()),
                (None, Some(id)) => Which::ClientId(id.to_owned()),
                (None, None) => {
                    let mut error = Error::missing(&["stream-id"]);
                    error.hint["possible-ins"] = json!([["client-id"]]);
                    return Err(error);
                }
            };
            Order::Subscribe {
                stream,
                offset: offset(message)?.unwrap_or_default(),
                params: params(message)?,
            }
        }
        "unsubscribe-stream" => {
            let event_id = message.get("subscribe-event-id").cloned();
            Order::Unsubscribe { event_id: event_id.ok_or_else(|| Error::missing(&["subscribe-event-id"]))? }
        }
        other => return Err(Error::malformed(&["op"], &other.into())),
    })
}

fn append(message: &Object, chunks: Option<Value>) -> Result<Append, Error> {
    let chunks = match chunks {
        None | Some(Value::Null) => return Err(Error::missing(&["chunks"])),
        Some(Value::Array(chunks)) => chunks,
        Some(other) => return Err(Error::malformed(&["chunks"], &other)),
    };
    let mut content = String::new();
    for chunk in &chunks {
        content.push_str(chunk.as_str().ok_or_else(|| Error::malformed(&["chunks"], chunk))?);
    }
    let abort_reason = match message.get("abort-reason") {
        None | Some(Value::Null) => None,
        Some(Value::String(reason)) => Some(reason.clone()),
        // Whatever a program was aborted with.
        Some(other) => Some(json::to_text(other)),
    };
    let is_done = match message.get("done") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(done)) => *done,
        Some(other) => return Err(Error::malformed(&["done"], other)),
    };
    Ok(Append {
        stream_id: text(message, "stream-id")?.to_owned(),
        text: content,
        offset: offset(message)?.ok_or_else(|| Error::missing(&["offset"]))?,
        end: is_done.then_some(End { abort_reason }),
    })
}

fn optional_text<'a>(message: &'a Object, key: &str) -> Result<Option<&'a str>, Error> {
    match message.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(Error::malformed(&[key], other)),
    }
}

fn text<'a>(message: &'a Object, key: &str) -> Result<&'a str, Error> {
    optional_text(message, key)?.ok_or_else(|| Error::missing(&[key]))
}

fn offset(message: &Object) -> Result<Option<i64>, Error> {
    match message.get("offset") {
        None | Some(Value::Null) => Ok(None),
        Some(offset) => offset.as_i64().map(Some).ok_or_else(|| Error::malformed(&["offset"], offset)),
    }
}

fn params(message: &Object) -> Result<Object, Error> {
    match message.get("rule-params") {
        None | Some(Value::Null) => Ok(Object::new()),
        Some(Value::Object(params)) => Ok(params.clone()),
        Some(other) => Err(Error::malformed(&["rule-params"], other)),
    }
}

fn wire(event: Event) -> Value {
    match event {
        Event::Started { event_id, stream_id, client_id, offset } => json!({
            "op": "start-stream-ok",
            "client-event-id": event_id,
            "stream-id": stream_id,
            "client-id": client_id,
            "offset": offset,
        }),
        Event::Flushed { stream_id, offset, done } => {
            json!({ "op": "stream-flushed", "stream-id": stream_id, "offset": offset, "done": done })
        }
        Event::AppendFailed { stream_id } => json!({ "op": "append-failed", "stream-id": stream_id }),
        Event::Appended { event_id, stream_id, client_id, offset, text, end } => {
            let mut event = json!({
                "op": "stream-append",
                "client-event-id": event_id,
                "stream-id": stream_id,
                "client-id": client_id,
                "offset": offset,
                "content": &*text,
                "retry": false,
            });
            if let Some(end) = end {
                event["done"] = true.into();
                if let Some(reason) = end.abort_reason {
                    event["abort-reason"] = reason.into();
                }
            }
            event
        }
        Event::Broken { event_id, stream_id, client_id, offset, message, retry } => json!({
            "op": "stream-append",
            "client-event-id": event_id,
            "stream-id": stream_id,
            "client-id": client_id,
            "offset": offset,
            "error": message,
            "error-type": if retry { "unknown" } else { "stream-missing" },
            "retry": retry,
        }),
        Event::Refused { event_id, original, error } => {
            if let Some(cause) = &error.cause {
                tracing::error!(kind = error.kind.name(), %cause, "a command for a stream failed");
            }
            json!({
                "op": "error",
                "status": error.kind.status(),
                "client-event-id": event_id,
                "original-event": original,
                "type": error.kind.name(),
                "message": error.message,
                "hint": error.hint,
            })
        }
    }
}
