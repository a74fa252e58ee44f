//! `GET /api/realtime`

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::response::Response;
use bytes::Bytes;
use ketch_app::App;
use ketch_model::json;
use ketch_realtime::{ChangeKind, Connection, Event, Hangup, Payload};
use ketch_web::client::HangUp;
use ketch_web::sse::{self, Source};

use crate::encode;
use crate::request::Caller;
use crate::response;

const CONNECTED: &str = "PB_CONNECT";

pub async fn stream(
    State(app): State<Arc<App>>,
    hang_up: Option<Extension<HangUp>>,
    caller: Caller,
) -> Response {
    let Extension(hang_up) = hang_up.unwrap_or_default();
    let connection = app.realtime.connect(caller.real_ip, Hangup::new(move || hang_up.now()));
    response::quiet(sse::response(Frames { connection, is_open: false }))
}

/// The frames of one connection.
struct Frames {
    connection: Connection,
    is_open: bool,
}

impl Source for Frames {
    async fn next(&mut self) -> Option<Bytes> {
        let id = &self.connection.client().id;
        if !self.is_open {
            self.is_open = true;
            return Some(sse::frame(id, CONNECTED, format!("{{\"clientId\":\"{id}\"}}").as_bytes()));
        }
        let message = self.connection.next().await?;
        let data = match &message.payload {
            Payload::Event(event) => event.encoded(encode_event),
            Payload::Raw(data) => data.clone(),
        };
        Some(sse::frame(id, &message.topic.text, &data))
    }
}

fn encode_event(event: &Event) -> Bytes {
    let mut out = Vec::with_capacity(1024);
    out.extend_from_slice(b"{\"record\":");
    if event.picker.picks_everything() {
        encode::record_view(&event.view, &mut out);
    } else {
        json::write(&event.picker.apply(encode::record_value(&event.view)), &mut out);
    }
    out.extend_from_slice(match event.kind {
        ChangeKind::Create => b",\"action\":\"create\"}",
        ChangeKind::Update => b",\"action\":\"update\"}",
        ChangeKind::Delete => b",\"action\":\"delete\"}",
    });
    out.into()
}
