//! The `message` and the `data` of a row.

use ketch_model::{Object, Value, ids, json, time};
use ketch_store::sql::logs::LogRow;
use percent_encoding::percent_decode_str;

use super::entry::{ERROR, Entry, INFO, MessageEntry, RequestEntry};
use crate::text::cut;

/// The longest message, in bytes.
const MESSAGE_BYTES: usize = 8000;
/// The longest data, in bytes, where the settings name none.
const DATA_BYTES: usize = 16 << 10;
/// The key that tells that data has been shortened.
const TRUNCATED: &str = "__pb_truncated__";

/// The row of an entry. `data_bytes` is the setting: zero for the default.
pub(super) fn row(entry: &Entry, data_bytes: i64) -> LogRow {
    let limit = usize::try_from(data_bytes).ok().filter(|limit| *limit > 0).unwrap_or(DATA_BYTES);
    match entry {
        Entry::Request(request) => LogRow {
            id: ids::record_id(),
            level: if request.failure.is_some() { ERROR } else { INFO },
            message: request_message(request),
            data: shortened(request_data(request), limit),
            created: text_of(request.created),
        },
        Entry::Message(MessageEntry { created, level, message, data }) => {
            let data = json::sort_keys(Value::Object(data.clone()));
            LogRow {
                id: ids::record_id(),
                level: *level,
                message: cut(message, MESSAGE_BYTES).to_owned(),
                data: shortened(json::to_text(&data), limit),
                created: text_of(*created),
            }
        }
    }
}

fn text_of(microseconds: i64) -> String {
    time::DateTime::from_unix_milliseconds(microseconds / 1000).to_text()
}

/// The verb and the address as people read it.
fn request_message(request: &RequestEntry) -> String {
    let (method, url) = (request.method(), request.url());
    let mut message = String::with_capacity(method.len() + 1 + url.len());
    message.push_str(method);
    message.push(' ');
    if has_valid_escapes(url) {
        message.push_str(&percent_decode_str(url).decode_utf8_lossy());
    } else {
        message.push_str(url);
    }
    let length = cut(&message, MESSAGE_BYTES).len();
    message.truncate(length);
    message
}

fn has_valid_escapes(url: &str) -> bool {
    let mut rest = url.as_bytes();
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        match rest.get(at + 1..at + 3) {
            Some(digits) if digits.iter().all(u8::is_ascii_hexdigit) => rest = &rest[at + 3..],
            _ => return false,
        }
    }
    true
}

/// Keys in the order of their names.
fn request_data(request: &RequestEntry) -> String {
    let mut out = Vec::with_capacity(256);
    let collection = request.auth.as_ref().map_or("", |record| record.collection.name.as_str());
    out.extend_from_slice(b"{\"auth\":");
    json::write_str(collection, &mut out);
    if let Some(record) = request.auth.as_ref().filter(|_| request.shows_auth_id) {
        out.extend_from_slice(b",\"authId\":");
        json::write_str(record.id(), &mut out);
    }
    if let Some(failure) = &request.failure {
        out.extend_from_slice(b",\"details\":");
        json::write(&failure.details, &mut out);
        out.extend_from_slice(b",\"error\":");
        json::write_str(&failure.message, &mut out);
    }
    out.extend_from_slice(b",\"execTime\":");
    json::write_f64(request.took.as_nanos() as f64 / 1e6, &mut out);
    let mut text = |key: &[u8], value: &str| {
        out.extend_from_slice(key);
        json::write_str(value, &mut out);
    };
    text(b",\"method\":", request.method());
    text(b",\"referer\":", request.referer());
    if request.shows_ip {
        text(b",\"remoteIP\":", request.remote_ip());
    }
    out.extend_from_slice(format!(",\"status\":{}", request.status).as_bytes());
    let mut text = |key: &[u8], value: &str| {
        out.extend_from_slice(key);
        json::write_str(value, &mut out);
    };
    text(b",\"type\":", "request");
    text(b",\"url\":", request.url());
    text(b",\"userAgent\":", request.user_agent());
    if request.shows_ip {
        text(b",\"userIP\":", request.user_ip());
    }
    out.push(b'}');
    String::from_utf8(out).unwrap_or_default()
}

/// Data above the limit keeps the keys that end within it; the one at the cut is null, later ones
/// are gone, and a key says so.
fn shortened(data: String, limit: usize) -> String {
    if data.len() <= limit {
        return data;
    }
    let Ok(Value::Object(whole)) = serde_json::from_str::<Value>(&data) else { return data };
    let mut kept = Object::new();
    kept.insert(TRUNCATED.to_owned(), Value::Bool(true));
    // Where the text of the next key begins; keys are written one after the other.
    let mut position = 1;
    for (index, (key, value)) in whole.into_iter().enumerate() {
        let comma = usize::from(index > 0);
        let value_starts = position + comma + json::to_text(&Value::from(key.as_str())).len() + 1;
        let value_ends = value_starts + json::to_text(&value).len();
        if value_ends <= limit {
            kept.insert(key, value);
        } else {
            if value_starts <= limit {
                kept.insert(key, Value::Null);
            }
            break;
        }
        position = value_ends;
    }
    json::to_text(&Value::Object(kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_data_keeps_its_first_keys() {
        let data = r#"{"a":"12345","b":[1,2,3],"c":true}"#;
        let cut = |limit| shortened(data.to_owned(), limit);
        assert_eq!(cut(data.len()), data);
        assert_eq!(cut(33), r#"{"__pb_truncated__":true,"a":"12345","b":[1,2,3],"c":true}"#);
        assert_eq!(cut(32), r#"{"__pb_truncated__":true,"a":"12345","b":[1,2,3],"c":null}"#);
        assert_eq!(cut(25), r#"{"__pb_truncated__":true,"a":"12345","b":[1,2,3]}"#);
        assert_eq!(cut(17), r#"{"__pb_truncated__":true,"a":"12345","b":null}"#);
        assert_eq!(cut(16), r#"{"__pb_truncated__":true,"a":"12345"}"#);
        assert_eq!(cut(1), r#"{"__pb_truncated__":true}"#);
    }

    #[test]
    fn escapes() {
        assert!(has_valid_escapes("/a?b=%20%C3%a9"));
        assert!(!has_valid_escapes("/a?b=%zz"));
        assert!(!has_valid_escapes("/a%2"));
    }
}
