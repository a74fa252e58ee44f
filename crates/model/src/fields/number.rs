//! `number`: a double.

use super::field_type::{ColumnKind, Definition, FieldType};
use super::{cast, check, options};
use crate::cell::{Cell, CellRef};
use crate::error::{FieldErrors, Invalid};
use crate::{Object, Value, json};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct NumberOptions {
    pub min: Option<f64>,
    pub max: Option<f64>,
    /// Refuses fractions.
    pub only_int: bool,
}

impl NumberOptions {
    /// Checks a number that is not 0.
    fn validate_number(&self, number: f64) -> Result<(), Invalid> {
        if self.only_int && number.fract() != 0.0 {
            return Err(Invalid::new("validation_only_int_constraint", "Decimal numbers are not allowed"));
        }
        if let Some(min) = self.min.filter(|&min| number < min) {
            return Err(Invalid::new(
                "validation_min_number_constraint",
                format!("Must be greater or equal than {}", cast::short_number(min)),
            )
            .param("min", json::number(min)));
        }
        if let Some(max) = self.max.filter(|&max| number > max) {
            return Err(Invalid::new(
                "validation_max_number_constraint",
                format!("Must be less or equal than {}", cast::short_number(max)),
            )
            .param("max", json::number(max)));
        }
        Ok(())
    }
}

/// The number of a normalised value.
fn float(value: &Value) -> f64 {
    value.as_f64().unwrap_or_default()
}

impl FieldType for NumberOptions {
    const TYPE: &'static str = "number";

    fn from_options(object: &Object) -> Result<Self, String> {
        Ok(Self {
            min: options::optional_number(object, "min")?,
            max: options::optional_number(object, "max")?,
            only_int: options::flag(object, "onlyInt")?,
        })
    }

    fn write_options(&self, object: &mut Object) {
        object.insert("min".to_owned(), self.min.map_or(Value::Null, json::number));
        object.insert("max".to_owned(), self.max.map_or(Value::Null, json::number));
        object.insert("onlyInt".to_owned(), self.only_int.into());
    }

    fn validate_options(&self, _definition: Definition<'_>) -> FieldErrors {
        let whole_only = Self { only_int: self.only_int, ..Self::default() };
        let from_min = Self { min: self.min, ..whole_only.clone() };
        let check = |bound: Option<f64>, options: &Self| match bound {
            Some(bound) => options.validate_number(bound).map_err(Into::into),
            None => Ok(()),
        };
        check::options([("min", check(self.min, &whole_only)), ("max", check(self.max, &from_min))])
    }

    fn column(&self) -> ColumnKind {
        ColumnKind::Number
    }

    fn zero(&self) -> Value {
        json::number(0.0)
    }

    /// Texts can spell infinities and not-a-number, which no JSON number can hold: they become
    /// null, and the check refuses them.
    fn normalize(&self, raw: &Value) -> Value {
        json::number(cast::to_number(raw))
    }

    fn validate(&self, value: &Value) -> Result<(), Invalid> {
        if value.is_null() {
            return Err(Invalid::new(
                "validation_not_a_number",
                "The submitted number is not properly formatted",
            ));
        }
        self.validate_number(float(value))
    }

    fn to_cell(&self, value: &Value) -> Cell {
        value.as_i64().map_or_else(|| Cell::Real(float(value)), Cell::Integer)
    }

    fn from_cell(&self, cell: CellRef<'_>) -> Value {
        json::number(cast::cell_number(cell))
    }

    fn write_cell(&self, cell: CellRef<'_>, out: &mut Vec<u8>) {
        json::write_f64(cast::cell_number(cell), out);
    }
}
