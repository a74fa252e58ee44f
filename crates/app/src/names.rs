//! Statements whose rows are names.

use std::collections::HashSet;

use ketch_store::{Connection, Dialect, Flow, Statement, StoreResult};

/// The first cells of all rows of a statement.
pub(crate) fn names(
    connection: &mut dyn Connection,
    statement: fn(&dyn Dialect) -> Statement,
) -> StoreResult<HashSet<String>> {
    let statement = statement(connection.dialect());
    let mut names = HashSet::new();
    connection.query(&statement, &mut |row| {
        names.extend(row.cell(0).as_text().map(str::to_owned));
        Flow::More
    })?;
    Ok(names)
}
