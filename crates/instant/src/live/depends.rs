//! Which changes may change the answer of a query.

use std::sync::Arc;

use ketch_realtime::ChangeKind;
use ketch_store::Change;

use crate::query::Dependencies;
use crate::query::dependencies::{CollectionDependency, Fields};

/// Whether a change touches what a query reads. It may say so of one that changes nothing, and
/// never misses one.
pub(super) fn touches(dependencies: &Dependencies, change: &Change) -> bool {
    let Some(record) = change.after.as_ref().or(change.before.as_ref()) else { return true };
    let collection = &record.collection;
    let changed = changed_fields(change);
    let is_changed = |id: &str| match &changed {
        None => true,
        Some(fields) => fields.contains(&id),
    };
    let reads = dependencies.collections.get(&collection.id).is_some_and(|known| {
        let CollectionDependency { fields, ids } = known;
        ids.as_ref().is_none_or(|ids| ids.contains(record.id()))
            && match fields {
                Fields::All => true,
                Fields::Some(fields) => changed.is_none() || fields.iter().any(|id| is_changed(id)),
            }
    });
    reads
        || dependencies.links.iter().any(|(source, field)| *source == collection.id && is_changed(field))
        // Links end with the records that they lead to, wherever they are kept.
        || (change.kind == ChangeKind::Delete && !dependencies.links.is_empty())
}

/// The ids of the fields that an update changed; `None` where everything counts as changed.
fn changed_fields(change: &Change) -> Option<Vec<&str>> {
    let (Some(before), Some(after)) = (&change.before, &change.after) else { return None };
    if !Arc::ptr_eq(&before.collection, &after.collection) && before.collection != after.collection {
        return None;
    }
    let fields = after.collection.fields.iter().enumerate();
    Some(
        fields
            .filter(|(index, _)| after.differs(before, *index))
            .map(|(_, field)| field.id.as_str())
            .collect(),
    )
}
