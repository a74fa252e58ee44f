//! Values that name things: relation ids and file names, single or several.

use ketch_model::Value;

/// The ids or names in a value, single or multiple; empty ones are none.
pub(crate) fn ids_of(value: &Value) -> impl Iterator<Item = &str> {
    let (one, many) = match value {
        Value::String(id) if !id.is_empty() => (Some(id.as_str()), None),
        Value::Array(ids) => (None, Some(ids)),
        _ => (None, None),
    };
    one.into_iter().chain(many.into_iter().flatten().filter_map(Value::as_str))
}
