//! Spans in OTLP's JSON: ids in hexadecimal, times in nanoseconds as texts, enums as numbers.

use ketch_model::{Object, Value, json};
use serde_json::json as value;

use super::span::{Span, Status};

/// `SPAN_KIND_SERVER`.
const SERVER: u8 = 2;

/// The body of an export request.
pub(super) fn body(service: &str, spans: &[Span]) -> Vec<u8> {
    let spans: Vec<Value> = spans.iter().map(span).collect();
    let request = value!({ "resourceSpans": [{
        "resource": { "attributes": [attribute("service.name", &Value::from(service))] },
        "scopeSpans": [{ "scope": { "name": "ketch" }, "spans": spans }],
    }] });
    let mut body = Vec::with_capacity(1024);
    json::write(&request, &mut body);
    body
}

fn span(span: &Span) -> Value {
    let nanoseconds = |microseconds: i64| microseconds.saturating_mul(1000).to_string();
    let attributes: Vec<Value> = span.attributes.iter().map(|(name, value)| attribute(name, value)).collect();
    let mut object = Object::from_iter([
        ("traceId".to_owned(), span.trace.as_str().into()),
        ("spanId".to_owned(), span.span.as_str().into()),
        ("name".to_owned(), span.name.as_str().into()),
        ("kind".to_owned(), SERVER.into()),
        ("startTimeUnixNano".to_owned(), nanoseconds(span.start).into()),
        ("endTimeUnixNano".to_owned(), nanoseconds(span.start.saturating_add(span.duration)).into()),
        ("attributes".to_owned(), attributes.into()),
        ("status".to_owned(), value!({ "code": if span.status == Status::Error { 2 } else { 0 } })),
    ]);
    if !span.parent.is_empty() {
        object.insert("parentSpanId".to_owned(), span.parent.as_str().into());
    }
    Value::Object(object)
}

fn attribute(name: &str, value: &Value) -> Value {
    let value = match value {
        Value::Bool(flag) => value!({ "boolValue": flag }),
        Value::Number(number) => match number.as_i64() {
            // 64 bit integers are texts in JSON of protocol buffers.
            Some(integer) => value!({ "intValue": integer.to_string() }),
            None => value!({ "doubleValue": number }),
        },
        Value::String(text) => value!({ "stringValue": text }),
        other => value!({ "stringValue": other.to_string() }),
    };
    value!({ "key": name, "value": value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_in_the_words_of_the_protocol() {
        let spans = [Span {
            trace: "a".repeat(32),
            span: "b".repeat(16),
            parent: String::new(),
            name: "GET /x".to_owned(),
            start: 5,
            duration: 7,
            status: Status::Error,
            attributes: Object::from_iter([("http.status_code".to_owned(), 500.into())]),
        }];
        let body: Value = serde_json::from_slice(&body("shop", &spans)).unwrap();
        let span = &body["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
        assert_eq!(span["startTimeUnixNano"], "5000");
        assert_eq!(span["endTimeUnixNano"], "12000");
        assert_eq!(span["status"]["code"], 2);
        assert_eq!(span["attributes"][0], value!({"key": "http.status_code", "value": {"intValue": "500"}}));
        assert!(span.get("parentSpanId").is_none());
        assert_eq!(body["resourceSpans"][0]["resource"]["attributes"][0]["value"]["stringValue"], "shop");
    }
}
