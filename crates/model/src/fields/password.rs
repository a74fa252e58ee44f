//! `password`: a secret of which only a bcrypt hash is kept.

use super::field_type::{ColumnKind, Definition, FieldType};
use super::{cast, check, options};
use crate::cell::{Cell, CellRef};
use crate::error::{FieldErrors, Invalid};
use crate::pattern::Pattern;
use crate::{Object, Value};

/// bcrypt reads no further than this many bytes.
pub const MAX_BYTES: usize = 72;
const DEFAULT_MAX: i64 = 71;
const DEFAULT_COST: i64 = 10;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PasswordOptions {
    /// Least number of characters.
    pub min: i64,
    /// Greatest number of characters; 0 means 71.
    pub max: i64,
    /// RE2 expression that the password must match somewhere; empty allows all.
    pub pattern: Pattern,
    /// bcrypt cost; 0 means 10.
    pub cost: i64,
}

impl PasswordOptions {
    /// The bcrypt cost to hash with.
    pub fn effective_cost(&self) -> u32 {
        let cost = if self.cost > 0 { self.cost } else { DEFAULT_COST };
        u32::try_from(cost).unwrap_or(DEFAULT_COST as u32)
    }

    /// Checks a plain password that is not empty (emptiness is `required`'s business).
    pub fn validate_plain(&self, plain: &str) -> Result<(), Invalid> {
        if plain.len() > MAX_BYTES {
            return Err(Invalid::value());
        }
        let length = i64::try_from(plain.chars().count()).unwrap_or(i64::MAX);
        if length < self.min {
            return Err(Invalid { params: Default::default(), ..check::min_text(self.min) });
        }
        let max = if self.max > 0 { self.max } else { DEFAULT_MAX };
        if length > max {
            return Err(Invalid::new(
                "validation_max_text_constraint",
                format!("Must be less than {max} character(s)"),
            ));
        }
        check::pattern(&self.pattern, plain)
    }
}

impl FieldType for PasswordOptions {
    const TYPE: &'static str = "password";

    fn from_options(object: &Object) -> Result<Self, String> {
        Ok(Self {
            min: options::integer(object, "min")?,
            max: options::integer(object, "max")?,
            pattern: options::text(object, "pattern")?.into(),
            cost: options::integer(object, "cost")?,
        })
    }

    fn write_options(&self, object: &mut Object) {
        object.insert("min".to_owned(), self.min.into());
        object.insert("max".to_owned(), self.max.into());
        object.insert("pattern".to_owned(), self.pattern.to_string().into());
        object.insert("cost".to_owned(), self.cost.into());
    }

    fn validate_options(&self, _definition: Definition<'_>) -> FieldErrors {
        check::options([
            ("min", check::between(self.min, 1, DEFAULT_MAX)),
            ("max", check::between(self.max, self.min, DEFAULT_MAX)),
            ("cost", check::between(self.cost, 4, 31)),
            ("pattern", check::expression(&self.pattern)),
        ])
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

    /// The plain text; whoever saves the record replaces it by its hash.
    fn normalize(&self, raw: &Value) -> Value {
        Value::String(cast::to_text(raw))
    }

    /// A stored hash has nothing to be checked; see [`PasswordOptions::validate_plain`].
    fn validate(&self, _value: &Value) -> Result<(), Invalid> {
        Ok(())
    }

    fn to_cell(&self, value: &Value) -> Cell {
        cast::text_to_cell(value)
    }

    fn from_cell(&self, cell: CellRef<'_>) -> Value {
        Value::String(cast::cell_text(cell))
    }

    /// Nobody is shown a hash.
    fn write_cell(&self, _cell: CellRef<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\"\"");
    }
}
