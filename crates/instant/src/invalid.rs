//! What is wrong with a request, in the form in which Instant's clients look for it.

use std::fmt;

use ketch_model::{Object, Value};

/// A request that failed validation: the type `validation-failed` on the wire.
#[derive(Debug, Clone, PartialEq)]
pub struct Invalid {
    /// What was looked at: `query`, `tx-step`, …
    pub data_type: &'static str,
    /// The part of the request that was looked at.
    pub input: Value,
    /// At least one.
    pub issues: Vec<Issue>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Issue {
    pub expected: Expected,
    /// Where in the input.
    pub path: Vec<Step>,
    /// A sentence: what is wrong, with which value, and what to do.
    pub message: String,
}

/// The name of the check that failed, under the key that the check's kind has on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// The request has another shape: the key `expected`.
    Shape(&'static str),
    /// The schema says otherwise: the key `expected?`.
    Type(&'static str),
}

/// One step into JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Key(String),
    Index(usize),
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl Invalid {
    /// `Validation failed for query: …`.
    pub fn message(&self) -> String {
        let mut message = format!("Validation failed for {}", self.data_type);
        for (position, issue) in self.issues.iter().enumerate() {
            message.push_str(if position == 0 { ": " } else { ", " });
            message.push_str(&issue.message);
        }
        message
    }

    /// The `hint` of the error on the wire.
    pub fn hint(&self) -> Object {
        let mut hint = Object::new();
        hint.insert("data-type".to_owned(), self.data_type.into());
        hint.insert("input".to_owned(), self.input.clone());
        hint.insert("errors".to_owned(), self.issues.iter().map(Issue::to_json).collect());
        hint
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message())
    }
}

impl std::error::Error for Invalid {}

impl Issue {
    fn to_json(&self) -> Value {
        let mut object = Object::new();
        let (key, name) = match self.expected {
            Expected::Shape(name) => ("expected", name),
            Expected::Type(name) => ("expected?", name),
        };
        object.insert(key.to_owned(), name.into());
        let path = self.path.iter().map(|step| match step {
            Step::Key(key) => Value::from(key.as_str()),
            Step::Index(index) => Value::from(*index),
        });
        object.insert("in".to_owned(), path.collect());
        object.insert("message".to_owned(), self.message.as_str().into());
        Value::Object(object)
    }
}
