//! Stored cells as the JSON that clients get.

use ketch_model::{CellRef, Value, json};

use super::names::Form;

/// Writes the JSON of a cell; `false` if the value is missing and nothing was written.
pub(crate) fn write(form: Form, cell: CellRef<'_>, out: &mut Vec<u8>) -> bool {
    match (form, cell) {
        (_, CellRef::Null) => return false,
        (Form::Date, CellRef::Text("")) => return false,
        (Form::Text | Form::Date, CellRef::Text(text)) => json::write_str(text, out),
        (Form::Json | Form::Structure, CellRef::Text(text)) if json::is_valid(text) => {
            out.extend_from_slice(text.as_bytes());
        }
        (Form::Flag, CellRef::Integer(flag)) => {
            out.extend_from_slice(if flag == 0 { b"false" } else { b"true" });
        }
        // What another program wrote into the column.
        (_, CellRef::Text(text)) => json::write_str(text, out),
        (_, CellRef::Integer(number)) => json::write(&json::number(number as f64), out),
        (_, CellRef::Real(number)) => json::write(&json::number(number), out),
        (_, CellRef::Blob(bytes)) => json::write_str(&String::from_utf8_lossy(bytes), out),
    }
    true
}

/// The JSON of a cell, `None` for a missing value.
pub(crate) fn value(form: Form, cell: CellRef<'_>) -> Option<Value> {
    let mut text = Vec::new();
    if !write(form, cell, &mut text) {
        return None;
    }
    json::parse_whole(&text).ok()
}
