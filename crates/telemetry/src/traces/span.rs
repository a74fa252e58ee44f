//! One span as it waits to be written.

use ketch_model::{Cell, Object, Value, json, time};

use super::ids;
use crate::seen::Seen;
use crate::text::{cut, without_secrets};

/// The longest texts, in bytes.
const NAME_BYTES: usize = 500;
const TEXT_BYTES: usize = 1_000;

#[derive(Debug, Clone)]
pub(super) struct Span {
    pub(super) trace: String,
    pub(super) span: String,
    /// Empty for the first span of a trace.
    pub(super) parent: String,
    pub(super) name: String,
    /// Microseconds since 1970.
    pub(super) start: i64,
    /// In microseconds.
    pub(super) duration: i64,
    pub(super) status: Status,
    pub(super) attributes: Object,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Ok,
    Error,
}

impl Status {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
        }
    }
}

impl Span {
    /// The span of an answered request; its headers may make it a part of a client's trace.
    pub(super) fn of(seen: &Seen<'_>, is_dyed: bool) -> Self {
        let (trace, parent) = match ids::parse(seen.traceparent) {
            Some(parent) => (parent.trace, parent.span),
            None => (ids::new_trace(), String::new()),
        };
        let (path, query) = seen.url.split_once('?').unwrap_or((seen.url, ""));
        let mut attributes = Object::new();
        let mut add = |name: &str, value: Value| attributes.insert(name.to_owned(), value);
        add("http.method", seen.method.into());
        let mut texts = |name: &str, text: &str| {
            if !text.is_empty() {
                add(name, cut(text, TEXT_BYTES).into());
            }
        };
        texts("http.url", path);
        texts("http.host", seen.host);
        texts("http.user_agent", seen.user_agent);
        // What is not the path of these may carry secrets: tokens of files, of people's searches.
        texts("http.referer", seen.referer.split(['?', '#']).next().unwrap_or_default());
        texts("http.query_string", &without_secrets(query));
        add("http.status_code", seen.status.into());
        if let Some(size) = seen.response_size {
            add("http.response_size", size.into());
        }
        if let Some(record) = seen.auth {
            add("user.id", record.id().into());
            add("user.collection", record.collection.name.as_str().into());
        }
        if is_dyed {
            add("trace.dyed", true.into());
        }
        Self {
            trace,
            span: ids::new_span(),
            parent,
            name: cut(&format!("{} {path}", seen.method), NAME_BYTES).to_owned(),
            start: seen.began,
            duration: i64::try_from(seen.took.as_micros()).unwrap_or(i64::MAX),
            status: if seen.status >= 500 { Status::Error } else { Status::Ok },
            attributes,
        }
    }

    /// In the order of the store's columns.
    pub(super) fn cells(&self) -> Vec<Cell> {
        let text = |text: &str| Cell::text(text);
        vec![
            text(&self.trace),
            text(&self.span),
            text(&self.parent),
            text(&self.name),
            text("server"),
            Cell::Integer(self.start),
            Cell::Integer(self.duration),
            text(self.status.name()),
            Cell::Text(json::to_text(&Value::Object(self.attributes.clone()))),
            Cell::Integer(time::unix_milliseconds()),
        ]
    }
}
