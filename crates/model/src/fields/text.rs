//! `text`: a line or more of plain text; also the record id.

use super::field_type::{ColumnKind, Definition, FieldType};
use super::{cast, check, options};
use crate::cell::{Cell, CellRef};
use crate::error::{FieldError, FieldErrors, Invalid};
use crate::pattern::Pattern;
use crate::{Object, Value, ids};

/// The longest text, in characters, where `max` is 0.
const DEFAULT_MAX: i64 = 5000;
/// The pattern of ids that the server makes itself.
pub const ID_PATTERN: &str = "^[a-z0-9]+$";
/// Names that some file systems keep for themselves: ids name folders.
const RESERVED_IDS: [&str; 22] = [
    "AUX", "CON", "NUL", "PRN", "COM1", "COM2", "COM3", "COM4", "COM5", "COM6", "COM7", "COM8", "COM9",
    "LPT1", "LPT2", "LPT3", "LPT4", "LPT5", "LPT6", "LPT7", "LPT8", "LPT9",
];
/// Characters that no id may hold: paths and file systems give them a meaning.
const FORBIDDEN_ID_CHARACTERS: &str = "./\\|\"'`<>:?*%$\0\t\n\r ";
/// How many texts are made to see whether an autogenerate pattern suits the other options.
const AUTOGENERATE_TRIALS: usize = 10;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TextOptions {
    /// Least number of characters of a text that is not empty.
    pub min: i64,
    /// Greatest number of characters; 0 means 5000.
    pub max: i64,
    /// RE2 expression that the text must match somewhere; empty allows all.
    pub pattern: Pattern,
    /// RE2 expression from which an empty text is filled on create.
    pub autogenerate_pattern: Pattern,
    pub primary_key: bool,
}

impl TextOptions {
    /// A new text of the autogenerate pattern; empty without one.
    pub fn autogenerate(&self) -> String {
        if self.autogenerate_pattern.is_empty() {
            return String::new();
        }
        // The definition was checked when it was saved; a foreign folder may still hold a bad one.
        self.autogenerate_pattern.generate(&mut ids::random_below).unwrap_or_default()
    }

    /// Whether the texts of the autogenerate pattern pass the other options.
    fn validate_autogenerate(&self, definition: Definition<'_>) -> Result<(), FieldError> {
        check::expression(&self.autogenerate_pattern)?;
        if self.autogenerate_pattern.is_empty() {
            return Ok(());
        }
        for _ in 0..AUTOGENERATE_TRIALS {
            let text = (self.autogenerate_pattern.generate(&mut ids::random_below))
                .map_err(|error| Invalid::new("validation_invalid_autogenerate_pattern", error))?;
            let refused =
                if text.is_empty() { definition.required } else { self.validate_text(&text).is_err() };
            if refused {
                return Err(Invalid::new(
                    "validation_invalid_autogenerate_pattern_value",
                    format!(
                        "The provided autogenerate pattern could produce invalid field values, ex.: \"{text}\""
                    ),
                )
                .into());
            }
        }
        Ok(())
    }

    fn validate_primary_key(&self, definition: Definition<'_>) -> FieldErrors {
        let mut errors = check::options([("required", check::must_be_set(definition.required))]);
        if self.pattern.is_empty() {
            errors.insert("pattern".to_owned(), Invalid::required().into());
        }
        if definition.name != "id" {
            let wrong = Invalid::new("validation_in_invalid", "The primary key must be named \"id\"");
            errors.insert("name".to_owned(), wrong.into());
        }
        errors
    }

    /// Checks a text against length, pattern and, for ids, what ids may not be.
    pub fn validate_text(&self, text: &str) -> Result<(), Invalid> {
        if self.primary_key && *self.pattern != *ID_PATTERN {
            validate_free_id(text)?;
        }
        let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
        if self.min > 0 && length < self.min {
            return Err(check::min_text(self.min));
        }
        let max = if self.max > 0 { self.max } else { DEFAULT_MAX };
        if length > max {
            return Err(Invalid::new(
                "validation_max_text_constraint",
                format!("Must be no more than {max} character(s)."),
            )
            .param("max", max));
        }
        check::pattern(&self.pattern, text)
    }
}

/// Ids of a custom pattern name folders and stand in paths too.
fn validate_free_id(text: &str) -> Result<(), Invalid> {
    if let Some(character) = FORBIDDEN_ID_CHARACTERS.chars().find(|&character| text.contains(character)) {
        return Err(Invalid::new(
            "validation_forbidden_pk_character",
            format!("'{character}' is not a valid primary key character"),
        )
        .param("ch", character.to_string()));
    }
    match RESERVED_IDS.iter().find(|reserved| text.eq_ignore_ascii_case(reserved)) {
        Some(reserved) => Err(Invalid::new(
            "validation_reserved_pk",
            format!("The primary key '{reserved}' is reserved and cannot be used"),
        )
        .param("reserved", *reserved)),
        None => Ok(()),
    }
}

impl FieldType for TextOptions {
    const TYPE: &'static str = "text";

    fn from_options(object: &Object) -> Result<Self, String> {
        Ok(Self {
            min: options::integer(object, "min")?,
            max: options::integer(object, "max")?,
            pattern: options::text(object, "pattern")?.into(),
            autogenerate_pattern: options::text(object, "autogeneratePattern")?.into(),
            primary_key: options::flag(object, "primaryKey")?,
        })
    }

    fn write_options(&self, object: &mut Object) {
        object.insert("min".to_owned(), self.min.into());
        object.insert("max".to_owned(), self.max.into());
        object.insert("pattern".to_owned(), self.pattern.to_string().into());
        object.insert("autogeneratePattern".to_owned(), self.autogenerate_pattern.to_string().into());
        object.insert("primaryKey".to_owned(), self.primary_key.into());
    }

    fn validate_options(&self, definition: Definition<'_>) -> FieldErrors {
        let mut errors = check::options([
            ("min", check::between(self.min, 0, check::MAX_COUNT)),
            ("max", check::between(self.max, self.min, check::MAX_COUNT)),
            ("pattern", check::expression(&self.pattern)),
            ("autogeneratePattern", self.validate_autogenerate(definition)),
        ]);
        if self.primary_key {
            errors.extend(self.validate_primary_key(definition));
        }
        errors
    }

    fn column(&self) -> ColumnKind {
        if self.primary_key { ColumnKind::PrimaryKey } else { ColumnKind::Text }
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
        self.validate_text(value.as_str().unwrap_or_default())
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

impl TextOptions {
    /// Adds the random part that `name:autogenerate` asks for.
    pub fn with_generated_suffix(&self, start: &Value) -> Value {
        Value::String(cast::to_text(start) + &self.autogenerate())
    }
}
