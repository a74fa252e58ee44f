//! A record: one row of a collection with its values in normalised form.

use std::sync::Arc;

use crate::{Collection, Value};

/// An owned record. `values[i]` belongs to `collection.fields[i]`.
///
/// Password fields hold the stored hash here, never a plain text.
#[derive(Debug, Clone)]
pub struct Record {
    pub collection: Arc<Collection>,
    pub values: Vec<Value>,
}

impl Record {
    /// A record with the zero value in every field.
    pub fn blank(collection: Arc<Collection>) -> Self {
        let values = collection.fields.iter().map(|field| field.zero()).collect();
        Self { collection, values }
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

    /// Sets a normalised value; a field that the collection lacks is ignored.
    pub fn set(&mut self, field: &str, value: Value) {
        if let Some(index) = self.collection.field_index(field) {
            self.values[index] = value;
        }
    }
}
