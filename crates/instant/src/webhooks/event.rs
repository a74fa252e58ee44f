//! One delivery: what is known of it.

use ketch_model::{Value, json as text};
use ketch_store::Row;
use serde_json::json;

use super::hook::moment;
use crate::error::{Error, Result};

/// What precedes the number in the name of an event. Clients take the name as it is.
const PREFIX: &str = "0/";
/// Attempts of which something is kept.
const ATTEMPTS_KEPT: usize = 50;

pub(super) mod status {
    pub const PENDING: &str = "pending";
    pub const PROCESSING: &str = "processing";
    pub const SUCCESS: &str = "success";
    /// It failed and is tried again.
    pub const ERROR: &str = "error";
    /// It was tried often enough.
    pub const FAILED: &str = "failed";
}

#[derive(Debug, Clone)]
pub(super) struct Event {
    pub seq: i64,
    pub status: String,
    pub attempts: Vec<Value>,
    /// In milliseconds since 1970.
    pub next_attempt: Option<i64>,
    pub created: i64,
    pub updated: i64,
}

/// Events of a webhook, newest first.
#[derive(Debug)]
pub struct Page {
    pub events: Vec<Value>,
    pub first: Option<String>,
    pub last: Option<String>,
    pub has_more: bool,
}

/// What came of one attempt.
#[derive(Debug)]
pub(super) struct Attempt {
    /// In milliseconds since 1970.
    pub at: i64,
    pub milliseconds: u64,
    pub outcome: Outcome,
}

#[derive(Debug)]
pub(super) enum Outcome {
    /// An answer, and the beginning of its text.
    Answered {
        status: u16,
        text: String,
    },
    Failed {
        kind: &'static str,
        message: String,
    },
}

impl Attempt {
    pub fn is_success(&self) -> bool {
        matches!(self.outcome, Outcome::Answered { status: 200..=299, .. })
    }

    /// Whether who was asked says that there is nobody any more.
    pub fn is_gone(&self) -> bool {
        matches!(self.outcome, Outcome::Answered { status: 410, .. })
    }

    pub fn to_json(&self) -> Value {
        let (status, response, kind, message) = match &self.outcome {
            Outcome::Answered { status, text } => (Some(*status), Some(text.as_str()), None, None),
            Outcome::Failed { kind, message } => (None, None, Some(*kind), Some(message.as_str())),
        };
        let (kind, message) = match (status, self.is_success()) {
            (Some(status), false) => {
                (Some("invalid-status"), Some(format!("The answer has the status {status}.")))
            }
            _ => (kind, message.map(str::to_owned)),
        };
        json!({
            "attempt-at": moment(self.at),
            "duration-ms": self.milliseconds,
            "success?": self.is_success(),
            "status-code": status,
            "response-text": response,
            "error-type": kind,
            "error-message": message,
        })
    }
}

impl Event {
    /// From the columns of the table, in their order.
    pub fn of(row: &dyn Row) -> Option<Self> {
        let attempts = text::parse_strict(row.cell(2).as_text()?.as_bytes()).ok()?;
        let number = |index| match row.cell(index) {
            ketch_model::CellRef::Integer(number) => Some(number),
            _ => None,
        };
        Some(Self {
            seq: number(0)?,
            status: row.cell(1).as_text()?.to_owned(),
            attempts: attempts.as_array()?.clone(),
            next_attempt: number(3),
            created: number(4)?,
            updated: number(5)?,
        })
    }

    pub fn add(&mut self, attempt: &Attempt) {
        if self.attempts.len() >= ATTEMPTS_KEPT {
            self.attempts.remove(0);
        }
        self.attempts.push(attempt.to_json());
    }

    /// As clients get it.
    pub fn to_json(&self, is_processing: bool) -> Value {
        let status = if is_processing { status::PROCESSING } else { self.status.as_str() };
        json!({
            "isn": isn(self.seq),
            "status": status,
            "attempts": self.attempts,
            "next_attempt_after": self.next_attempt.map(moment),
            "created_at": moment(self.created),
            "updated_at": moment(self.updated),
        })
    }
}

/// The name of an event.
pub(super) fn isn(seq: i64) -> String {
    format!("{PREFIX}{seq}")
}

/// The number in the name of an event, which came from `place` in the request.
pub(super) fn seq_of(isn: &str, place: &[&str]) -> Result<i64> {
    let number = isn.strip_prefix(PREFIX).and_then(|number| number.parse().ok());
    number.ok_or_else(|| Error::malformed(place, &isn.into()))
}
