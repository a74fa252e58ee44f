//! `date`: a moment, kept in UTC with milliseconds.

use super::field_type::{ColumnKind, Definition, FieldType};
use super::{cast, check, options};
use crate::cell::{Cell, CellRef};
use crate::error::{FieldErrors, Invalid};
use crate::{Object, Value, json, time};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DateOptions {
    /// Earliest and latest moment, normalised; empty for no bound.
    pub min: String,
    pub max: String,
}

/// The normalised date of any JSON: only texts can be dates.
pub(super) fn normalize(raw: &Value) -> Value {
    Value::String(raw.as_str().map(time::parse_date).unwrap_or_default())
}

pub(super) fn from_cell(cell: CellRef<'_>) -> Value {
    Value::String(cell.as_text().map(time::parse_date).unwrap_or_default())
}

pub(super) fn write_cell(cell: CellRef<'_>, out: &mut Vec<u8>) {
    match cell {
        CellRef::Text(text) if text.is_empty() || time::is_normalized(text) => json::write_str(text, out),
        other => json::write(&from_cell(other), out),
    }
}

impl FieldType for DateOptions {
    const TYPE: &'static str = "date";

    fn from_options(object: &Object) -> Result<Self, String> {
        Ok(Self {
            min: time::parse_date(&options::text(object, "min")?),
            max: time::parse_date(&options::text(object, "max")?),
        })
    }

    fn write_options(&self, object: &mut Object) {
        object.insert("min".to_owned(), self.min.clone().into());
        object.insert("max".to_owned(), self.max.clone().into());
    }

    fn validate_options(&self, _definition: Definition<'_>) -> FieldErrors {
        FieldErrors::new()
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
        normalize(raw)
    }

    /// Normalised dates of years with four digits sort as texts.
    fn validate(&self, value: &Value) -> Result<(), Invalid> {
        let text = value.as_str().unwrap_or_default();
        if !self.min.is_empty() && text < self.min.as_str() {
            return Err(check::date_bound(
                "validation_min_greater_equal_than_required",
                "must be no less than",
                &self.min,
            ));
        }
        if !self.max.is_empty() && text > self.max.as_str() {
            return Err(check::date_bound(
                "validation_max_less_equal_than_required",
                "must be no greater than",
                &self.max,
            ));
        }
        Ok(())
    }

    fn to_cell(&self, value: &Value) -> Cell {
        cast::text_to_cell(value)
    }

    fn from_cell(&self, cell: CellRef<'_>) -> Value {
        from_cell(cell)
    }

    fn write_cell(&self, cell: CellRef<'_>, out: &mut Vec<u8>) {
        write_cell(cell, out);
    }
}
