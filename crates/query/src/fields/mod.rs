//! The `fields` parameter: which keys of a response to keep.

use ketch_model::{Error, Value};

/// A parsed `fields` parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldPicker {
    _fill: (),
}

impl FieldPicker {
    /// Fails with the generic 400 on a bad modifier or unbalanced parentheses. Empty text picks everything.
    pub fn parse(_text: &str) -> Result<Self, Error> {
        Ok(Self { _fill: () })
    }

    /// Keeps the picked keys of an object, or of every item of an array.
    pub fn apply(&self, value: Value) -> Value {
        value
    }
}
