//! Bodies as clients send them.

use axum::body::Body;
use axum::response::IntoResponse;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;

use super::{Content, Submitted, read};
use crate::error::ApiError;

async fn submitted(content_type: &'static str, body: &str) -> Result<Submitted, ApiError> {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", HeaderValue::from_static(content_type));
    read(Body::from(body.to_owned()), &headers, 1000).await
}

async fn refused(content_type: &'static str, body: &str) -> StatusCode {
    submitted(content_type, body).await.unwrap_err().into_response().status()
}

#[tokio::test]
async fn json_bodies() {
    let read = submitted("application/json; charset=utf-8", r#"{"a":1,"b":[true]} trailing"#).await.unwrap();
    assert_eq!(serde_json::Value::Object(read.data), json!({ "a": 1, "b": [true] }));
    for empty in ["", "null"] {
        assert!(submitted("application/json", empty).await.unwrap().data.is_empty());
    }
    for wrong in ["[]", "1", "{", r#"{"a":1,"a":2}"#, "{\"a\":\"\\ud800\"}"] {
        assert_eq!(refused("application/json", wrong).await, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn form_bodies() {
    let text = "a=1&b=x&b=y&c=true&d=007&e=a+b&%40jsonPayload=%7B%22a%22%3A2%2C%22z%22%3A%5B%5D%7D";
    let read = submitted("application/x-www-form-urlencoded", text).await.unwrap();
    assert_eq!(
        serde_json::Value::Object(read.data),
        json!({ "a": 2, "b": ["x", "y"], "c": true, "d": "007", "e": "a b", "z": [] })
    );
    assert_eq!(refused("application/x-www-form-urlencoded", "@jsonPayload=1").await, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn payloads_merge_by_type() {
    let form = async |pairs: &'static str| submitted("application/x-www-form-urlencoded", pairs).await;
    let merged =
        form("@jsonPayload={\"o\":{\"a\":1},\"n\":null}&@jsonPayload={\"o\":{\"b\":2},\"n\":[3]}").await;
    assert_eq!(serde_json::Value::Object(merged.unwrap().data), json!({ "o": { "a": 1, "b": 2 }, "n": [3] }));
    assert!(form("@jsonPayload=null").await.unwrap().data.is_empty());
    for wrong in [
        "a=x&@jsonPayload={\"a\":5}",
        "@jsonPayload={\"a\":[1]}&a=x",
        "@jsonPayload={\"a\":1} trailing",
        "a=%zz",
        "a=1;b=2",
    ] {
        assert!(form(wrong).await.is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn multipart_bodies() {
    let text = "--X\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n5\r\n\
                --X\r\nContent-Disposition: form-data; name=\"@jsonPayload\"\r\n\r\n{\"n\":6,\"m\":null}\r\n\
                --X\r\nContent-Disposition: form-data; name=\"docs+\"; filename=\"a.txt\"\r\n\r\nhi\r\n--X--\r\n";
    let read = submitted("multipart/form-data; boundary=X", text).await.unwrap();
    assert_eq!(serde_json::Value::Object(read.data), json!({ "n": 6, "m": null }));
    let [upload] = &read.uploads[..] else { panic!("{:?}", read.uploads) };
    assert_eq!((upload.field.as_str(), upload.file_name.as_str(), upload.size), ("docs+", "a.txt", 2));
    assert!(matches!(&upload.content, Content::Memory(bytes) if bytes == "hi"));
    assert_eq!(refused("multipart/form-data", text).await, StatusCode::BAD_REQUEST);
    assert!(submitted("multipart/form-data; boundary=X", "").await.unwrap().uploads.is_empty());
}

#[tokio::test]
async fn other_bodies() {
    assert_eq!(refused("text/plain", "x").await, StatusCode::BAD_REQUEST);
    assert!(submitted("text/plain", "").await.unwrap().data.is_empty());
    assert_eq!(refused("application/json", &"x".repeat(1001)).await, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn fixed_forms_are_read_without_regard_to_case() {
    let read =
        submitted("application/json", r#"{"IDENTITY":"x","n":3,"flag":true,"wrong":1}"#).await.unwrap();
    assert_eq!(read.text("identity").unwrap(), "x");
    assert_eq!(read.text("absent").unwrap(), "");
    assert_eq!(read.integer("n").unwrap(), 3);
    assert!(read.bool("flag").unwrap());
    assert!(read.text("wrong").is_err() && read.bool("n").is_err());
}
