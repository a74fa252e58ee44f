//! `autodate`: when a record was created or last written; never set by clients.

use super::field_type::{ColumnKind, Definition, FieldType};
use super::{cast, date, options};
use crate::cell::{Cell, CellRef};
use crate::error::{FieldErrors, Invalid};
use crate::{Object, Value};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AutodateOptions {
    pub on_create: bool,
    pub on_update: bool,
}

impl FieldType for AutodateOptions {
    const TYPE: &'static str = "autodate";
    const HAS_REQUIRED: bool = false;

    fn from_options(object: &Object) -> Result<Self, String> {
        Ok(Self {
            on_create: options::flag(object, "onCreate")?,
            on_update: options::flag(object, "onUpdate")?,
        })
    }

    fn write_options(&self, object: &mut Object) {
        object.insert("onCreate".to_owned(), self.on_create.into());
        object.insert("onUpdate".to_owned(), self.on_update.into());
    }

    fn validate_options(&self, _definition: Definition<'_>) -> FieldErrors {
        let mut errors = FieldErrors::new();
        if !self.on_create && !self.on_update {
            let missing = Invalid::new("validation_required", "Either onCreate or onUpdate must be enabled");
            errors.insert("onCreate".to_owned(), missing.clone().into());
            errors.insert("onUpdate".to_owned(), missing.into());
        }
        errors
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
        date::normalize(raw)
    }

    fn validate(&self, _value: &Value) -> Result<(), Invalid> {
        Ok(())
    }

    fn to_cell(&self, value: &Value) -> Cell {
        cast::text_to_cell(value)
    }

    fn from_cell(&self, cell: CellRef<'_>) -> Value {
        date::from_cell(cell)
    }

    fn write_cell(&self, cell: CellRef<'_>, out: &mut Vec<u8>) {
        date::write_cell(cell, out);
    }
}
