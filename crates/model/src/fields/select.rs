//! `select`: one or several of a list of texts.

use super::field_type::{ColumnKind, Definition, FieldType};
use super::{check, list, options};
use crate::cell::{Cell, CellRef};
use crate::error::{FieldErrors, Invalid};
use crate::{Object, Value};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SelectOptions {
    pub values: Vec<String>,
    /// Several values from 2 on; 0 and 1 mean one.
    pub max_select: i64,
}

impl FieldType for SelectOptions {
    const TYPE: &'static str = "select";

    fn from_options(object: &Object) -> Result<Self, String> {
        Ok(Self {
            values: options::texts(object, "values")?,
            max_select: options::integer(object, "maxSelect")?,
        })
    }

    fn write_options(&self, object: &mut Object) {
        object.insert("values".to_owned(), self.values.clone().into());
        object.insert("maxSelect".to_owned(), self.max_select.into());
    }

    fn validate_options(&self, _definition: Definition<'_>) -> FieldErrors {
        let count = i64::try_from(self.values.len()).unwrap_or(check::MAX_COUNT);
        check::options([
            ("values", check::must_be_set(!self.values.is_empty())),
            ("maxSelect", check::between(self.max_select, 0, count.max(1))),
        ])
    }

    fn column(&self) -> ColumnKind {
        list::column(self.is_multiple())
    }

    fn zero(&self) -> Value {
        list::zero(self.is_multiple())
    }

    fn normalize(&self, raw: &Value) -> Value {
        list::normalize(self.is_multiple(), raw)
    }

    fn validate(&self, value: &Value) -> Result<(), Invalid> {
        let texts = list::texts(value);
        check::too_many_values(texts.len(), self.max_select)?;
        match texts.into_iter().find(|text| !self.values.iter().any(|allowed| allowed == text)) {
            Some(unknown) => {
                Err(Invalid::new("validation_invalid_value", format!("Invalid value {unknown}"))
                    .param("value", unknown))
            }
            None => Ok(()),
        }
    }

    fn to_cell(&self, value: &Value) -> Cell {
        list::to_cell(self.is_multiple(), value)
    }

    fn from_cell(&self, cell: CellRef<'_>) -> Value {
        list::from_cell(self.is_multiple(), cell)
    }

    fn write_cell(&self, cell: CellRef<'_>, out: &mut Vec<u8>) {
        list::write_cell(self.is_multiple(), cell, out);
    }

    fn is_multiple(&self) -> bool {
        list::is_multiple(self.max_select)
    }
}
