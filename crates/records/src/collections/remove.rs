//! One collection deleted inside a transaction.

use std::collections::BTreeSet;

use ketch_model::{Collection, Error, FieldErrors, FieldKind, Schema};
use ketch_store::sql::system;
use ketch_store::{Connection, StoreResult};

use super::attrs;
use super::draft::Draft;
use super::failure::Failure;
use super::table;

/// The message of a delete that cannot say more.
pub(super) const DELETE_FAILED: &str = "Failed to delete collection";
/// System tables whose rows belong to auth records.
const REFERENCE_TABLES: [&str; 4] = ["_externalAuths", "_mfas", "_otps", "_authOrigins"];

/// Deletes a collection that nothing refers to, with its table and all its records.
pub(super) fn remove(
    connection: &mut dyn Connection,
    draft: &mut Draft,
    collection: &Collection,
) -> Result<(), Failure> {
    if collection.system {
        return Err(Failure::Fields(FieldErrors::new()));
    }
    let referring = referring(draft.schema(), collection);
    if !referring.is_empty() {
        let message =
            format!("{DELETE_FAILED} probably due to existing reference in {}.", referring.join(", "));
        return Err(Failure::Whole(Error::bad_request(message)));
    }
    let broken_before = broken_views(connection, draft.schema())?;
    drop(connection, draft, collection)?;
    let broken = broken_views(connection, draft.schema())?;
    match broken.difference(&broken_before).next() {
        None => Ok(()),
        Some(view) => {
            let cause = format!("the view {view} reads it");
            Err(Failure::Whole(Error::bad_request(format!("{DELETE_FAILED}.")).with_cause(cause)))
        }
    }
}

/// Deletes a collection whatever refers to it.
pub(super) fn drop(
    connection: &mut dyn Connection,
    draft: &mut Draft,
    collection: &Collection,
) -> StoreResult<()> {
    let dialect = connection.dialect();
    if collection.is_auth() {
        let tables = REFERENCE_TABLES.iter().filter(|table| draft.schema().by_name(table).is_some());
        for table in tables {
            connection.execute(&system::delete_references(dialect, table, &collection.id))?;
        }
    }
    connection.execute(&system::delete_collection(dialect, &collection.id))?;
    attrs::forget_collection(connection, collection)?;
    table::drop(connection, collection)?;
    draft.remove(&collection.id);
    Ok(())
}

/// Names of other collections with a relation to this one.
fn referring(schema: &Schema, collection: &Collection) -> Vec<String> {
    let refers = |other: &Collection| {
        other.fields.iter().any(|field| {
            matches!(&field.kind, FieldKind::Relation(relation) if relation.collection_id == collection.id)
        })
    };
    let others = schema.collections().iter().filter(|other| other.id != collection.id);
    others.filter(|other| refers(other)).map(|other| other.name.clone()).collect()
}

fn broken_views(connection: &mut dyn Connection, schema: &Schema) -> StoreResult<BTreeSet<String>> {
    let mut broken = BTreeSet::new();
    for view in schema.collections().iter().filter(|collection| collection.is_view()) {
        if table::is_broken(connection, &view.name)? {
            broken.insert(view.name.clone());
        }
    }
    Ok(broken)
}
