//! `GET` and `POST /api/oauth2-redirect`: where providers send people back to when a client waits for
//! them at its realtime connection.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use http::header::{HeaderValue, LOCATION};
use http::{Method, StatusCode};
use ketch_app::App;
use ketch_model::{Value, json};
use ketch_realtime::{Message, Payload};

use super::form::Form;
use crate::request::Caller;

/// The topic at which the client waits; its connection's id is the `state`.
const TOPIC: &str = "@oauth2";
/// Relative, so that a server below a path stays there.
const SUCCESS: &str = "../_/#/auth/oauth2-redirect-success";
const FAILURE: &str = "../_/#/auth/oauth2-redirect-failure";

/// What the provider sends along.
#[derive(Default)]
struct Callback {
    state: String,
    code: String,
    error: String,
    /// Apple's JSON about the person, at their first sign-in only.
    user: String,
}

pub async fn oauth2_redirect(State(app): State<Arc<App>>, caller: Caller, body: Body) -> Response {
    let callback =
        if caller.method == Method::POST { read_form(&caller, body).await } else { read_query(&caller) };
    let page = if deliver(&app, &caller, &callback) { SUCCESS } else { FAILURE };
    let mut response = Response::new(Body::empty());
    // A form must not be sent on to the page.
    let is_get = caller.method == Method::GET;
    *response.status_mut() = if is_get { StatusCode::TEMPORARY_REDIRECT } else { StatusCode::SEE_OTHER };
    response.headers_mut().insert(LOCATION, HeaderValue::from_static(page));
    response
}

fn read_query(caller: &Caller) -> Callback {
    let text = |name: &str| caller.query.text(name).to_owned();
    Callback { state: text("state"), code: text("code"), error: text("error"), user: text("user") }
}

/// An unreadable form says nothing.
async fn read_form(caller: &Caller, body: Body) -> Callback {
    let content_type = caller.header("content-type");
    let is_form = ["application/x-www-form-urlencoded", "multipart/form-data"];
    if !is_form.iter().any(|kind| content_type.starts_with(kind)) {
        return Callback::default();
    }
    let Ok(form) = Form::read(caller, body).await else { return Callback::default() };
    let text = |name: &str| match form.text(name) {
        Ok(text) if !text.is_empty() => text.into_owned(),
        _ => caller.query.text(name).to_owned(),
    };
    Callback { state: text("state"), code: text("code"), error: text("error"), user: text("user") }
}

/// Tells the waiting client what came back, once. False where there is no such client or nothing good came.
fn deliver(app: &App, caller: &Caller, callback: &Callback) -> bool {
    let Some(client) = app.realtime.client(&callback.state) else { return false };
    let Some(topic) = client.topic(TOPIC) else { return false };
    app.realtime.unsubscribe(&client, TOPIC);
    if client.ip != caller.real_ip {
        tracing::debug!("an OAuth2 redirect came from another address than its client");
        return false;
    }
    app.auth.keep_name(&callback.code, &full_name(&callback.user));
    client.send(Message { topic, payload: Payload::Raw(message(callback)) });
    callback.error.is_empty() && !callback.code.is_empty()
}

fn message(callback: &Callback) -> Bytes {
    let mut out = b"{\"state\":".to_vec();
    json::write_str(&callback.state, &mut out);
    out.extend_from_slice(b",\"code\":");
    json::write_str(&callback.code, &mut out);
    if !callback.error.is_empty() {
        out.extend_from_slice(b",\"error\":");
        json::write_str(&callback.error, &mut out);
    }
    out.push(b'}');
    out.into()
}

/// The name in Apple's JSON: `{"name":{"firstName":…,"lastName":…}}`.
fn full_name(user: &str) -> String {
    let Ok(user) = serde_json::from_str::<Value>(user) else { return String::new() };
    let part = |name: &str| user["name"][name].as_str().unwrap_or_default().trim().to_owned();
    format!("{} {}", part("firstName"), part("lastName")).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_apple() {
        assert_eq!(
            full_name(r#"{"name":{"firstName":"Ada","lastName":"Lovelace"},"email":"x"}"#),
            "Ada Lovelace"
        );
        assert_eq!(full_name(r#"{"name":{"firstName":"Ada"}}"#), "Ada");
        for nothing in ["", "no json", "[]", r#"{"name":5}"#, r#"{"name":{"firstName":5}}"#] {
            assert_eq!(full_name(nothing), "");
        }
    }

    #[test]
    fn messages() {
        let callback = Callback { state: "s".to_owned(), code: "a\"b".to_owned(), ..Callback::default() };
        assert_eq!(&message(&callback)[..], br#"{"state":"s","code":"a\"b"}"#);
        let refused = Callback { error: "denied".to_owned(), ..Callback::default() };
        assert_eq!(&message(&refused)[..], br#"{"state":"","code":"","error":"denied"}"#);
    }
}
