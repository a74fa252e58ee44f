//! What a transaction has done so far, and the one way to change a stored record.

use std::sync::Arc;

use ketch_model::{FieldKind, Record, Result};
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
    for (index, field) in collection.fields.iter().enumerate() {
        if !after.differs(&before, index) {
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
    let (before, after) = (Arc::new(before), Arc::new(after));
    applied.changes.push(Change {
        kind: ChangeKind::Update,
        before: Some(before.clone()),
        after: Some(after.clone()),
    });
    Ok((before, after))
}

/// Appends the transaction's changes to the change log.
pub(crate) fn log_changes(connection: &mut dyn Connection, applied: &Applied) -> Result<()> {
    if !applied.changes.is_empty() {
        let statement = sql::insert_changes(connection.dialect(), &applied.changes);
        connection.execute(&statement)?;
    }
    Ok(())
}
