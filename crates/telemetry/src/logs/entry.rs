//! Entries as they wait to be written. A request is kept as raw parts; texts are made by the writer.

use std::sync::Arc;
use std::time::Duration;

use ketch_model::settings::Logs as LogSettings;
use ketch_model::{Object, Record};

use crate::seen::{Failure, Seen};
use crate::text::{cut, without_secrets};

/// The numbers of levels on the wire.
pub(super) const DEBUG: i64 = -4;
pub(super) const INFO: i64 = 0;
pub(super) const WARN: i64 = 4;
pub(super) const ERROR: i64 = 8;

/// The longest texts of a request, in bytes; what is longer ends in dots.
const URL_BYTES: usize = 3000;
const HEADER_BYTES: usize = 2000;
const DOTS: &str = "...";

#[derive(Debug)]
pub(super) enum Entry {
    Request(Box<RequestEntry>),
    Message(MessageEntry),
}

#[derive(Debug)]
pub(super) struct RequestEntry {
    /// Microseconds since 1970, when the answer was ready.
    pub(super) created: i64,
    pub(super) took: Duration,
    pub(super) status: u16,
    /// Several texts in one piece, and where each ends.
    texts: String,
    ends: [usize; TEXTS],
    pub(super) shows_ip: bool,
    pub(super) auth: Option<Arc<Record>>,
    pub(super) shows_auth_id: bool,
    pub(super) failure: Option<Failure>,
}

const TEXTS: usize = 6;

/// What the server itself has to say.
#[derive(Debug)]
pub(super) struct MessageEntry {
    /// Microseconds since 1970.
    pub(super) created: i64,
    pub(super) level: i64,
    pub(super) message: String,
    pub(super) data: Object,
}

impl RequestEntry {
    pub(super) fn new(seen: &Seen<'_>, settings: &LogSettings) -> Self {
        let url = without_secrets(seen.url);
        let parts: [(&str, usize); TEXTS] = [
            (seen.method, usize::MAX),
            (&url, URL_BYTES),
            (seen.referer, HEADER_BYTES),
            (seen.user_agent, HEADER_BYTES),
            (seen.remote_ip, usize::MAX),
            (seen.user_ip, usize::MAX),
        ];
        let length = parts.iter().map(|(text, bytes)| text.len().min(bytes.saturating_add(DOTS.len()))).sum();
        let mut texts = String::with_capacity(length);
        let mut ends = [0; TEXTS];
        for ((text, bytes), end) in parts.into_iter().zip(&mut ends) {
            texts.push_str(cut(text, bytes));
            if text.len() > bytes {
                texts.push_str(DOTS);
            }
            *end = texts.len();
        }
        Self {
            created: seen.began + i64::try_from(seen.took.as_micros()).unwrap_or_default(),
            took: seen.took,
            status: seen.status,
            texts,
            ends,
            shows_ip: settings.log_ip,
            auth: seen.auth.cloned(),
            shows_auth_id: settings.log_auth_id,
            failure: seen.is_failure().then(|| seen.failure.cloned().unwrap_or_default()),
        }
    }

    fn text(&self, index: usize) -> &str {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.texts[start..self.ends[index]]
    }

    pub(super) fn method(&self) -> &str {
        self.text(0)
    }

    pub(super) fn url(&self) -> &str {
        self.text(1)
    }

    pub(super) fn referer(&self) -> &str {
        self.text(2)
    }

    pub(super) fn user_agent(&self) -> &str {
        self.text(3)
    }

    pub(super) fn remote_ip(&self) -> &str {
        self.text(4)
    }

    pub(super) fn user_ip(&self) -> &str {
        self.text(5)
    }
}

impl Entry {
    /// Microseconds since 1970.
    pub(super) fn created(&self) -> i64 {
        match self {
            Self::Request(request) => request.created,
            Self::Message(message) => message.created,
        }
    }
}
