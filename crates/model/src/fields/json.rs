//! `json`: any JSON value.

use super::field_type::{ColumnKind, Definition, FieldType};
use super::{check, options};
use crate::cell::{Cell, CellRef};
use crate::error::{FieldErrors, Invalid};
use crate::{Object, Value, json};

const DEFAULT_MAX_SIZE: i64 = 1 << 20;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JsonOptions {
    /// Greatest size of the JSON text in bytes; 0 means 1 MiB.
    pub max_size: i64,
}

impl JsonOptions {
    pub fn effective_max_size(&self) -> i64 {
        if self.max_size > 0 { self.max_size } else { DEFAULT_MAX_SIZE }
    }
}

/// A submitted text may be JSON itself (forms have nothing else): it is read as such where it
/// looks like JSON and is, else it is a text.
fn from_text(text: &str) -> Value {
    let looks_like_json = matches!(text, "null" | "true" | "false")
        || text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '"' | '[' | '{'));
    if looks_like_json && let Ok(value) = json::parse_whole(text.as_bytes()) {
        return value;
    }
    Value::String(text.to_owned())
}

impl FieldType for JsonOptions {
    const TYPE: &'static str = "json";

    fn from_options(object: &Object) -> Result<Self, String> {
        Ok(Self { max_size: options::integer(object, "maxSize")? })
    }

    fn write_options(&self, object: &mut Object) {
        object.insert("maxSize".to_owned(), self.max_size.into());
    }

    fn validate_options(&self, _definition: Definition<'_>) -> FieldErrors {
        check::options([("maxSize", check::size(self.max_size))])
    }

    fn column(&self) -> ColumnKind {
        ColumnKind::Json
    }

    fn zero(&self) -> Value {
        Value::Null
    }

    fn is_blank(&self, value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(object) => object.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        }
    }

    fn normalize(&self, raw: &Value) -> Value {
        match raw {
            Value::String(text) => from_text(text),
            other => json::canonical(other.clone()),
        }
    }

    fn validate(&self, value: &Value) -> Result<(), Invalid> {
        let max_size = self.effective_max_size();
        if check::length(&json::to_text(value)) > max_size {
            return Err(Invalid::new(
                "validation_json_size_limit",
                format!("The maximum allowed JSON size is {max_size} bytes"),
            )
            .param("maxSize", max_size));
        }
        Ok(())
    }

    fn to_cell(&self, value: &Value) -> Cell {
        match value {
            Value::Null => Cell::Null,
            other => Cell::Text(json::to_text(other)),
        }
    }

    /// The column's numeric affinity turns texts of numbers into numbers.
    fn from_cell(&self, cell: CellRef<'_>) -> Value {
        match cell {
            CellRef::Null => Value::Null,
            CellRef::Integer(number) => json::number(number as f64),
            CellRef::Real(number) => json::number(number),
            CellRef::Text(text) => from_stored(text.as_bytes()),
            CellRef::Blob(bytes) => from_stored(bytes),
        }
    }

    fn write_cell(&self, cell: CellRef<'_>, out: &mut Vec<u8>) {
        match cell {
            // A foreign writer may have stored anything, so the text is checked, but not rebuilt.
            CellRef::Text(text) if json::is_valid(text) => out.extend_from_slice(text.as_bytes()),
            other => json::write(&self.from_cell(other), out),
        }
    }
}

fn from_stored(bytes: &[u8]) -> Value {
    json::parse_whole(bytes).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned()))
}
