//! A record: one row of a collection with its values in normalised form.

use std::sync::Arc;

use crate::cell::{Cell, CellRef};
use crate::{Collection, FieldKind, Value};

/// The stored form of a null that somebody wrote, in a nullable json field.
const NULL_TEXT: &str = "null";

/// An owned record. `values[i]` belongs to `collection.fields[i]`.
///
/// Password fields hold the stored hash here, never a plain text.
#[derive(Debug, Clone)]
pub struct Record {
    pub collection: Arc<Collection>,
    pub values: Vec<Value>,
    /// Positions of nullable json fields that hold a null which somebody wrote; null elsewhere in
    /// `values` is a missing value. Ascending, nearly always empty.
    pub nulls: Vec<usize>,
}

impl Record {
    /// A record with the zero value in every field.
    pub fn blank(collection: Arc<Collection>) -> Self {
        let values = collection.fields.iter().map(|field| field.zero()).collect();
        Self { collection, values, nulls: Vec::new() }
    }

    /// The record of a stored row: `cell(i)` belongs to `collection.fields[i]`.
    pub fn from_cells<'a>(collection: &Arc<Collection>, cell: impl Fn(usize) -> CellRef<'a>) -> Self {
        let mut nulls = Vec::new();
        let mut values = Vec::with_capacity(collection.fields.len());
        for (index, field) in collection.fields.iter().enumerate() {
            let cell = cell(index);
            if field.nullable && cell == CellRef::Text(NULL_TEXT) && matches!(field.kind, FieldKind::Json(_))
            {
                nulls.push(index);
            }
            values.push(field.from_cell(cell));
        }
        Self { collection: collection.clone(), values, nulls }
    }

    /// The stored form of a value, by the position of its field.
    pub fn cell(&self, index: usize) -> Cell {
        if self.is_null(index) {
            Cell::text(NULL_TEXT)
        } else {
            self.collection.fields[index].to_cell(&self.values[index])
        }
    }

    /// Whether the field at the position holds a null that somebody wrote, rather than nothing.
    pub fn is_null(&self, index: usize) -> bool {
        !self.nulls.is_empty() && self.nulls.contains(&index)
    }

    /// Writes a normalised value by the position of its field. Null where a nullable json field
    /// can tell it from nothing is a written null; see [`Record::clear`].
    pub fn write(&mut self, index: usize, value: Value) {
        let told = value.is_null() && self.collection.fields[index].tells_null_from_missing();
        self.replace(index, value);
        if told {
            let at = self.nulls.partition_point(|&other| other < index);
            self.nulls.insert(at, index);
        }
    }

    /// Sets a normalised value by the position of its field; null is a missing value.
    pub fn replace(&mut self, index: usize, value: Value) {
        if !self.nulls.is_empty() {
            self.nulls.retain(|&other| other != index);
        }
        self.values[index] = value;
    }

    /// Makes the value of the field at the position a missing one, or zero where it cannot miss.
    pub fn clear(&mut self, index: usize) {
        self.replace(index, self.collection.fields[index].zero());
    }

    /// Whether two states of a record differ in the field at the position.
    pub fn differs(&self, other: &Self, index: usize) -> bool {
        self.values[index] != other.values[index] || self.is_null(index) != other.is_null(index)
    }

    pub fn id(&self) -> &str {
        self.text("id")
    }

    pub fn get(&self, field: &str) -> Option<&Value> {
        self.collection.field_index(field).map(|index| &self.values[index])
    }

    /// The text of a text-like field; empty where the field is missing or of another kind.
    pub fn text(&self, field: &str) -> &str {
        self.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn bool(&self, field: &str) -> bool {
        self.get(field).and_then(Value::as_bool).unwrap_or_default()
    }

    /// Sets a normalised value, null for a missing one; a field that the collection lacks is ignored.
    pub fn set(&mut self, field: &str, value: Value) {
        if let Some(index) = self.collection.field_index(field) {
            self.replace(index, value);
        }
    }
}
