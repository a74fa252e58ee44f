//! Answers of counting statements, remembered while the database stays as it is.

use std::collections::HashMap;
use std::sync::Arc;

use ketch_model::Cell;
use ketch_store::Statement;

/// More answers than this are not remembered: a client cannot fill the memory with filters.
const ANSWERS: usize = 256;
/// Statement texts whose nature is remembered.
const TEXTS: usize = 256;

/// The answers of one connection. They belong to one version of the data, as the engine tells it
/// to this connection.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    version: i64,
    schema: i64,
    answers: HashMap<Box<[u8]>, u64>,
    /// Whether a text's answer depends on the data and its values alone; not so with `random()` or
    /// the time of day, which a view may ask for.
    texts: HashMap<Arc<str>, bool>,
}

impl Counts {
    pub(crate) fn is_at(&self, version: i64) -> bool {
        self.version == version
    }

    /// Goes on to another version of the data. What is known of texts stands until the schema
    /// changes: a view may then be another one.
    pub(crate) fn go_to(&mut self, version: i64, schema: i64) {
        self.version = version;
        self.answers.clear();
        if self.schema != schema {
            self.schema = schema;
            self.texts.clear();
        }
    }

    pub(crate) fn get(&self, key: &[u8]) -> Option<u64> {
        self.answers.get(key).copied()
    }

    pub(crate) fn put(&mut self, key: Box<[u8]>, count: u64) {
        if self.answers.len() >= ANSWERS {
            self.answers.clear();
        }
        self.answers.insert(key, count);
    }

    pub(crate) fn is_steady(&self, sql: &str) -> Option<bool> {
        self.texts.get(sql).copied()
    }

    pub(crate) fn set_steady(&mut self, sql: Arc<str>, steady: bool) {
        if self.texts.len() >= TEXTS {
            self.texts.clear();
        }
        self.texts.insert(sql, steady);
    }
}

/// Text and values of a statement, told apart by their lengths.
pub(crate) fn key(statement: &Statement) -> Box<[u8]> {
    let mut key = Vec::with_capacity(statement.sql.len() + statement.params.len() * 24);
    for param in &statement.params {
        match param {
            Cell::Null => key.push(0),
            Cell::Integer(number) => {
                key.push(1);
                key.extend(number.to_le_bytes());
            }
            Cell::Real(number) => {
                key.push(2);
                key.extend(number.to_bits().to_le_bytes());
            }
            Cell::Text(text) => push_bytes(&mut key, 3, text.as_bytes()),
            Cell::Blob(bytes) => push_bytes(&mut key, 4, bytes),
        }
    }
    push_bytes(&mut key, 5, statement.sql.as_bytes());
    key.into_boxed_slice()
}

fn push_bytes(key: &mut Vec<u8>, kind: u8, bytes: &[u8]) {
    key.push(kind);
    key.extend((bytes.len() as u64).to_le_bytes());
    key.extend_from_slice(bytes);
}

/// Whether a function answers the same for the same arguments at any time.
pub(crate) fn is_steady_function(name: &str) -> bool {
    const UNSTEADY: [&str; 14] = [
        "random",
        "randomblob",
        "date",
        "time",
        "datetime",
        "julianday",
        "unixepoch",
        "strftime",
        "timediff",
        "current_date",
        "current_time",
        "current_timestamp",
        "changes",
        "total_changes",
    ];
    !UNSTEADY.iter().any(|unsteady| name.eq_ignore_ascii_case(unsteady))
}
