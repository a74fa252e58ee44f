//! `editor`: rich text, kept as HTML.

use super::field_type::{ColumnKind, Definition, FieldType};
use super::{cast, check, options};
use crate::cell::{Cell, CellRef};
use crate::error::{FieldErrors, Invalid};
use crate::{Object, Value};

const DEFAULT_MAX_SIZE: i64 = 5 << 20;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct EditorOptions {
    /// Greatest size in bytes; 0 means 5 MiB.
    pub max_size: i64,
    /// Whether the dashboard's editor strips the host from addresses of the same site.
    pub convert_urls: bool,
}

impl EditorOptions {
    pub fn effective_max_size(&self) -> i64 {
        if self.max_size > 0 { self.max_size } else { DEFAULT_MAX_SIZE }
    }
}

impl FieldType for EditorOptions {
    const TYPE: &'static str = "editor";

    fn from_options(object: &Object) -> Result<Self, String> {
        Ok(Self {
            max_size: options::integer(object, "maxSize")?,
            convert_urls: options::flag(object, "convertURLs")?,
        })
    }

    fn write_options(&self, object: &mut Object) {
        object.insert("maxSize".to_owned(), self.max_size.into());
        object.insert("convertURLs".to_owned(), self.convert_urls.into());
    }

    fn validate_options(&self, _definition: Definition<'_>) -> FieldErrors {
        check::options([("maxSize", check::size(self.max_size))])
    }

    fn column(&self) -> ColumnKind {
        ColumnKind::Text
    }

    fn zero(&self) -> Value {
        Value::String(String::new())
    }

    fn is_blank(&self, value: &Value) -> bool {
        cast::is_empty_text(value)
    }

    fn normalize(&self, raw: &Value) -> Value {
        Value::String(cast::to_text(raw))
    }

    fn validate(&self, value: &Value) -> Result<(), Invalid> {
        let max_size = self.effective_max_size();
        if check::length(value.as_str().unwrap_or_default()) > max_size {
            return Err(Invalid::new(
                "validation_content_size_limit",
                format!("The maximum allowed content size is {max_size} bytes"),
            )
            .param("maxSize", max_size));
        }
        Ok(())
    }

    fn to_cell(&self, value: &Value) -> Cell {
        cast::text_to_cell(value)
    }

    fn from_cell(&self, cell: CellRef<'_>) -> Value {
        Value::String(cast::cell_text(cell))
    }

    fn write_cell(&self, cell: CellRef<'_>, out: &mut Vec<u8>) {
        cast::write_cell_text(cell, out);
    }
}
