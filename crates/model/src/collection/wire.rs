//! A collection's JSON for clients and its row in the store.

use super::auth::AuthOptions;
use super::definition::{Collection, CollectionKind};
use crate::document::{Document, Keys, View};
use crate::fields::Field;
use crate::{Object, Value, json};

/// A row of the `_collections` table; lists and options are JSON text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StoredCollection {
    pub id: String,
    pub system: bool,
    /// The `type` column: `base`, `auth` or `view`.
    pub type_name: String,
    pub name: String,
    pub fields: String,
    pub indexes: String,
    pub list_rule: Option<String>,
    pub view_rule: Option<String>,
    pub create_rule: Option<String>,
    pub update_rule: Option<String>,
    pub delete_rule: Option<String>,
    pub options: String,
    pub created: String,
    pub updated: String,
}

impl Collection {
    /// The collection's JSON for superusers, keys in the order of the API, without secrets.
    pub fn to_json(&self) -> Value {
        let mut object = Object::new();
        object.insert("id".to_owned(), self.id.clone().into());
        for (key, rule) in self.rules() {
            object.insert(key.to_owned(), rule.clone().into());
        }
        object.insert("name".to_owned(), self.name.clone().into());
        object.insert("type".to_owned(), self.type_name().into());
        object.insert("fields".to_owned(), self.fields_json());
        object.insert("indexes".to_owned(), self.indexes.clone().into());
        object.insert("created".to_owned(), self.created.clone().into());
        object.insert("updated".to_owned(), self.updated.clone().into());
        object.insert("system".to_owned(), self.system.into());
        object.extend(self.options(View::Public));
        Value::Object(object)
    }

    /// Like [`Collection::to_json`], with the secrets: what an export for the own use holds.
    pub fn to_full_json(&self) -> Value {
        let mut value = self.to_json();
        if let Value::Object(object) = &mut value {
            object.extend(self.options(View::Stored));
        }
        value
    }

    /// The row of the `_collections` table, secrets included.
    pub fn to_row(&self) -> StoredCollection {
        StoredCollection {
            id: self.id.clone(),
            system: self.system,
            type_name: self.type_name().to_owned(),
            name: self.name.clone(),
            fields: json::to_text(&Value::Array(
                // A relation without a column is kept beside the collections, where the original does not look.
                self.fields.iter().filter(|field| !field.is_link_table()).map(Field::to_json).collect(),
            )),
            indexes: json::to_text(&self.indexes.clone().into()),
            list_rule: self.list_rule.clone(),
            view_rule: self.view_rule.clone(),
            create_rule: self.create_rule.clone(),
            update_rule: self.update_rule.clone(),
            delete_rule: self.delete_rule.clone(),
            options: json::to_text(&Value::Object(self.options(View::Stored))),
            created: self.created.clone(),
            updated: self.updated.clone(),
        }
    }

    /// Reads a row of the `_collections` table, also of older folders. The error is one sentence for the log.
    pub fn from_row(row: StoredCollection) -> Result<Self, String> {
        let at = |part: &str, error: String| format!("collection \"{}\": {part}: {error}", row.name);
        let parse = |part: &str, text: &str| {
            serde_json::from_str::<Value>(text).map_err(|error| at(part, error.to_string()))
        };
        let options = parse("options", &row.options)?;
        let kind = kind_from(&row.type_name, &options).map_err(|error| at("options", error))?;
        let mut collection = Self::blank(kind);
        for item in items(&parse("fields", &row.fields)?) {
            let Value::Object(object) = item else {
                return Err(at("fields", format!("{item} is no object")));
            };
            collection.fields.push(Field::from_json(object).map_err(|error| at("fields", error))?);
        }
        for item in items(&parse("indexes", &row.indexes)?) {
            let Value::String(statement) = item else {
                return Err(at("indexes", format!("{item} is no text")));
            };
            collection.indexes.push(statement.clone());
        }
        collection.id = row.id;
        collection.name = row.name;
        collection.system = row.system;
        collection.list_rule = row.list_rule;
        collection.view_rule = row.view_rule;
        collection.create_rule = row.create_rule;
        collection.update_rule = row.update_rule;
        collection.delete_rule = row.delete_rule;
        collection.created = row.created;
        collection.updated = row.updated;
        collection.index_fields();
        Ok(collection)
    }

    fn fields_json(&self) -> Value {
        Value::Array(self.fields.iter().map(Field::to_json).collect())
    }

    /// What the kind adds to the collection's JSON.
    fn options(&self, view: View) -> Object {
        let options = match &self.kind {
            CollectionKind::Base => Value::Null,
            CollectionKind::Auth(options) => options.to_value(view),
            CollectionKind::View { query } => {
                return Object::from_iter([("viewQuery".to_owned(), query.clone().into())]);
            }
        };
        match options {
            Value::Object(object) => object,
            _ => Object::new(),
        }
    }
}

fn kind_from(type_name: &str, options: &Value) -> Result<CollectionKind, String> {
    match type_name {
        "base" => Ok(CollectionKind::Base),
        "auth" => {
            let mut auth = AuthOptions::default();
            auth.merge(options, Keys::Exact)?;
            Ok(CollectionKind::Auth(Box::new(auth)))
        }
        "view" => {
            let query = options.get("viewQuery").and_then(Value::as_str).unwrap_or_default();
            Ok(CollectionKind::View { query: query.to_owned() })
        }
        other => Err(format!("unknown type \"{other}\"")),
    }
}

/// The items of a list; older folders hold `null` for an empty one.
fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
