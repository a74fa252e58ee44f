//! Values as attrs take them: types, sizes, and the form in which a field holds them.

use ketch_model::attr::{Attr, CheckedType, USERS};
use ketch_model::collection::AttrEntry;
use ketch_model::time::instant;
use ketch_model::{Field, FieldKind, Value, json};
use serde_json::json;

use crate::error::{Error, Kind};

/// Bytes of JSON that an indexed or unique value may have.
pub(crate) const INDEXED_MAX: usize = 1024;

/// The normalised value of an attr's field.
///
/// # Errors
/// `validation-failed` with the flat hint of value errors.
pub(crate) fn checked(entry: &AttrEntry, value: &Value, entity: &str) -> Result<Value, Error> {
    let attr = &entry.attr;
    let Some(field) = entry.field() else {
        let message = format!("Nothing can be written to {}.", attr.name());
        return Err(refused(attr, value, entity, message));
    };
    if has_nul(value) {
        let message =
            format!("The value of {} contains the character NUL, which cannot be stored.", attr.name());
        return Err(refused(attr, value, entity, message));
    }
    if value.is_null() {
        return Ok(field.normalize(value));
    }
    if let Some(expected) = attr.checked_type
        && !fits(expected, value)
    {
        let message = format!(
            "Invalid value type for {}. Value must be a {} but the provided value type is {}.",
            attr.name(),
            expected.name(),
            type_name(value)
        );
        return Err(refused(attr, value, entity, message));
    }
    if (attr.index || attr.unique) && json::to_text(value).len() > INDEXED_MAX {
        let what = if attr.unique { "a unique" } else { "an indexed" };
        let mut error =
            refused(attr, &Value::Null, entity, format!("Value is too large for {what} attribute."));
        error.hint["value-too-large?"] = true.into();
        return Err(error);
    }
    let normalized = match value {
        // Addresses are compared as they are stored.
        Value::String(text) if attr.forward.namespace == USERS && attr.forward.label == "email" => {
            text.trim().to_lowercase().into()
        }
        value => stored(field, value),
    };
    // A field of the other front keeps its own limits.
    if field.attr.is_none() && !field.is_primary_key() {
        field.validate(&normalized).map_err(|invalid| {
            let message = format!("Invalid value for {}: {}", attr.name(), invalid.message);
            refused(attr, value, entity, message)
        })?;
    }
    Ok(normalized)
}

/// A value in the form in which a field holds it. Equal values are equal texts, and a text that looks
/// like JSON stays a text.
pub(crate) fn stored(field: &Field, value: &Value) -> Value {
    match field.kind {
        FieldKind::Json(_) => json::canonical(value.clone()),
        _ => field.normalize(value),
    }
}

fn refused(attr: &Attr, value: &Value, entity: &str, message: String) -> Error {
    let hint = json!({
        "namespace": attr.forward.namespace,
        "attribute": attr.forward.label,
        "value": value,
        "checked-data-type": attr.checked_type.map(CheckedType::name),
        "attr-id": attr.id,
        "entity-id": entity,
    });
    Error::new(Kind::ValidationFailed, message, hint)
}

/// Whether a value is one of a type. Null is one of every type.
pub(crate) fn fits(expected: CheckedType, value: &Value) -> bool {
    if value.is_null() {
        return true;
    }
    match expected {
        CheckedType::String => value.is_string(),
        CheckedType::Number => value.is_number(),
        CheckedType::Boolean => value.is_boolean(),
        CheckedType::Date => instant::of_value(value).is_some(),
    }
}

pub(crate) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(object) => object.iter().any(|(key, value)| key.contains('\0') || has_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
