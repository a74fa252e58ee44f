//! A transport of one's own, and what stands between a call and it: hooks, sign-in, refresh.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, TryStreamExt, stream};
use ketch_client::http::{HeaderMap, Method};
use ketch_client::pocketbase::{
    AuthState, AuthStore, Client, HookFuture, HookRequest, Hooks, MemoryAuthStore, Record,
};
use ketch_client::transport::{Body, Request, Response, Transport, TransportError};
use ketch_client::{ErrorKind, File};
use serde_json::{Value, json};

/// A server in this process: it keeps what it is sent, and answers with an empty object.
#[derive(Default)]
struct Local {
    seen: Mutex<Vec<(String, HeaderMap, String)>>,
}

impl Local {
    fn seen(&self) -> Vec<(String, HeaderMap, String)> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

impl Transport for Local {
    fn base_url(&self) -> &str {
        "http://local"
    }

    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        async move {
            let body = match request.body {
                Body::Empty => Vec::new(),
                Body::Bytes(bytes) => bytes.to_vec(),
                Body::Stream(stream, _) => {
                    let read: Result<Vec<_>, _> = stream.try_collect().await;
                    read.map_err(|error| TransportError::Interrupted(error.into()))?.concat()
                }
            };
            let line = format!("{} {}", request.method, request.path);
            let body = String::from_utf8_lossy(&body).into_owned();
            self.seen.lock().unwrap().push((line, request.headers, body));
            let body = stream::iter([Ok(bytes::Bytes::from_static(b"{\"id\":\"r1\"}"))]).boxed();
            Ok(Response { status: 200, headers: HeaderMap::new(), body })
        }
        .boxed()
    }
}

struct Changing;

impl Hooks for Changing {
    fn before_send(&self, mut request: HookRequest) -> HookFuture<'_, HookRequest> {
        if request.url.ends_with("/elsewhere") {
            request.url = "http://attacker.example/".to_owned();
        }
        request.headers.push(("X-Trace".to_owned(), "1".to_owned()));
        if let Some(Value::Object(body)) = &mut request.body {
            body.insert("added".to_owned(), true.into());
        }
        async { Ok(request) }.boxed()
    }

    fn after_send(&self, mut answer: Value) -> HookFuture<'_, Value> {
        answer["seen"] = true.into();
        async { Ok(answer) }.boxed()
    }
}

#[tokio::test]
async fn hooks_change_requests_and_answers_but_not_the_server() {
    let local = Arc::new(Local::default());
    let client = Client::builder().hooks(Arc::new(Changing)).build_on(local.clone());
    let record: Record = client.collection("p").create(json!({"a": 1})).await.unwrap();
    assert_eq!(record["seen"], true);
    let (line, headers, body) = local.seen().remove(0);
    assert_eq!(
        (line.as_str(), body.as_str()),
        ("POST /api/collections/p/records", r#"{"a":1,"added":true}"#)
    );
    assert_eq!(
        (&headers["x-trace"], &headers["accept-language"]),
        (&"1".parse().unwrap(), &"en-US".parse().unwrap())
    );
    let error = client.send::<Value>(Method::GET, "/elsewhere").await.unwrap_err();
    assert_eq!((error.kind(), local.seen().len()), (ErrorKind::Input, 0));
}

#[tokio::test]
async fn forms_reach_a_transport_as_bytes() {
    let local = Arc::new(Local::default());
    let client = Client::builder().build_on(local.clone());
    client.collection("p").create::<Value>(json!({})).file("f", File::bytes("a.txt", "Hello")).await.unwrap();
    let (_, headers, body) = local.seen().remove(0);
    assert!(headers["content-type"].to_str().unwrap().starts_with("multipart/form-data; boundary="));
    assert!(body.contains("Hello") && body.contains("@jsonPayload"));
}

#[tokio::test]
async fn a_refresh_of_ones_own_runs_once_and_may_make_calls() {
    let claims = URL_SAFE_NO_PAD.encode(r#"{"exp":1}"#);
    let old = AuthState { token: format!("h.{claims}.s"), record: None };
    let store = Arc::new(MemoryAuthStore::with(old));
    let client = Client::builder().auth_store(store.clone()).build_on(Arc::new(Local::default()));
    let count = Arc::new(AtomicUsize::new(0));
    let (inner, counted) = (client.clone(), count.clone());
    client.set_auto_refresh(Duration::from_secs(60), move || {
        let (client, store, count) = (inner.clone(), store.clone(), counted.clone());
        async move {
            count.fetch_add(1, Ordering::Relaxed);
            client.health().await?;
            let claims = URL_SAFE_NO_PAD.encode(r#"{"exp":99999999999}"#);
            store.save(AuthState { token: format!("h.{claims}.s"), record: None });
            Ok(())
        }
    });
    client.health().await.unwrap();
    client.health().await.unwrap();
    assert_eq!(count.load(Ordering::Relaxed), 1);
    client.reset_auto_refresh();
}
