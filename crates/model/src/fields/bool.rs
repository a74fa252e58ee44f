//! `bool`: true or false; required means true.

use super::cast;
use super::field_type::{ColumnKind, Definition, FieldType};
use crate::cell::{Cell, CellRef};
use crate::error::{FieldErrors, Invalid};
use crate::{Object, Value};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BoolOptions {}

impl FieldType for BoolOptions {
    const TYPE: &'static str = "bool";

    fn from_options(_object: &Object) -> Result<Self, String> {
        Ok(Self {})
    }

    fn write_options(&self, _object: &mut Object) {}

    fn validate_options(&self, _definition: Definition<'_>) -> FieldErrors {
        FieldErrors::new()
    }

    fn column(&self) -> ColumnKind {
        ColumnKind::Bool
    }

    fn zero(&self) -> Value {
        Value::Bool(false)
    }

    fn normalize(&self, raw: &Value) -> Value {
        Value::Bool(cast::to_bool(raw))
    }

    fn validate(&self, _value: &Value) -> Result<(), Invalid> {
        Ok(())
    }

    fn to_cell(&self, value: &Value) -> Cell {
        Cell::Integer(i64::from(value.as_bool().unwrap_or_default()))
    }

    fn from_cell(&self, cell: CellRef<'_>) -> Value {
        Value::Bool(cast::cell_bool(cell))
    }

    fn write_cell(&self, cell: CellRef<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(if cast::cell_bool(cell) { b"true" } else { b"false" });
    }
}
