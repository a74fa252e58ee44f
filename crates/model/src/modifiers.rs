//! Modifier keys of submitted data: `count+`, `tags-`, `+tags`, `slug:autogenerate`.

use crate::collection::Collection;
use crate::fields::{Field, Operation};
use crate::record::Record;
use crate::{Object, Value};

const AUTOGENERATE: &str = ":autogenerate";

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
        if operation == Operation::Set {
            resolved.insert(field.name.clone(), field.change(operation, &Value::Null, raw));
            continue;
        }
        let present = resolved
            .get(&field.name)
            .or_else(|| current.get(&field.name))
            .cloned()
            .unwrap_or_else(|| field.zero());
        resolved.insert(field.name.clone(), field.change(operation, &present, raw));
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
    field.supports(operation).then_some((field, operation))
}

#[cfg(test)]
mod tests;
