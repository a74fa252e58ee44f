//! What every field type has to answer.

use std::fmt;

use crate::cell::{Cell, CellRef};
use crate::error::{FieldErrors, Invalid};
use crate::{Object, Value, json};

/// How a field is stored. The storage drivers map each kind to a column definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ColumnKind {
    /// `TEXT DEFAULT '' NOT NULL`
    Text,
    /// `TEXT PRIMARY KEY …`: the id.
    PrimaryKey,
    /// `NUMERIC DEFAULT 0 NOT NULL`
    Number,
    /// `BOOLEAN DEFAULT FALSE NOT NULL`
    Bool,
    /// `JSON DEFAULT '[]' NOT NULL`: several options, names or ids.
    List,
    /// `JSON DEFAULT NULL`
    Json,
    /// `JSON DEFAULT '{"lon":0,"lat":0}' NOT NULL`
    GeoPoint,
}

/// What all field types share and the check of a type's own options may depend on.
#[derive(Debug, Clone, Copy)]
pub struct Definition<'a> {
    pub name: &'a str,
    pub required: bool,
}

/// What one field type knows; implemented once a type, in its own file.
pub trait FieldType: fmt::Debug + Clone + PartialEq + Send + Sync + Sized + Default {
    /// The `type` in a field's JSON.
    const TYPE: &'static str;
    /// Whether the field's JSON has the `required` and `help` keys.
    const HAS_REQUIRED: bool = true;

    /// Reads the type's own options from a field's JSON object; absent keys keep their defaults.
    /// Errors are for people, one sentence.
    fn from_options(options: &Object) -> Result<Self, String>;
    /// Writes the type's own options into a field's JSON object (the caller sorts the keys).
    fn write_options(&self, options: &mut Object);
    /// Checks the type's own options, without looking at other collections. Errors are by option name.
    fn validate_options(&self, definition: Definition<'_>) -> FieldErrors;
    fn column(&self) -> ColumnKind;
    /// The normalised value of an empty field.
    fn zero(&self) -> Value;
    /// Whether `required` refuses the value.
    fn is_blank(&self, value: &Value) -> bool {
        *value == self.zero()
    }
    /// Casts any JSON to this type's normalised form; never fails.
    fn normalize(&self, raw: &Value) -> Value;
    /// Checks a normalised value that is not blank, without looking at the store.
    fn validate(&self, value: &Value) -> Result<(), Invalid>;
    /// The stored form of a normalised value.
    fn to_cell(&self, value: &Value) -> Cell;
    /// The normalised value of a stored cell.
    #[expect(clippy::wrong_self_convention, reason = "the options decide how a cell is read")]
    fn from_cell(&self, cell: CellRef<'_>) -> Value;
    /// Writes the JSON of a stored cell; types whose cells are nearly JSON do it without a tree.
    fn write_cell(&self, cell: CellRef<'_>, out: &mut Vec<u8>) {
        json::write(&self.from_cell(cell), out);
    }
    /// Whether the field may hold several values: a select, file or relation with `maxSelect` over 1.
    fn is_multiple(&self) -> bool {
        false
    }
}
