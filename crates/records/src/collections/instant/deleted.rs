//! Attrs that were deleted and may come back for a while: their data stay, out of everybody's sight.
//!
//! A column is renamed, a link table stays as it is, and the `id` of a namespace takes the whole
//! collection out of sight.

use std::sync::Arc;

use ketch_model::attr::{Attr, Cardinality, Catalog, Identity};
use ketch_model::collection::{AttrEntry, Index, InstantProperties};
use ketch_model::{Collection, Field, FieldKind, Schema, Value, time};
use ketch_store::sql::{columns, relations, system};
use ketch_store::{Connection, StoreResult};

use super::add::{found, store};
use super::fields;
use super::names::{check_free, refused};
use crate::collections::attrs::{self, StoredAttr};
use crate::collections::draft::Draft;
use crate::collections::{remove, rows};
use crate::transaction_error::TransactionError;

/// What the column of a deleted attr is called, and the namespace of a deleted `id`.
fn hidden_name(attr_id: &str) -> String {
    format!("{attr_id}{}", ketch_model::collection::attrs::DELETED)
}

/// Takes an attr and its data out of sight.
pub(crate) fn delete_attr(
    connection: &mut dyn Connection,
    draft: &mut Draft,
    id: &str,
) -> Result<(), TransactionError> {
    let (collection, index) = place(draft.schema(), id)?;
    let field = &collection.fields[index];
    if draft.schema().attrs().by_id(id).is_some_and(|entry| entry.attr.catalog == Catalog::System) {
        return Err(refused(format!("`{}` belongs to the server and cannot be deleted", field.name)));
    }
    if field.is_primary_key() {
        return delete_id(connection, draft, &collection);
    }
    let mut mid = Collection::clone(&collection);
    // An index on what nobody sees would still refuse values.
    mid.indexes.retain(|text| {
        Index::parse(text).is_none_or(|index| index.columns.iter().all(|column| column.name != field.name))
    });
    if !field.is_link_table() {
        mid.fields[index].name = hidden_name(id);
    }
    mid.index_fields();
    let mid = store(connection, draft, Some(&collection), mid)?;
    let properties = field.attr.as_deref().cloned().unwrap_or_else(|| {
        let attr = draft.schema().attrs().by_id(id).map(|entry| entry.attr.clone());
        attr.map(|attr| fields::properties(&attr, false)).unwrap_or_default()
    });
    let mut after = Collection::clone(&mid);
    after.fields.remove(index);
    put(connection, draft, after)?;
    let definition = match field.to_json() {
        Value::Object(object) => Some(object),
        _ => None,
    };
    let row = StoredAttr {
        collection: collection.id.clone(),
        field: field.id.clone(),
        nullable: field.nullable,
        properties: ketch_model::attr::AttrProperties { id: id.to_owned(), ..properties },
        definition,
        deleted: Some(time::now()),
    };
    Ok(attrs::save(connection, &row)?)
}

/// Brings a deleted attr back with its data.
pub(crate) fn restore_attr(
    connection: &mut dyn Connection,
    draft: &mut Draft,
    id: &str,
) -> Result<AttrEntry, TransactionError> {
    let missing = || refused(format!("there is no deleted attr {id}"));
    let row = row(connection, id)?.ok_or_else(missing)?;
    let collection = draft.schema().by_id(&row.collection).cloned().ok_or_else(missing)?;
    let Some(mut field) = row.described_field() else {
        return restore_id(connection, draft, &collection, &row);
    };
    let namespace = draft.schema().attrs().namespace(&collection.id).unwrap_or_default().to_owned();
    check_free(&collection, &namespace, &field.name, None)?;
    let reverse = row.properties.reverse.as_ref().zip(target(draft.schema(), &field));
    if let Some((reverse, target)) = reverse
        && draft.schema().attrs().find(&target, &reverse.label).is_some()
    {
        return Err(TransactionError::Taken { namespace: target, label: reverse.label.clone() });
    }
    let name = field.name.clone();
    let mut mid = Collection::clone(&collection);
    if !field.is_link_table() {
        field.name = hidden_name(id);
    }
    mid.fields.push(field);
    mid.index_fields();
    let mid = put(connection, draft, mid)?;
    let mut after = Collection::clone(&mid);
    let index = after.fields.len() - 1;
    after.fields[index].name = name;
    let field_id = after.fields[index].id.clone();
    fields::place_indexes(&mut after, &field_id)?;
    after.index_fields();
    store(connection, draft, Some(&mid), after)?;
    attrs::save(connection, &StoredAttr { deleted: None, definition: link_definition(&row), ..row })?;
    found(draft.schema(), id)
}

/// Deleted attrs that can be restored, oldest first, each with when it was deleted.
pub(crate) fn deleted_attrs(connection: &mut dyn Connection, schema: &Schema) -> StoreResult<Vec<Attr>> {
    let rows = attrs::read_all(connection)?;
    Ok(rows.iter().filter(|row| row.deleted.is_some()).filter_map(|row| describe(schema, row)).collect())
}

/// Removes what was deleted before a stored date, for good; answers how many attrs.
pub(crate) fn purge_attrs(
    connection: &mut dyn Connection,
    draft: &mut Draft,
    before: &str,
) -> Result<usize, TransactionError> {
    let rows = attrs::read_all(connection)?;
    let rows = rows.into_iter().filter(|row| row.deleted.as_deref().is_some_and(|date| date < before));
    let mut purged = 0;
    for row in rows {
        let dialect = connection.dialect();
        let collection = draft.schema().by_id(&row.collection).cloned();
        match collection {
            Some(collection) if row.definition.is_none() => {
                remove::drop(connection, draft, &collection)?;
                drop_links_to(connection, draft, &collection)?;
            }
            _ if row.properties.link_table => {
                connection.execute_script(&relations::drop_table(dialect, &row.field))?;
            }
            Some(collection) => {
                let column = hidden_name(&row.properties.id);
                connection.execute_script(&columns::drop_column(dialect, &collection, &column))?;
            }
            None => {}
        }
        attrs::forget(connection, &row.properties.id)?;
        purged += 1;
    }
    Ok(purged)
}

/// A relation cannot outlive the collection that it points at.
fn drop_links_to(
    connection: &mut dyn Connection,
    draft: &mut Draft,
    gone: &Collection,
) -> Result<(), TransactionError> {
    for (source, _) in draft.schema().back_relations(&gone.id) {
        let Some(source) = draft.schema().by_id(&source.id).cloned() else { continue };
        let mut after = Collection::clone(&source);
        let points = |field: &Field| matches!(&field.kind, FieldKind::Relation(relation) if relation.collection_id == gone.id);
        let names: Vec<String> =
            after.fields.iter().filter(|field| points(field)).map(|field| field.name.clone()).collect();
        after.fields.retain(|field| !points(field));
        after.indexes.retain(|text| {
            Index::parse(text)
                .is_none_or(|index| index.columns.iter().all(|column| !names.contains(&column.name)))
        });
        after.index_fields();
        store(connection, draft, Some(&source), after)?;
    }
    Ok(())
}

fn row(connection: &mut dyn Connection, id: &str) -> StoreResult<Option<StoredAttr>> {
    let rows = attrs::read_all(connection)?;
    Ok(rows.into_iter().find(|row| row.properties.id == id && row.deleted.is_some()))
}

/// Where an attr is, also one of a namespace that is out of sight.
fn place(schema: &Schema, id: &str) -> Result<(Arc<Collection>, usize), TransactionError> {
    if let Some(place) = schema.attrs().by_id(id).and_then(|entry| entry.place.clone()) {
        return Ok(place);
    }
    let of = |field: &Field| field.attr.as_ref().is_some_and(|attr| attr.id == id);
    let mut places = schema.collections().iter().filter_map(|collection| {
        collection.fields.iter().position(of).map(|index| (collection.clone(), index))
    });
    places.next().ok_or_else(|| refused(format!("there is no attr {id}")))
}

/// Replaces the collection's row alone; its table stays as it is.
fn put(
    connection: &mut dyn Connection,
    draft: &mut Draft,
    mut collection: Collection,
) -> StoreResult<Arc<Collection>> {
    collection.index_fields();
    let statement = system::update_collection(connection.dialect(), rows::cells(&collection));
    connection.execute(&statement)?;
    let collection = Arc::new(collection);
    draft.put(collection.clone());
    Ok(collection)
}

fn delete_id(
    connection: &mut dyn Connection,
    draft: &mut Draft,
    collection: &Collection,
) -> Result<(), TransactionError> {
    let field = collection.fields.iter().find(|field| field.is_primary_key());
    let known = field.and_then(|field| field.attr.as_deref().map(|attr| (field, attr)));
    let Some(((field, attr), _)) = known.zip(collection.instant.as_ref()) else {
        return Err(refused(format!(
            "`{}.id` cannot be deleted: delete the collection in its own front",
            collection.name
        )));
    };
    let namespace = draft.schema().attrs().namespace(&collection.id).unwrap_or_default().to_owned();
    let mut after = collection.clone();
    after.name = format!("deleted_{}", attr.id.replace('-', ""));
    after.instant =
        Some(InstantProperties { namespace: Some(format!("{}{namespace}", hidden_name(&attr.id))) });
    rename_in_indexes(&mut after);
    after.index_fields();
    store(connection, draft, Some(collection), after)?;
    let row = StoredAttr {
        collection: collection.id.clone(),
        field: field.id.clone(),
        nullable: false,
        properties: attr.clone(),
        definition: None,
        deleted: Some(time::now()),
    };
    Ok(attrs::save(connection, &row)?)
}

fn restore_id(
    connection: &mut dyn Connection,
    draft: &mut Draft,
    collection: &Collection,
    row: &StoredAttr,
) -> Result<AttrEntry, TransactionError> {
    let hidden = collection.instant.as_ref().and_then(|instant| instant.namespace.as_deref());
    let prefix = hidden_name(&row.properties.id);
    let namespace = hidden.and_then(|hidden| hidden.strip_prefix(&prefix));
    let namespace = namespace
        .ok_or_else(|| refused(format!("the namespace of {} is not there", row.properties.id)))?
        .to_owned();
    if draft.schema().attrs().collection(&namespace).is_some() {
        return Err(TransactionError::Taken { namespace, label: "id".to_owned() });
    }
    let mut after = collection.clone();
    after.name = super::names::collection_name(draft.schema(), &namespace);
    let namespace = (after.name != namespace).then_some(namespace);
    after.instant = Some(InstantProperties { namespace });
    rename_in_indexes(&mut after);
    after.index_fields();
    store(connection, draft, Some(collection), after)?;
    attrs::save(connection, &StoredAttr { deleted: None, ..row.clone() })?;
    found(draft.schema(), &row.properties.id)
}

/// Indexes say on which table they are.
fn rename_in_indexes(collection: &mut Collection) {
    for text in &mut collection.indexes {
        if let Some(mut index) = Index::parse(text) {
            index.table.clone_from(&collection.name);
            *text = index.to_sql();
        }
    }
}

fn link_definition(row: &StoredAttr) -> Option<ketch_model::Object> {
    row.definition.clone().filter(|_| row.properties.link_table)
}

/// The namespace that a relation points at.
fn target(schema: &Schema, field: &Field) -> Option<String> {
    let FieldKind::Relation(relation) = &field.kind else { return None };
    schema.attrs().namespace(&relation.collection_id).map(str::to_owned)
}

fn describe(schema: &Schema, row: &StoredAttr) -> Option<Attr> {
    let collection = schema.by_id(&row.collection)?;
    let properties = &row.properties;
    let namespace = schema.attrs().namespace(&collection.id).map_or_else(
        || {
            let hidden = collection.instant.as_ref()?.namespace.as_deref()?;
            Some(hidden.split_once(ketch_model::collection::attrs::DELETED)?.1.to_owned())
        },
        |namespace| Some(namespace.to_owned()),
    )?;
    let field = row.described_field();
    let label = field.as_ref().map_or("id", |field| field.name.as_str());
    let forward = Identity::new(&properties.forward_id, namespace, label);
    let mut attr = Attr::blob(&properties.id, forward);
    if let Some(field) = &field
        && let FieldKind::Relation(relation) = &field.kind
    {
        let reverse = properties.reverse.as_ref()?;
        let reverse = Identity::new(&reverse.id, target(schema, field)?, &reverse.label);
        attr = Attr::link(attr.id, attr.forward, reverse);
        if !field.is_multiple() {
            attr.cardinality = Cardinality::One;
            attr.on_delete = relation.cascade_delete;
        }
    }
    Some(Attr {
        unique: properties.unique,
        index: properties.index,
        required: properties.required,
        inferred_types: properties.inferred_types,
        on_delete_reverse: properties.on_delete_reverse,
        checked_type: properties.checked_type,
        metadata: properties.metadata.clone(),
        deleted: row.deleted.clone(),
        ..attr
    })
}
