//! All records of a collection deleted, one by one and in one transaction.

use std::sync::Arc;

use ketch_model::{Collection, Error, ErrorKind, Result, Schema};
use ketch_store::sql::ddl;
use ketch_store::{Connection, Flow, Statement};

use crate::applied::Applied;
use crate::write::{self, Authority};

const REFUSED: &str =
    "Failed to truncate collection (most likely due to required cascade delete record references).";

/// Deletes every record, with what cascades from it.
pub(super) fn truncate(
    connection: &mut dyn Connection,
    schema: &Arc<Schema>,
    collection: &Arc<Collection>,
    applied: &mut Applied,
) -> Result<()> {
    for id in ids(connection, collection)? {
        match write::delete_in(connection, schema, collection, &id, &Authority::System, applied) {
            Ok(()) => {}
            // A cascade from an earlier record took it along.
            Err(error) if error.kind == ErrorKind::NotFound => {}
            Err(error) if error.kind == ErrorKind::Internal => return Err(error),
            Err(error) => return Err(Error::bad_request(REFUSED).with_cause(error)),
        }
    }
    Ok(())
}

fn ids(connection: &mut dyn Connection, collection: &Collection) -> Result<Vec<String>> {
    let sql = ddl::all_ids(connection.dialect(), &collection.name);
    let mut ids = Vec::new();
    connection.query_once(&Statement::new(sql, Vec::new()), &mut |_| {}, &mut |row| {
        ids.extend(row.cell(0).as_text().map(str::to_owned));
        Flow::More
    })?;
    Ok(ids)
}
