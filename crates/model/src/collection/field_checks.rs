//! Checks of a collection's fields: as a list, against what they were, and each by itself.

use std::collections::HashSet;

use super::check::{nest, put};
use super::definition::Collection;
use super::scaffold::scaffold;
use super::schema::Schema;
use crate::error::{FieldError, FieldErrors, Invalid};
use crate::fields::{Field, FieldKind};

/// Keys that a submitted auth record has besides its fields.
const AUTH_RESERVED: [&str; 2] = ["passwordConfirm", "oldPassword"];

/// The error under `fields`. Only the first kind of fault is reported, with all places of that kind
/// from the type changes on.
pub(super) fn validate(
    collection: &Collection,
    before: Option<&Collection>,
    schema: &Schema,
) -> Option<FieldError> {
    whole_list(collection, before).err().or_else(|| {
        let by_position = [
            type_changes(collection, before),
            reserved_names(collection),
            definitions(collection, before, schema),
        ];
        by_position.into_iter().find(|errors| !errors.is_empty()).map(FieldError::Nested)
    })
}

fn whole_list(collection: &Collection, before: Option<&Collection>) -> Result<(), FieldError> {
    if collection.fields.is_empty() {
        return Err(Invalid::required().into());
    }
    duplicates(&collection.fields)?;
    let has_id = collection.fields.iter().any(|field| field.name == "id" && field.is_primary_key());
    if !has_id {
        return Err(
            Invalid::new("validation_missing_primary_key", "Missing or invalid \"id\" PK field.").into()
        );
    }
    match before {
        Some(before) if !collection.is_view() => system_fields(collection, before),
        _ => Ok(()),
    }
}

fn duplicates(fields: &[Field]) -> Result<(), FieldError> {
    let (mut ids, mut names) = (HashSet::new(), HashSet::new());
    for (index, field) in fields.iter().enumerate() {
        let (key, invalid) = if !ids.insert(field.id.as_str()) {
            let message = format!("Duplicated or invalid field id {}", field.id);
            ("id", Invalid::new("validation_duplicated_field_id", message).param("fieldId", field.id.clone()))
        } else if !names.insert(field.name.to_lowercase()) {
            let message = format!("Duplicated or invalid field name {}", field.name);
            (
                "name",
                Invalid::new("validation_duplicated_field_name", message)
                    .param("fieldName", field.name.clone()),
            )
        } else {
            continue;
        };
        return Err(at(index, FieldErrors::from([(key.to_owned(), invalid.into())])));
    }
    Ok(())
}

fn at(index: usize, errors: FieldErrors) -> FieldError {
    FieldError::Nested(FieldErrors::from([(index.to_string(), FieldError::Nested(errors))]))
}

/// System fields keep their ids and names.
fn system_fields(collection: &Collection, before: &Collection) -> Result<(), FieldError> {
    let is_kept = |old: &Field| collection.field_by_id(&old.id).is_some_and(|new| new.name == old.name);
    if before.fields.iter().filter(|field| field.system).all(is_kept) {
        return Ok(());
    }
    Err(Invalid::new("validation_system_field_change", "System fields cannot be deleted or renamed.").into())
}

/// An id stands for a column, whose type is fixed; a new collection has those of its system fields.
fn type_changes(collection: &Collection, before: Option<&Collection>) -> FieldErrors {
    let mut errors = FieldErrors::new();
    if collection.is_view() {
        return errors;
    }
    let new;
    let before = match before {
        Some(before) => before,
        None => {
            new = scaffold(collection.kind.clone());
            &new
        }
    };
    for (index, field) in collection.fields.iter().enumerate() {
        if before.field_by_id(&field.id).is_some_and(|old| old.type_name() != field.type_name()) {
            let invalid = Invalid::new("validation_field_type_change", "Field type cannot be changed.");
            put(&mut errors, &index.to_string(), invalid);
        }
    }
    errors
}

fn reserved_names(collection: &Collection) -> FieldErrors {
    let mut errors = FieldErrors::new();
    if !collection.is_auth() {
        return errors;
    }
    for (index, field) in collection.fields.iter().enumerate() {
        if AUTH_RESERVED.contains(&field.name.as_str()) {
            let message = "The field name is reserved and cannot be used.";
            let invalid = Invalid::new("validation_reserved_field_name", message);
            nest(&mut errors, &index.to_string(), FieldErrors::from([("name".to_owned(), invalid.into())]));
        }
    }
    errors
}

/// Each field by itself, and what it says about other collections.
fn definitions(collection: &Collection, before: Option<&Collection>, schema: &Schema) -> FieldErrors {
    let keys = collection.fields.iter().filter(|field| field.is_primary_key()).count();
    let mut errors = FieldErrors::new();
    for (index, field) in collection.fields.iter().enumerate() {
        let mut own = field.validate_definition();
        if keys > 1 && field.is_primary_key() {
            let message = "Composite PKs are not supported and the collection must have only 1 PK.";
            put(&mut own, "primaryKey", Invalid::new("validation_unsupported_composite_pk", message));
        }
        if let Err(invalid) = relation(collection, before, schema, field) {
            put(&mut own, "collectionId", invalid);
        }
        nest(&mut errors, &index.to_string(), own);
    }
    errors
}

fn relation(
    collection: &Collection,
    before: Option<&Collection>,
    schema: &Schema,
    field: &Field,
) -> Result<(), Invalid> {
    let FieldKind::Relation(options) = &field.kind else { return Ok(()) };
    if options.collection_id.is_empty() {
        return Err(Invalid::required());
    }
    if !collection.is_view()
        && let Some(FieldKind::Relation(old)) =
            before.and_then(|old| old.field_by_id(&field.id)).map(|old| &old.kind)
        && old.collection_id != options.collection_id
    {
        let message = "The relation collection cannot be changed.";
        return Err(Invalid::new("validation_field_relation_change", message));
    }
    match schema.by_id(&options.collection_id) {
        None => {
            let message = "The relation collection doesn't exist.";
            Err(Invalid::new("validation_field_relation_missing_collection", message))
        }
        Some(target) if target.is_view() && !collection.is_view() => {
            let message = "Only view collections are allowed to have relations to other views.";
            Err(Invalid::new("validation_relation_field_non_view_base_collection", message))
        }
        Some(_) => Ok(()),
    }
}
