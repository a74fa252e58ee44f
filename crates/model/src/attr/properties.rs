//! What an attr knows beyond its field.

use super::definition::{CheckedType, InferredTypes};
use crate::{Object, Value};

/// The part of an attr that its field's own JSON does not hold. It is stored beside the collections.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AttrProperties {
    /// The attr's id.
    pub id: String,
    /// The id of the forward identity; its namespace is the collection's and its label the field's name.
    pub forward_id: String,
    /// Of a relation; the namespace is that of the target.
    pub reverse: Option<ReverseIdentity>,
    pub unique: bool,
    pub index: bool,
    /// Null and missing are refused, zero values are not: unlike a field's own `required`.
    pub required: bool,
    pub inferred_types: Option<InferredTypes>,
    /// `on_delete` is the relation's `cascade_delete`.
    pub on_delete_reverse: bool,
    pub checked_type: Option<CheckedType>,
    pub metadata: Option<Value>,
    /// The relation lives in a table of its own, not in a column.
    pub link_table: bool,
}

/// The name of a relation in the namespace that it points at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReverseIdentity {
    pub id: String,
    pub label: String,
}

impl AttrProperties {
    /// The stored JSON of what has no column of its own; flags that are off are left out.
    pub fn to_json(&self) -> Object {
        let mut object = Object::new();
        let flags = [
            ("unique", self.unique),
            ("index", self.index),
            ("required", self.required),
            ("onDeleteReverse", self.on_delete_reverse),
            ("linkTable", self.link_table),
        ];
        for (key, flag) in flags {
            if flag {
                object.insert(key.to_owned(), Value::Bool(true));
            }
        }
        if let Some(types) = self.inferred_types {
            object.insert("inferredTypes".to_owned(), types.names().collect::<Vec<_>>().into());
        }
        if let Some(checked) = self.checked_type {
            object.insert("checkedType".to_owned(), checked.name().into());
        }
        if let Some(metadata) = &self.metadata {
            object.insert("metadata".to_owned(), metadata.clone());
        }
        object
    }

    /// Reads what [`AttrProperties::to_json`] wrote; the ids and the reverse identity are left empty.
    pub fn from_json(object: &Object) -> Self {
        let flag = |key: &str| object.get(key).and_then(Value::as_bool).unwrap_or_default();
        let inferred = object.get("inferredTypes").and_then(Value::as_array);
        Self {
            unique: flag("unique"),
            index: flag("index"),
            required: flag("required"),
            on_delete_reverse: flag("onDeleteReverse"),
            link_table: flag("linkTable"),
            inferred_types: inferred
                .map(|names| InferredTypes::from_names(names.iter().filter_map(Value::as_str))),
            checked_type: object.get("checkedType").and_then(Value::as_str).and_then(CheckedType::from_name),
            metadata: object.get("metadata").cloned(),
            ..Self::default()
        }
    }
}
