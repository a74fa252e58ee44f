//! Modifier keys of submitted data: `count+`, `tags-`, `+tags`, `slug:autogenerate`.

use super::cast;
use super::field::{Field, FieldKind};
use super::list;
use crate::collection::Collection;
use crate::record::Record;
use crate::{Object, Value, json};

const AUTOGENERATE: &str = ":autogenerate";

#[derive(Clone, Copy)]
enum Operation {
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

/// Turns modifier keys into plain keys with normalised values, as rules see `@request.body`.
///
/// `current` is the stored record, or a blank one on create. Keys apply in order of their length,
/// so that a plain key is set before its modifiers. Keys of no field are kept as they are.
pub fn apply(collection: &Collection, current: &Record, submitted: &Object) -> Object {
    let mut entries: Vec<(&String, &Value)> = submitted.iter().collect();
    entries.sort_by_key(|(key, _)| key.len());
    let mut resolved = Object::new();
    for (key, raw) in entries {
        let Some((field, operation)) = target(collection, key) else {
            resolved.insert(key.clone(), raw.clone());
            continue;
        };
        let present = resolved
            .get(&field.name)
            .or_else(|| current.get(&field.name))
            .cloned()
            .unwrap_or_else(|| field.zero());
        resolved.insert(field.name.clone(), change(field, operation, &present, raw));
    }
    resolved
}

/// The field that a key speaks of and what it does to it.
fn target<'a>(collection: &'a Collection, key: &str) -> Option<(&'a Field, Operation)> {
    if let Some(field) = collection.field(key) {
        return Some((field, Operation::Set));
    }
    let (name, operation) = if let Some(name) = key.strip_suffix('+') {
        (name, Operation::Append)
    } else if let Some(name) = key.strip_suffix('-') {
        (name, Operation::Remove)
    } else if let Some(name) = key.strip_prefix('+') {
        (name, Operation::Prepend)
    } else {
        (key.strip_suffix(AUTOGENERATE)?, Operation::Autogenerate)
    };
    let field = collection.field(name)?;
    is_supported(&field.kind, operation).then_some((field, operation))
}

fn is_supported(kind: &FieldKind, operation: Operation) -> bool {
    match operation {
        Operation::Set => true,
        Operation::Append | Operation::Remove => matches!(
            kind,
            FieldKind::Number(_) | FieldKind::Select(_) | FieldKind::Relation(_) | FieldKind::File(_)
        ),
        Operation::Prepend => {
            matches!(kind, FieldKind::Select(_) | FieldKind::Relation(_) | FieldKind::File(_))
        }
        Operation::Autogenerate => matches!(kind, FieldKind::Text(_)),
    }
}

/// The field's normalised value after one key.
fn change(field: &Field, operation: Operation, present: &Value, raw: &Value) -> Value {
    match (&field.kind, operation) {
        (FieldKind::Number(_), Operation::Append) => add(present, raw, 1.0),
        (FieldKind::Number(_), Operation::Remove) => add(present, raw, -1.0),
        (FieldKind::Text(options), Operation::Autogenerate) => options.with_generated_suffix(raw),
        (_, Operation::Append) => join(field, present, &all_texts(raw)),
        (_, Operation::Prepend) => join(field, &all_texts(raw), present),
        (_, Operation::Remove) => {
            let unwanted = all_texts(raw);
            let unwanted = unwanted.as_array().map(Vec::as_slice).unwrap_or_default();
            let mut kept = as_items(present);
            kept.retain(|item| !unwanted.contains(item));
            field.normalize(&Value::Array(kept))
        }
        (_, Operation::Set | Operation::Autogenerate) => field.normalize(raw),
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

#[cfg(test)]
mod tests;
