//! Many collections created, changed and deleted in one transaction.

use std::sync::Arc;

use ketch_model::error::Invalid;
use ketch_model::{Collection, Error, FieldErrors, Object, Value};
use ketch_store::Connection;

use super::draft::Draft;
use super::failure::{Failure, engine_text, indented};
use super::save::{self, Checked};
use super::{remove, rules};

const IMPORT_FAILED: &str = "Failed to import collections";

/// A collection of the list, decoded and not stored yet.
struct Item {
    before: Option<Arc<Collection>>,
    collection: Collection,
}

/// A stored collection and what it was before.
type Saved = (Option<Arc<Collection>>, Arc<Collection>);

/// Imports the list. Known collections are found by id, or by name where no id is given, and keep
/// what is not listed; with `delete_missing` the list is all there is, besides what the system
/// needs. Answers the collections that were deleted.
pub(super) fn import(
    connection: &mut dyn Connection,
    draft: &mut Draft,
    list: &[Object],
    delete_missing: bool,
) -> Result<Vec<Arc<Collection>>, Error> {
    let deleted = if delete_missing { delete_others(connection, draft, list)? } else { Vec::new() };
    let mut items = decode(draft, list, delete_missing)?;
    refuse_invalid_tables(draft, &items)?;
    // Views may read any table and each other: they come last.
    let views = items.extract_if(.., |item| item.collection.is_view()).collect::<Vec<_>>();
    let mut saved = Vec::<Saved>::new();
    for item in items {
        let checked = Checked::of_table(item.collection);
        store(connection, draft, item.before.as_deref(), &checked)?;
        saved.push((item.before, checked.collection));
    }
    saved.extend(import_views(connection, draft, views)?);
    for (_, collection) in &saved {
        let mut errors = FieldErrors::new();
        rules::check(draft.schema(), collection, &mut errors);
        refuse_invalid(collection, errors)?;
    }
    for (before, collection) in &saved {
        save::follow(connection, draft, before.as_deref(), collection)
            .map_err(|failure| storing_failed(&collection.name, failure))?;
    }
    Ok(deleted)
}

fn delete_others(
    connection: &mut dyn Connection,
    draft: &mut Draft,
    list: &[Object],
) -> Result<Vec<Arc<Collection>>, Error> {
    let listed: Vec<String> = list
        .iter()
        .filter_map(|object| find(draft, object))
        .map(|collection| collection.id.clone())
        .collect();
    let others = draft.schema().collections().iter();
    let others: Vec<_> =
        others.filter(|collection| !collection.system && !listed.contains(&collection.id)).cloned().collect();
    for collection in &others {
        remove::drop(connection, draft, collection).map_err(|error| {
            configuration_failed(&format!(
                "failed to delete collection {:?}: {}",
                collection.name,
                engine_text(&error)
            ))
        })?;
    }
    Ok(others)
}

/// The collection that an item of the list means.
fn find(draft: &Draft, object: &Object) -> Option<Arc<Collection>> {
    let text = |key| object.get(key).and_then(Value::as_str).unwrap_or_default();
    let found = match text("id") {
        "" => draft.schema().by_name(text("name")),
        id => draft.schema().by_id(id),
    };
    found.cloned()
}

/// Reads the list; the draft then holds every collection as it will be.
fn decode(draft: &mut Draft, list: &[Object], delete_missing: bool) -> Result<Vec<Item>, Error> {
    let mut items: Vec<Item> = Vec::with_capacity(list.len());
    for object in list {
        let before = find(draft, object);
        let mut object = object.clone();
        // An existing collection is known by what it is, and `null` lists mean "as it was".
        if let Some(before) = &before {
            object.insert("id".to_owned(), before.id.clone().into());
            object.retain(|key, value| !(value.is_null() && (key == "fields" || key == "indexes")));
            merge_fields(&mut object, before, delete_missing);
        }
        let collection = Collection::from_submitted(&object, before.as_deref(), draft.schema())
            .map_err(|error| configuration_failed(error.cause.as_deref().unwrap_or(&error.message)))?;
        // A collection listed twice is the same collection changed twice.
        match items.iter_mut().find(|item| item.collection.id == collection.id) {
            Some(item) if before.is_some() => item.collection = collection.clone(),
            _ => items.push(Item { before, collection: collection.clone() }),
        }
        draft.put(Arc::new(collection));
    }
    Ok(items)
}

/// Completes the list of fields with those that the collection has and the import does not name.
fn merge_fields(object: &mut Object, before: &Collection, delete_missing: bool) {
    if delete_missing {
        object.entry("fields").or_insert_with(|| Value::Array(Vec::new()));
    }
    let Some(Value::Array(fields)) = object.get_mut("fields") else {
        return;
    };
    let text =
        |field: &Value, key: &str| field.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    for known in before.fields.iter().filter(|known| known.system || !delete_missing) {
        if fields.iter().any(|field| text(field, "id") == known.id) {
            continue;
        }
        let same = |field: &&mut Value| {
            text(field, "name") == known.name && text(field, "type") == known.type_name()
        };
        match fields.iter_mut().find(same) {
            // Without an id it is the known field, changed.
            Some(Value::Object(field)) if field.get("id").is_none_or(|id| id.as_str() == Some("")) => {
                field.insert("id".to_owned(), known.id.clone().into());
            }
            Some(field) => *field = known.to_json(),
            None => fields.push(known.to_json()),
        }
    }
}

/// Nothing is stored unless every table passes. Where one does not, the first collection with any
/// fault is told, its rules included; else rules wait until views have their fields.
fn refuse_invalid_tables(draft: &Draft, items: &[Item]) -> Result<(), Error> {
    let tables = || items.iter().filter(|item| !item.collection.is_view());
    if tables().all(|item| check(draft, item).is_empty()) {
        return Ok(());
    }
    tables().try_for_each(|item| {
        let mut errors = check(draft, item);
        rules::check(draft.schema(), &Arc::new(item.collection.clone()), &mut errors);
        refuse_invalid(&item.collection, errors)
    })
}

/// Checks a collection against all others as they will be.
fn check(draft: &Draft, item: &Item) -> FieldErrors {
    let schema = draft.without_new(item.before.as_ref(), &item.collection.id);
    item.collection.validate(item.before.as_deref(), &schema)
}

/// Stores views, each after those that it reads.
fn import_views(
    connection: &mut dyn Connection,
    draft: &mut Draft,
    mut waiting: Vec<Item>,
) -> Result<Vec<Saved>, Error> {
    let mut saved = Vec::new();
    while !waiting.is_empty() {
        let mut failed = Vec::new();
        let mut problem = None;
        let count = waiting.len();
        for item in waiting {
            let before = item.before.as_deref();
            let shaped = save::shape(connection, draft, before, item.collection.clone(), true)
                .map_err(|failure| storing_failed(&item.collection.name, failure))?;
            if let Some(reason) = shaped.problem {
                problem
                    .get_or_insert_with(|| storing_failed(&item.collection.name, Failure::Refused(reason)));
                failed.push(item);
                continue;
            }
            let collection = shaped.checked.collection.clone();
            let item = Item { before: item.before, collection: collection.as_ref().clone() };
            refuse_invalid(&collection, check(draft, &item))?;
            store(connection, draft, item.before.as_deref(), &shaped.checked)?;
            saved.push((item.before, collection));
        }
        match problem {
            Some(problem) if failed.len() == count => return Err(problem),
            _ => waiting = failed,
        }
    }
    Ok(saved)
}

fn store(
    connection: &mut dyn Connection,
    draft: &mut Draft,
    before: Option<&Collection>,
    checked: &Checked,
) -> Result<(), Error> {
    save::store(connection, draft, before, checked)
        .map_err(|failure| storing_failed(&checked.collection.name, failure))
}

fn storing_failed(name: &str, failure: Failure) -> Error {
    match failure {
        Failure::Refused(reason) => {
            configuration_failed(&format!("failed to save collection {name:?}: {reason}"))
        }
        other => other.with_message(IMPORT_FAILED),
    }
}

fn refuse_invalid(collection: &Collection, errors: FieldErrors) -> Result<(), Error> {
    if errors.is_empty() {
        return Ok(());
    }
    let (name, id) = (&collection.name, &collection.id);
    Err(failed(format!("Data validations failed for collection {name:?} ({id}):\n{}", indented(&errors))))
}

fn configuration_failed(reason: &str) -> Error {
    failed(format!("Failed to import the collections configuration. Raw error:\n{reason}"))
}

fn failed(message: String) -> Error {
    let invalid = Invalid::new("validation_collections_import_failure", message);
    Error::bad_request(format!("{IMPORT_FAILED}.")).with_field("collections", invalid)
}
