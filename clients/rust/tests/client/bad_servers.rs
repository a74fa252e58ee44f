//! What the client makes of servers that are away, slow, broken or busy.

use std::time::{Duration, Instant};

use crate::fake::{Answer, Fake, answer, events, json};
use futures_util::StreamExt;
use ketch_client::pocketbase::{Client, Event, Record};
use ketch_client::{ErrorKind, File, RetryPolicy};
use serde_json::{Value, json as value};

fn client(url: &str) -> Client {
    let retry = RetryPolicy::default().first_wait(Duration::from_millis(5));
    Client::builder().retry(retry).timeout(Duration::from_secs(20)).build(url).unwrap()
}

fn one(client: &Client) -> ketch_client::Call<Record> {
    client.collection("posts").get_one("r1")
}

#[tokio::test]
async fn an_unreachable_server_is_a_connect_error() {
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let client = client(&format!("http://127.0.0.1:{port}"));
    let error = client.collection("posts").create::<Record>(value!({})).await.unwrap_err();
    assert_eq!((error.kind(), error.status(), error.is_abort()), (ErrorKind::Connect, 0, false));
    assert!(error.url().ends_with("/api/collections/posts/records"), "{error}");
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test]
async fn a_truncated_answer_is_tried_again_where_that_is_safe() {
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"id\":";
    let script = move |n, _: &str| if n == 0 { Answer::Raw(cut.to_owned()) } else { json(r#"{"id":"r1"}"#) };
    let server = Fake::start(script).await;
    assert_eq!(one(&client(&server.url)).await.unwrap().id(), "r1");
    assert_eq!(server.lines().len(), 2);

    let server = Fake::start(move |_, _| Answer::Raw(cut.to_owned())).await;
    let error = client(&server.url).collection("posts").create::<Record>(value!({})).await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::Interrupted, 200));
    assert_eq!(server.lines(), ["POST /api/collections/posts/records"]);
}

#[tokio::test]
async fn answers_of_another_shape_are_told() {
    for (body, status, kind) in [
        ("<html>", 200, ErrorKind::Decode),
        ("", 200, ErrorKind::Decode),
        ("[1]", 200, ErrorKind::Decode),
        ("<h1>Bad</h1>", 502, ErrorKind::Status),
    ] {
        let server = Fake::start(move |_, _| answer(status, "", body)).await;
        let client = Client::builder().retry(RetryPolicy::never()).build(&server.url).unwrap();
        let error = client.collection("posts").get_list::<Record>(1, 30).await.unwrap_err();
        assert_eq!((error.kind(), error.status()), (kind, status), "{body}: {error}");
        assert!(error.response().is_object());
    }
    let server = Fake::start(|_, _| Answer::Raw("nonsense\r\n\r\n".to_owned())).await;
    let error = one(&client(&server.url)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted, "{error}");
}

#[tokio::test]
async fn too_large_an_answer_is_not_kept_in_memory() {
    let server = Fake::start(|_, _| json(&format!("{:?}", "x".repeat(5000)))).await;
    let client = Client::builder().response_max(1000).build(&server.url).unwrap();
    let error = client.health().await.unwrap_err();
    assert!(error.to_string().contains("1000 bytes"), "{error}");
}

#[tokio::test]
async fn a_busy_server_is_asked_again_when_it_says_so() {
    let busy = |n, _: &str| match n {
        0 => answer(429, "retry-after: 1\r\n", r#"{"message":"Too many"}"#),
        _ => json(r#"{"id":"r1"}"#),
    };
    let server = Fake::start(busy).await;
    let start = Instant::now();
    one(&client(&server.url)).await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(1));

    let server = Fake::start(|_, _| answer(429, "retry-after: 3600\r\n", r#"{"message":"Too many"}"#)).await;
    let error = one(&client(&server.url)).await.unwrap_err();
    assert_eq!((error.status(), error.retry_after()), (429, Some(Duration::from_secs(3600))));
    let error = client(&server.url).collection("posts").delete("r1").await.unwrap_err();
    assert_eq!((error.status(), server.lines().len()), (429, 2));
}

#[tokio::test]
async fn a_hanging_server_runs_into_the_deadline() {
    let server = Fake::start(|n, _| match n {
        0 => Answer::Hang,
        _ => Answer::Hold("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{".to_owned()),
    })
    .await;
    for _ in ["before the head", "in the body"] {
        let error = one(&client(&server.url)).timeout(Duration::from_millis(80)).await.unwrap_err();
        assert_eq!((error.kind(), error.is_abort()), (ErrorKind::Timeout, false), "{error}");
    }
    assert_eq!(server.lines().len(), 2);
}

#[tokio::test]
async fn dropped_and_replaced_calls_end() {
    let server = Fake::start(|n, _| if n < 2 { Answer::Hang } else { json(r#"{"id":"r1"}"#) }).await;
    let client = client(&server.url);
    let dropped = tokio::time::timeout(Duration::from_millis(50), one(&client)).await;
    assert!(dropped.is_err());

    client.auto_cancellation(true);
    let first = tokio::spawn(IntoFuture::into_future(one(&client)));
    while server.lines().len() < 2 {
        tokio::task::yield_now().await;
    }
    one(&client).await.unwrap();
    assert!(first.await.unwrap().unwrap_err().is_abort());
}

#[tokio::test]
async fn the_wire_is_as_the_official_clients_have_it() {
    let server = Fake::start(|_, request| match request.starts_with("GET /api/collections/p/records?") {
        true => json(r#"{"page":1,"perPage":2,"totalItems":-1,"totalPages":-1,"items":[]}"#),
        false => json("{}"),
    })
    .await;
    let client = client(&format!("{}/", server.url));
    let records = client.collection("p");
    records.get_list::<Record>(1, 30).await.unwrap();
    records.get_full_list::<Record>(2).sort("a b").await.unwrap();
    records.get_first_list_item::<Record>("x = 1").await.unwrap_err();
    records.get_one::<Value>("a/b?c").await.unwrap();
    records.list_auth_methods().await.unwrap();
    client.send::<Value>("PUT".parse().unwrap(), "api/x").query("a", true).await.unwrap();
    assert_eq!(
        server.lines(),
        [
            "GET /api/collections/p/records?page=1&perPage=30",
            "GET /api/collections/p/records?page=1&perPage=2&sort=a%20b&skipTotal=1",
            "GET /api/collections/p/records?page=1&perPage=1&skipTotal=1&filter=x%20%3D%201",
            "GET /api/collections/p/records/a%2Fb%3Fc",
            "GET /api/collections/p/auth-methods",
            "PUT /api/x?a=true",
        ]
    );
    assert!(server.requests()[0].to_lowercase().contains("accept-language: en-us"));
    assert_eq!(records.get_one::<Value>("").await.unwrap_err().status(), 404);
    assert_eq!(client.collection("").get_one::<Value>("x").await.unwrap_err().status(), 404);
    assert_eq!(server.lines().len(), 6);
}

#[tokio::test]
async fn files_are_sent_as_a_form() {
    let server = Fake::start(|_, _| json("{}")).await;
    let call = client(&server.url).collection("p").create::<Value>(value!({"n": "007"}));
    call.file("f", File::bytes("a.txt", "Hello")).await.unwrap();
    let request = server.requests().remove(0);
    for part in [
        "content-type: multipart/form-data",
        "name=\"@jsonPayload\"\r\n\r\n{\"n\":\"007\"}",
        "filename=\"a.txt\"",
        "Hello",
    ] {
        assert!(request.contains(part), "{part} in {request}");
    }
    assert!(request.to_lowercase().contains("content-length"));
    let missing =
        client(&server.url).collection("p").create::<Value>(value!({})).file("f", File::path("/no/file"));
    assert_eq!(missing.await.unwrap_err().kind(), ErrorKind::Input);
}

#[tokio::test]
async fn a_download_that_breaks_off_leaves_no_file() {
    let server =
        Fake::start(|_, _| Answer::Raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf".to_owned()))
            .await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let download = client(&server.url).download("/x").await.unwrap();
    assert_eq!(download.content_length(), Some(100));
    let error = download.save_to(&path).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

const CONNECT: &str = "id:c1\nevent:PB_CONNECT\ndata:{\"clientId\":\"c1\"}\n\n";

#[tokio::test]
async fn a_realtime_connection_that_dies_comes_back_with_a_gap() {
    let message = "id:c1\nevent:t\ndata:{\"n\":1}\n\n";
    let server = Fake::start(move |n, request| match (request.starts_with("GET"), n) {
        (true, 0) => Answer::Raw(format!("HTTP/1.1 200 OK\r\n\r\n{CONNECT}{message}")),
        (true, _) => events(&format!("{CONNECT}{message}")),
        (false, _) => answer(204, "", ""),
    })
    .await;
    let client = client(&server.url);
    let mut events = client.realtime().subscribe("t").await.unwrap();
    let message = Event::Message { topic: "t".to_owned(), data: value!({"n": 1}) };
    let mut seen = Vec::new();
    while !seen.ends_with(&[Event::Gap, message.clone()]) {
        seen.push(
            tokio::time::timeout(Duration::from_secs(20), events.next())
                .await
                .expect("an event")
                .expect("no end"),
        );
    }
    assert!(seen.contains(&Event::Disconnected), "{seen:?}");
    assert!(
        server
            .requests()
            .iter()
            .filter(|request| request.starts_with("POST") && request.contains("\"t\""))
            .count()
            >= 2
    );
    assert_eq!(client.realtime().client_id(), "c1");
    client.realtime().unsubscribe("t").await.unwrap();
    assert!(!client.realtime().is_connected() && events.next().await.is_none());
}

#[tokio::test]
async fn a_first_connection_that_fails_is_told() {
    let refusing = Fake::start(|_, _| answer(500, "", r#"{"message":"No"}"#)).await;
    let error = client(&refusing.url).realtime().subscribe("t").await.unwrap_err();
    assert_eq!((error.status(), error.message()), (500, "No"));
    let silent = Fake::start(|_, _| events("")).await;
    let client = client(&silent.url);
    client.realtime().set_connect_timeout(Duration::from_millis(80));
    assert_eq!(client.realtime().subscribe("t").await.unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!(client.realtime().subscribe(" ").await.unwrap_err().kind(), ErrorKind::Input);
}

#[tokio::test]
async fn a_panicking_listener_does_not_stop_the_others() {
    let server = Fake::start(|_, request| match request.starts_with("GET") {
        true => events(CONNECT),
        false => answer(204, "", ""),
    })
    .await;
    let client = client(&server.url);
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let bad = client.realtime().listen("PB_CONNECT", |_| panic!("a listener's own fault"));
    let good = client.realtime().listen("PB_CONNECT", move |event| drop(sender.send(event.clone())));
    // Both are there before the connection is.
    let (_bad, _good) = tokio::try_join!(bad.into_future(), good.into_future()).unwrap();
    let data = value!({"clientId": "c1"});
    assert_eq!(receiver.recv().await, Some(Event::Message { topic: "PB_CONNECT".to_owned(), data }));
    assert!(client.realtime().is_connected());
}
