//! Collections from end to end: submitted, checked, written and read back.

use std::sync::Arc;

use super::{Collection, Schema, system};
use crate::error::{FieldError, FieldErrors};
use crate::{Error, Object, Value};

mod attrs;
mod auth;
mod fields;
mod indexes;
mod naming;
mod stored;

fn schema() -> Schema {
    Schema::new(system::all().into_iter().map(Arc::new).collect(), 1)
}

fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

fn submit(value: Value, before: Option<&Collection>, schema: &Schema) -> Result<Collection, Error> {
    Collection::from_submitted(&object(value), before, schema)
}

fn create(value: Value) -> Collection {
    submit(value, None, &schema()).unwrap()
}

fn update(before: &Collection, value: Value) -> Collection {
    submit(value, Some(before), &schema()).unwrap()
}

/// `path code` of every error, sorted by path.
fn codes(errors: &FieldErrors) -> Vec<String> {
    let mut found = Vec::new();
    walk("", errors, &mut found);
    found
}

fn walk(path: &str, errors: &FieldErrors, found: &mut Vec<String>) {
    for (key, error) in errors {
        match error {
            FieldError::Invalid(invalid) => {
                let code = invalid.code.strip_prefix("validation_").unwrap_or(&invalid.code);
                found.push(format!("{path}{key} {code}"));
            }
            FieldError::Nested(nested) => walk(&format!("{path}{key}."), nested, found),
        }
    }
}

/// The errors of a new collection.
fn refused(value: Value) -> Vec<String> {
    codes(&create(value).validate(None, &schema()))
}

/// The errors of an update.
fn refused_update(before: &Collection, value: Value) -> Vec<String> {
    let schema = schema().with(Arc::new(before.clone()));
    let after = submit(value, Some(before), &schema).unwrap();
    codes(&after.validate(Some(before), &schema))
}

fn field_names(collection: &Collection) -> Vec<&str> {
    collection.fields.iter().map(|field| field.name.as_str()).collect()
}
