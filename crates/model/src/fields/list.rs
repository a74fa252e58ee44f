//! What selects, files and relations share: one text or a list of them.

use super::cast;
use super::field_type::ColumnKind;
use crate::cell::{Cell, CellRef};
use crate::{Value, json};

/// Several values are allowed from two on; 0 and 1 both mean one.
pub(super) fn is_multiple(max_select: i64) -> bool {
    max_select > 1
}

pub(super) fn column(multiple: bool) -> ColumnKind {
    if multiple { ColumnKind::List } else { ColumnKind::Text }
}

pub(super) fn zero(multiple: bool) -> Value {
    if multiple { Value::Array(Vec::new()) } else { Value::String(String::new()) }
}

/// A single field keeps the last of several values.
pub(super) fn normalize(multiple: bool, raw: &Value) -> Value {
    let texts = cast::to_texts(raw);
    if multiple {
        Value::Array(texts.into_iter().map(Value::String).collect())
    } else {
        Value::String(texts.into_iter().next_back().unwrap_or_default())
    }
}

/// The texts of a normalised value, single or multiple, without empty ones.
pub fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) if !text.is_empty() => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

pub(super) fn to_cell(multiple: bool, value: &Value) -> Cell {
    if multiple {
        let mut out = Vec::new();
        match value {
            Value::Array(_) => json::write(value, &mut out),
            _ => out.extend_from_slice(b"[]"),
        }
        Cell::Text(String::from_utf8(out).unwrap_or_default())
    } else {
        Cell::Text(value.as_str().unwrap_or_default().to_owned())
    }
}

pub(super) fn from_cell(multiple: bool, cell: CellRef<'_>) -> Value {
    normalize(multiple, &Value::String(cast::cell_text(cell)))
}

pub(super) fn write_cell(multiple: bool, cell: CellRef<'_>, out: &mut Vec<u8>) {
    match cell {
        CellRef::Text(text) if multiple && json::is_plain_text_list(text) => {
            out.extend_from_slice(text.as_bytes());
        }
        CellRef::Text(text) if !multiple && !text.contains('[') => json::write_str(text, out),
        other => json::write(&from_cell(multiple, other), out),
    }
}
