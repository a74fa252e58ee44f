//! Checks of a collection's indexes that need no database.

use super::definition::Collection;
use super::index::Index;
use super::schema::Schema;
use crate::error::{FieldError, FieldErrors, Invalid};

/// An index of the database that belongs to no collection, and its table.
const INTERNAL_INDEX: (&str, &str) = ("idx__collections_type", "_collections");

/// The error under `indexes`: the first fault only.
pub(super) fn validate(
    collection: &Collection,
    before: Option<&Collection>,
    schema: &Schema,
) -> Option<FieldError> {
    if collection.is_view() {
        let message = "View collections don't support indexes.";
        return (!collection.indexes.is_empty())
            .then(|| Invalid::new("validation_indexes_not_supported", message).into());
    }
    each(collection, schema).or_else(|| {
        let invalid = missing_system_index(collection, before?)?;
        Some(invalid.into())
    })
}

fn each(collection: &Collection, schema: &Schema) -> Option<FieldError> {
    let mut known = Vec::<Index>::with_capacity(collection.indexes.len());
    for (position, statement) in collection.indexes.iter().enumerate() {
        let invalid = match Index::parse(statement) {
            None => Invalid::new("validation_invalid_index_expression", "Invalid CREATE INDEX expression."),
            Some(index) => match refuse(&index, &known, collection, schema) {
                Some(invalid) => invalid,
                None => {
                    known.push(index);
                    continue;
                }
            },
        };
        return Some(FieldError::Nested(FieldErrors::from([(position.to_string(), invalid.into())])));
    }
    None
}

fn refuse(index: &Index, known: &[Index], collection: &Collection, schema: &Schema) -> Option<Invalid> {
    if known.iter().any(|other| other.name.eq_ignore_ascii_case(&index.name)) {
        return Some(Invalid::new("validation_duplicated_index_name", "The index name already exists."));
    }
    if known.iter().any(|other| other.same_definition(index)) {
        let message = "The index definition already exists.";
        return Some(Invalid::new("validation_duplicated_index_definition", message));
    }
    // Index names are global: one database holds the tables of all collections.
    let others = schema.collections().iter().filter(|other| other.id != collection.id);
    let mut names = others
        .flat_map(|other| {
            other.parsed_indexes().iter().map(|index| (index.name.as_str(), other.name.as_str()))
        })
        .chain([INTERNAL_INDEX]);
    let (_, table) = names.find(|(name, _)| name.eq_ignore_ascii_case(&index.name))?;
    let message = format!("The index name is already used in {table} collection.");
    Some(Invalid::new("validation_existing_index_name", message).param("usedTableName", table))
}

/// A unique index with a system field must keep its columns and stay unique.
fn missing_system_index(collection: &Collection, before: &Collection) -> Option<Invalid> {
    let columns = |index: &Index| index.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
    before.parsed_indexes().iter().filter(|old| old.unique).find_map(|old| {
        let wanted = columns(old);
        let field = before
            .fields
            .iter()
            .filter(|field| field.system)
            .find(|field| wanted.iter().any(|column| column.eq_ignore_ascii_case(&field.name)))?;
        if collection.parsed_indexes().iter().any(|index| index.unique && columns(index) == wanted) {
            return None;
        }
        let message =
            format!("Unique index definition on system fields ({}) is invalid or missing.", field.name);
        let code = "validation_invalid_unique_system_field_index";
        Some(Invalid::new(code, message).param("fieldName", field.name.clone()))
    })
}
