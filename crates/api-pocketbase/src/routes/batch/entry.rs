//! The entries of a batch as they were submitted.

use ketch_model::error::{FieldError, FieldErrors, Invalid};
use ketch_model::{Object, Value};

use crate::body::Submitted;

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const MAX_URL: usize = 2000;

/// One request inside the batch.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Object,
}

impl Entry {
    /// The URL without its query.
    pub fn path(&self) -> &str {
        self.url.split_once('?').map_or(&self.url, |(path, _)| path)
    }
}

/// Takes the entries out; `None` for values of a wrong type.
pub(super) fn take(submitted: &mut Submitted) -> Option<Vec<Entry>> {
    match submitted.take("requests") {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::Array(items)) => items.into_iter().map(entry).collect(),
        Some(_) => None,
    }
}

fn entry(value: Value) -> Option<Entry> {
    let object = match value {
        Value::Null => return Some(Entry::default()),
        Value::Object(object) => object,
        _ => return None,
    };
    let mut entry = Entry::default();
    for (key, value) in object {
        match (key.to_ascii_lowercase().as_str(), value) {
            ("method" | "url" | "headers" | "body", Value::Null) => {}
            ("method", Value::String(text)) => entry.method = text,
            ("url", Value::String(text)) => entry.url = text,
            ("headers", Value::Object(headers)) => {
                for (name, value) in headers {
                    let text = match value {
                        Value::String(text) => text,
                        Value::Null => String::new(),
                        _ => return None,
                    };
                    entry.headers.push((name, text));
                }
            }
            ("body", Value::Object(body)) => entry.body = body,
            ("method" | "url" | "headers" | "body", _) => return None,
            _ => {}
        }
    }
    Some(entry)
}

/// The faults of the form, under `requests`.
pub(super) fn check(entries: &[Entry], max: u64) -> FieldErrors {
    let mut errors = FieldErrors::new();
    if entries.is_empty() {
        errors.insert("requests".to_owned(), Invalid::required().into());
        return errors;
    }
    if u64::try_from(entries.len()).unwrap_or(u64::MAX) > max {
        errors.insert("requests".to_owned(), too_long(max).into());
        return errors;
    }
    let faults: FieldErrors = entries
        .iter()
        .enumerate()
        .map(|(index, entry)| (index.to_string(), check_entry(entry)))
        .filter(|(_, faults)| !faults.is_empty())
        .map(|(index, faults)| (index, FieldError::Nested(faults)))
        .collect();
    if !faults.is_empty() {
        errors.insert("requests".to_owned(), FieldError::Nested(faults));
    }
    errors
}

fn check_entry(entry: &Entry) -> FieldErrors {
    let mut faults = FieldErrors::new();
    if entry.method.is_empty() {
        faults.insert("method".to_owned(), Invalid::required().into());
    } else if !METHODS.contains(&entry.method.as_str()) {
        let invalid = Invalid::new("validation_in_invalid", "Must be a valid value.");
        faults.insert("method".to_owned(), invalid.into());
    }
    if entry.url.is_empty() {
        faults.insert("url".to_owned(), Invalid::required().into());
    } else if entry.url.len() > MAX_URL {
        faults.insert("url".to_owned(), too_long(MAX_URL as u64).into());
    }
    faults
}

fn too_long(max: u64) -> Invalid {
    let message = format!("The length must be no more than {max}.");
    Invalid::new("validation_length_too_long", message).param("max", max).param("min", 0)
}
