//! What a transaction has done so far, and the one way to change a stored record.

use std::collections::HashSet;
use std::sync::Arc;

use ketch_model::{Field, FieldKind, Record, Result, Value};
use ketch_store::sql::relations;
use ketch_store::{Change, ChangeKind, Connection, StoreError, sql};

use crate::relation::ids_of;

/// What a transaction did, for those to tell after the commit.
#[derive(Debug, Default)]
pub(crate) struct Applied {
    pub changes: Vec<Change>,
    /// Stored files that no record names any more: collection id, record id, file name.
    pub dropped_files: Vec<(String, String, String)>,
}

/// Writes the changed columns and notes the change and the files that it dropped.
pub(crate) fn store_update(
    connection: &mut dyn Connection,
    before: Record,
    after: Record,
    applied: &mut Applied,
) -> Result<(Arc<Record>, Arc<Record>), StoreError> {
    let collection = after.collection.clone();
    let mut changed = Vec::new();
    let mut linked = Vec::new();
    for (index, field) in collection.fields.iter().enumerate() {
        if !after.differs(&before, index) {
            continue;
        }
        if field.is_link_table() {
            linked.push(index);
            continue;
        }
        changed.push((index, after.cell(index)));
        if matches!(field.kind, FieldKind::File(_)) {
            let kept: Vec<&str> = ids_of(&after.values[index]).collect();
            for name in ids_of(&before.values[index]).filter(|name| !kept.contains(name)) {
                let dropped = (collection.id.clone(), before.id().to_owned(), name.to_owned());
                applied.dropped_files.push(dropped);
            }
        }
    }
    if !changed.is_empty() {
        let statement = sql::update_record(connection.dialect(), &collection, changed, before.id());
        connection.execute(&statement)?;
    }
    for index in linked {
        let field = &collection.fields[index];
        let (old, new) = (&before.values[index], &after.values[index]);
        store_links(connection, field, before.id(), old, new)?;
    }
    let (before, after) = (Arc::new(before), Arc::new(after));
    applied.changes.push(Change {
        kind: ChangeKind::Update,
        before: Some(before.clone()),
        after: Some(after.clone()),
    });
    Ok((before, after))
}

/// Makes the rows of a link table those of a relation's new value.
fn store_links(
    connection: &mut dyn Connection,
    field: &Field,
    source: &str,
    before: &Value,
    after: &Value,
) -> Result<(), StoreError> {
    let without = |value, other| {
        let others: HashSet<&str> = ids_of(other).collect();
        ids_of(value).filter(|id| !others.contains(id)).map(|id| (source, id)).collect::<Vec<_>>()
    };
    let (gone, added) = (without(before, after), without(after, before));
    if !gone.is_empty() {
        let statement = relations::delete_links(connection.dialect(), &field.id, &gone);
        connection.execute(&statement)?;
    }
    if !added.is_empty() {
        let statement = relations::insert_links(connection.dialect(), &field.id, &added);
        connection.execute(&statement)?;
    }
    Ok(())
}

/// Stores a new record, with its links, and notes the change.
pub(crate) fn store_insert(
    connection: &mut dyn Connection,
    record: Record,
    applied: &mut Applied,
) -> Result<Arc<Record>, StoreError> {
    let collection = &record.collection;
    let cells = (0..collection.fields.len()).map(|index| record.cell(index)).collect();
    let statement = sql::insert_record(connection.dialect(), collection, cells);
    connection.execute(&statement)?;
    for (field, value) in collection.fields.iter().zip(&record.values) {
        if field.is_link_table() {
            store_links(connection, field, record.id(), &Value::Null, value)?;
        }
    }
    let record = Arc::new(record);
    applied.changes.push(Change { kind: ChangeKind::Create, before: None, after: Some(record.clone()) });
    Ok(record)
}

/// Appends the transaction's changes to the change log.
pub(crate) fn log_changes(connection: &mut dyn Connection, applied: &Applied) -> Result<()> {
    if !applied.changes.is_empty() {
        let statement = sql::insert_changes(connection.dialect(), &applied.changes);
        connection.execute(&statement)?;
    }
    Ok(())
}
