//! `/admin/subscribe-query`: live queries of servers, as event streams. And who is in a room.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Extension;
use axum::routing::{get, post};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, HeaderValue};
use ketch_app::Apps;
use ketch_instant::live::{LiveAnswer, LiveQuery, LiveQuestion, LiveViewer};
use ketch_instant::permissions::Context;
use ketch_instant::viewer::Viewer;
use ketch_instant::{Answer, Error};
use ketch_model::attr::random_uuid;
use ketch_model::{Object, Value, json};
use ketch_realtime::Hangup;
use ketch_web::client::HangUp;
use ketch_web::sse::{self, Source};
use serde_json::json;
use tokio::time::timeout;

use super::data::flag;
use crate::body;
use crate::caller::Caller;
use crate::error::ApiResult;
use crate::response;

/// How often a stream without events says that it is there.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// A line that says nothing else.
pub(super) const ALIVE: Bytes = Bytes::from_static(b": keep-alive\n\n");
/// The pause before a client connects again, in milliseconds.
pub(super) const RETRY: &[u8] = b"retry: 500\n\n";

pub(super) fn router() -> Router<Arc<Apps>> {
    Router::new()
        .route("/admin/subscribe-query", post(subscribe))
        .route("/admin/rooms/presence", get(presence))
}

async fn subscribe(hang_up: Option<Extension<HangUp>>, caller: Caller, body: Body) -> ApiResult {
    let (app, viewer) = caller.viewer().await?;
    let viewer = live_viewer(&caller, &viewer);
    let context = match viewer {
        // No rule asks anything of an admin: all of them share their answers.
        LiveViewer::Admin => Context::default(),
        _ => caller.context(&app),
    };
    let body = body::read(&caller.headers, body).await?;
    let query = match body.get("query") {
        None | Some(Value::Null) => return Err(Error::missing(&["body", "query"]).into()),
        Some(query @ Value::Object(_)) => json::to_text(query),
        Some(other) => return Err(Error::malformed(&["body", "query"], other).into()),
    };
    let question = LiveQuestion {
        query: query.clone(),
        infers: flag(&body, "inference?")?,
        viewer,
        context,
        app_id: app.id().to_owned(),
        origin: caller.origin(&app),
    };
    let Extension(hang_up) = hang_up.unwrap_or_default();
    let live = app.live.ask(question, Hangup::new(move || hang_up.now()));
    let frames = VecDeque::from([Bytes::from_static(RETRY), frame(&init())]);
    let mut response = sse::response(Events { live, query, frames, is_answered: false });
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

/// Who asks, for as long as they do.
pub(super) fn live_viewer(caller: &Caller, viewer: &Viewer) -> LiveViewer {
    match (viewer, caller.header("as-token")) {
        (Viewer::Admin, _) => LiveViewer::Admin,
        (Viewer::Guest, _) => LiveViewer::Guest,
        (Viewer::User(_), Some(token)) => LiveViewer::Session(token.to_owned()),
        (Viewer::User(user), None) => LiveViewer::User(user.id().to_owned()),
    }
}

fn init() -> Vec<u8> {
    let init = json!({
        "op": "sse-init",
        "machine-id": random_uuid(),
        "session-id": random_uuid(),
        "sse-token": random_uuid(),
    });
    json::to_text(&init).into_bytes()
}

/// One event. JSON has no line ends of its own.
pub(super) fn frame(data: &[u8]) -> Bytes {
    let mut frame = Vec::with_capacity(data.len() + 8);
    frame.extend_from_slice(b"data: ");
    frame.extend_from_slice(data);
    frame.extend_from_slice(b"\n\n");
    frame.into()
}

/// The events of one live query.
struct Events {
    live: LiveQuery,
    /// JSON text.
    query: String,
    /// What is to be sent first.
    frames: VecDeque<Bytes>,
    /// Whether there was an answer: later ones are refreshes.
    is_answered: bool,
}

impl Source for Events {
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(frame) = self.frames.pop_front() {
            return Some(frame);
        }
        match timeout(KEEP_ALIVE, self.live.next()).await {
            Err(_) => Some(ALIVE),
            Ok(None) => None,
            Ok(Some(answer)) => Some(self.event(&answer)),
        }
    }
}

impl Events {
    fn event(&mut self, answer: &LiveAnswer) -> Bytes {
        match &answer.result {
            Err(error) => frame(json::to_text(&failure(error, &self.query)).as_bytes()),
            Ok(answer) if self.is_answered => frame(&refresh(answer, &self.query)),
            Ok(answer) => {
                self.is_answered = true;
                frame(&first(answer, &self.query))
            }
        }
    }
}

fn first(answer: &Answer, query: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(answer.tree.len() + 256);
    out.extend_from_slice(b"{\"op\":\"add-query-ok\",\"q\":");
    out.extend_from_slice(query.as_bytes());
    out.extend_from_slice(b",\"result\":");
    result(answer, &mut out);
    out.extend_from_slice(format!(",\"processed-tx-id\":{}}}", answer.number).as_bytes());
    out
}

fn refresh(answer: &Answer, query: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(answer.tree.len() + 256);
    let head = format!("{{\"op\":\"refresh-ok\",\"processed-tx-id\":{},\"computations\":[{{", answer.number);
    out.extend_from_slice(head.as_bytes());
    out.extend_from_slice(b"\"result-changed?\":true,\"instaql-query\":");
    out.extend_from_slice(query.as_bytes());
    out.extend_from_slice(b",\"instaql-result\":");
    result(answer, &mut out);
    out.extend_from_slice(b"}]}");
    out
}

/// The tree, and beside it what it is a part of.
fn result(answer: &Answer, out: &mut Vec<u8>) {
    out.extend_from_slice(&answer.tree);
    let mut meta = Object::new();
    for (name, part) in [("page-info", &answer.page_info), ("aggregate", &answer.aggregate)] {
        if !part.is_empty() {
            meta.insert(name.to_owned(), Value::Object(part.clone()));
        }
    }
    out.extend_from_slice(b",\"result-meta\":");
    json::write(&Value::Object(meta), out);
}

fn failure(error: &Error, query: &str) -> Value {
    if let Some(cause) = &error.cause {
        tracing::error!(kind = error.kind.name(), %cause, "a live query failed");
    }
    let query: Value = json::parse_strict(query.as_bytes()).unwrap_or_default();
    json!({
        "op": "error",
        "status": error.kind.status(),
        "type": error.kind.name(),
        "message": error.message,
        "hint": error.hint,
        "original-event": { "op": "add-query", "q": query },
    })
}

/// Nobody is in any room: rooms are entered by WebSocket, which is not served.
async fn presence(caller: Caller) -> ApiResult {
    caller.admin().await?;
    for name in ["room-type", "room-id"] {
        if caller.parameter(name).is_none() {
            return Err(Error::missing(&["params", name]).into());
        }
    }
    Ok(response::ok(&json!({ "sessions": null })))
}
