//! What modifiers do to a field's value.

use super::cast;
use super::field::{Field, FieldKind};
use super::list;
use crate::{Value, json};

/// What a submitted key does to the value that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Set,
    /// Add a number; put values behind the present ones.
    Append,
    /// Put values before the present ones.
    Prepend,
    /// Subtract a number; take values out.
    Remove,
    /// Set with a random suffix.
    Autogenerate,
}

impl Field {
    /// Whether the operation means anything to this field's type.
    pub fn supports(&self, operation: Operation) -> bool {
        match operation {
            Operation::Set => true,
            Operation::Append | Operation::Remove => matches!(
                self.kind,
                FieldKind::Number(_) | FieldKind::Select(_) | FieldKind::Relation(_) | FieldKind::File(_)
            ),
            Operation::Prepend => {
                matches!(self.kind, FieldKind::Select(_) | FieldKind::Relation(_) | FieldKind::File(_))
            }
            Operation::Autogenerate => matches!(self.kind, FieldKind::Text(_)),
        }
    }

    /// The normalised value after one operation: `present` is normalised, `raw` as submitted.
    pub fn change(&self, operation: Operation, present: &Value, raw: &Value) -> Value {
        match (&self.kind, operation) {
            (FieldKind::Number(_), Operation::Append) => add(present, raw, 1.0),
            (FieldKind::Number(_), Operation::Remove) => add(present, raw, -1.0),
            (FieldKind::Text(options), Operation::Autogenerate) => options.with_generated_suffix(raw),
            (_, Operation::Append) => join(self, present, &all_texts(raw)),
            (_, Operation::Prepend) => join(self, &all_texts(raw), present),
            (_, Operation::Remove) => {
                let unwanted = all_texts(raw);
                let unwanted = unwanted.as_array().map(Vec::as_slice).unwrap_or_default();
                let mut kept = as_items(present);
                kept.retain(|item| !unwanted.contains(item));
                self.normalize(&Value::Array(kept))
            }
            (_, Operation::Set | Operation::Autogenerate) => self.normalize(raw),
        }
    }
}

/// A sum that is no number any more is null, which the field's check refuses.
fn add(present: &Value, raw: &Value, sign: f64) -> Value {
    json::number(present.as_f64().unwrap_or_default() + sign * cast::to_number(raw))
}

/// Two values one behind the other; a single field keeps the last.
fn join(field: &Field, first: &Value, second: &Value) -> Value {
    let mut items = as_items(first);
    items.extend(as_items(second));
    field.normalize(&Value::Array(items))
}

fn as_items(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        Value::Null => Vec::new(),
        other => vec![other.clone()],
    }
}

/// All texts of a submitted value, whether the field is single or not.
fn all_texts(raw: &Value) -> Value {
    list::normalize(true, raw)
}
