//! What the Instant client sends, and what it makes of answers.

use std::time::Duration;

use crate::fake::{Answer, Fake, answer, events, json};
use futures_util::StreamExt;
use ketch_client::instant::{AsUser, Client, QueryEvent, Step, UserKey};
use ketch_client::{Error, File};
use serde_json::{Value, json as value};

fn client(url: &str) -> Client {
    Client::new(url, "app", "secret").unwrap()
}

#[tokio::test]
async fn calls_carry_app_token_and_impersonation() {
    let server = Fake::start(|_, request| match request {
        transact if transact.contains("transact ") => json(r#"{"tx-id":7}"#),
        users if users.contains("/admin/users") => json(r#"{"user":null}"#),
        verify if verify.contains("verify_refresh") => json(r#"{"user":{"id":"u","type":"user"}}"#),
        _ => json("{}"),
    })
    .await;
    let client = client(&server.url);
    client.query::<Value>(value!({"goals": {}})).await.unwrap();
    client.as_user(AsUser::Guest).query::<Value>(value!({})).await.unwrap();
    assert_eq!(client.transact([Step::delete("goals", "1")]).await.unwrap(), 7);
    assert!(client.auth().get_user(UserKey::Email("a+b@x.y".to_owned())).await.unwrap().is_none());
    assert_eq!(client.auth().verify_token("t").await.unwrap().fields["type"], "user");
    let requests: Vec<String> = server.requests().iter().map(|request| request.to_lowercase()).collect();
    assert!(requests[0].contains("app-id: app") && requests[0].contains("authorization: bearer secret"));
    assert!(requests[0].ends_with(r#"{"query":{"goals":{}}}"#) && !requests[0].contains("as-guest"));
    assert!(requests[1].contains("as-guest: true"));
    assert!(requests[2].ends_with(r#"{"steps":[["delete","goals","1"]]}"#));
    assert!(requests[3].starts_with("get /admin/users?email=a%2bb%40x.y "));
    assert!(
        !requests[4].contains("authorization")
            && requests[4].ends_with(r#"{"app-id":"app","refresh-token":"t"}"#)
    );
    assert!(!format!("{client:?}").contains("secret"));
}

#[tokio::test]
async fn permissions_can_be_tried_out() {
    let server = Fake::start(|_, request| match request.contains("query_perms_check") {
        true => json(r#"{"result":{"g":[]},"check-results":[{"id":"1"}]}"#),
        false => json(r#"{"tx-id":1,"all-checks-ok?":true,"committed?":false,"check-results":[]}"#),
    })
    .await;
    let guest = client(&server.url).as_user(AsUser::Guest);
    let check =
        guest.debug_query(value!({"g": {}}), Some(value!({"g": {"allow": {"view": "true"}}}))).await.unwrap();
    assert_eq!(check.check_results.len(), 1);
    let check = guest.debug_transact([Step::raw(value!(["delete", "g", "1"]))], None).await.unwrap();
    assert!(check.all_checks_ok && !check.is_committed);
    let requests = server.requests();
    assert!(requests[0].contains("rules-override") && !requests[1].contains("rules-override"));
}

#[tokio::test]
async fn files_are_put_listed_and_deleted() {
    let server = Fake::start(|_, request| match request.split(' ').next() {
        Some("PUT") => json(r#"{"data":{"id":"f1","size":5}}"#),
        Some("GET") if request.contains("signed") => json(r#"{"data":null}"#),
        Some("GET") => {
            json(r#"{"data":[{"key":"k","name":"a.txt","size":5,"etag":null,"last_modified":null}]}"#)
        }
        _ => json(r#"{"data":{"ids":[]}}"#),
    })
    .await;
    let storage = client(&server.url).storage();
    let call =
        storage.upload("a b.txt", File::bytes("x.txt", "Hello")).header("content-disposition", "inline");
    assert_eq!(call.await.unwrap().id, "f1");
    assert_eq!(storage.download_url("no").await.unwrap(), None);
    assert_eq!(storage.list().await.unwrap()[0].size, Some(5));
    storage.delete("a b.txt").await.unwrap();
    storage.delete_many(["a", "b"]).await.unwrap();
    let requests = server.requests();
    let upload = requests[0].to_lowercase();
    for part in ["path: a b.txt", "content-type: text/plain", "content-disposition: inline", "\r\n\r\nhello"]
    {
        assert!(upload.contains(part), "{part} in {upload}");
    }
    assert_eq!(upload.matches("content-type").count(), 1);
    assert!(requests[3].starts_with("DELETE /admin/storage/files?filename=a%20b.txt "));
    assert!(requests[4].ends_with(r#"{"filenames":["a","b"]}"#));
}

#[tokio::test]
async fn refusals_have_type_message_hint_and_trace() {
    let body = r#"{"type":"param-missing","message":"Missing","hint":{"in":["body"]},"trace-id":"t1"}"#;
    let server = Fake::start(move |_, _| answer(400, "", body)).await;
    let error: Error = client(&server.url).query::<Value>(value!({})).await.unwrap_err();
    assert_eq!(
        (error.status(), error.message(), error.instant_type()),
        (400, "Missing", Some("param-missing"))
    );
    assert_eq!((error.hint(), error.trace_id()), (Some(&value!({"in": ["body"]})), Some("t1")));
}

#[tokio::test]
async fn a_live_query_reconnects_and_ends_with_the_servers_error() {
    let first = "retry: 500\n\ndata: {\"op\":\"sse-init\"}\n\ndata: {\"op\":\"add-query-ok\",\"result\":{\"g\":[1]}}\n\n: alive\n\n\
        data: {\"op\":\"refresh-ok\",\"computations\":[{\"instaql-result\":{\"g\":[2]},\"result-meta\":{\"m\":1}}]}\n\n";
    let second = "data: {\"op\":\"error\",\"status\":400,\"type\":\"x\",\"message\":\"Broken\"}\n\n";
    let server = Fake::start(move |n, _| match n {
        0 => Answer::Raw(format!("HTTP/1.1 200 OK\r\n\r\n{first}")),
        1 => answer(503, "", ""),
        _ => events(second),
    })
    .await;
    let mut query = client(&server.url).subscribe_query(value!({"g": {}})).await.unwrap();
    let mut seen = Vec::new();
    while let Some(event) =
        tokio::time::timeout(Duration::from_secs(20), query.next()).await.expect("an event")
    {
        seen.push(event);
    }
    let result = |n: u8, meta: Value| QueryEvent::Result { result: value!({"g": [n]}), meta };
    assert_eq!(seen.len(), 4, "{seen:?}");
    assert_eq!(*seen[0].as_ref().unwrap(), result(1, Value::Null));
    assert_eq!(*seen[1].as_ref().unwrap(), result(2, value!({"m": 1})));
    assert_eq!(*seen[2].as_ref().unwrap(), QueryEvent::Disconnected);
    assert_eq!(seen[3].as_ref().unwrap_err().message(), "Broken");
    assert!(server.lines()[0].starts_with("POST /admin/subscribe-query?app_id=app&local_connection_id="));
}
