//! `relation`: the ids of records of another collection.

use super::field_type::{ColumnKind, Definition, FieldType};
use super::{check, list, options};
use crate::cell::{Cell, CellRef};
use crate::error::{FieldErrors, Invalid};
use crate::{Object, Value};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RelationOptions {
    pub collection_id: String,
    /// Deletes the record when the last record it points at is deleted.
    pub cascade_delete: bool,
    /// Least number of ids of a relation that is not empty.
    pub min_select: i64,
    /// Several ids from 2 on; 0 and 1 mean one.
    pub max_select: i64,
}

impl RelationOptions {
    /// The error of ids that name no record.
    pub fn missing_records() -> Invalid {
        Invalid::new(
            "validation_missing_rel_records",
            "Failed to find all relation records with the provided ids",
        )
    }

    /// The error of a relation whose collection is gone.
    pub fn missing_collection() -> Invalid {
        Invalid::new(
            "validation_missing_rel_collection",
            "Relation connection is missing or cannot be accessed",
        )
    }
}

impl FieldType for RelationOptions {
    const TYPE: &'static str = "relation";

    fn from_options(object: &Object) -> Result<Self, String> {
        Ok(Self {
            collection_id: options::text(object, "collectionId")?,
            cascade_delete: options::flag(object, "cascadeDelete")?,
            min_select: options::integer(object, "minSelect")?,
            max_select: options::integer(object, "maxSelect")?,
        })
    }

    fn write_options(&self, object: &mut Object) {
        object.insert("collectionId".to_owned(), self.collection_id.clone().into());
        object.insert("cascadeDelete".to_owned(), self.cascade_delete.into());
        object.insert("minSelect".to_owned(), self.min_select.into());
        object.insert("maxSelect".to_owned(), self.max_select.into());
    }

    fn validate_options(&self, _definition: Definition<'_>) -> FieldErrors {
        let max_select = if self.max_select == 0 {
            check::must_be_set(self.min_select <= 0)
        } else {
            check::between(self.max_select, self.min_select, i64::MAX)
        };
        check::options([
            ("collectionId", check::must_be_set(!self.collection_id.is_empty())),
            ("minSelect", check::between(self.min_select, 0, i64::MAX)),
            ("maxSelect", max_select),
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
        let count = list::texts(value).len();
        if i64::try_from(count).is_ok_and(|count| count < self.min_select) {
            return Err(Invalid::new(
                "validation_not_enough_values",
                format!("Select at least {}", self.min_select),
            )
            .param("minSelect", self.min_select));
        }
        check::too_many_values(count, self.max_select)
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
