//! The system tables and collections of a data folder.

use std::sync::Arc;

use ketch_model::{Collection, Error, Result, Schema, collection, time};
use ketch_store::sql::{self, system};
use ketch_store::{Connection, Flow, StoreResult};

use super::attrs;
use super::draft::Draft;
use super::failure::Failure;
use super::rows;
use super::save::{self, Checked};

/// Makes the tables and collections that are missing: everything in an empty folder, Ketch's own
/// tables in one of the original. The settings' row is left to whoever keeps the settings.
pub fn bootstrap(connection: &mut dyn Connection) -> Result<()> {
    let is_new = !has_table(connection, "_collections")?;
    let dialect = connection.dialect();
    connection.execute_script(system::create_main_tables(dialect))?;
    connection.execute_script(sql::create_change_log(dialect))?;
    connection.execute_script(sql::sessions::create_session_tables(dialect))?;
    connection.execute_script(sql::uploads::create_table(dialect))?;
    connection.execute_script(sql::streams::create_table(dialect))?;
    connection.execute_script(sql::pending_files::create_table(dialect))?;
    connection.execute_script(sql::webhooks::create_table(dialect))?;
    connection.execute_script(sql::attrs::create_tables(dialect))?;
    if !is_new {
        return Ok(());
    }
    for (step, file) in (0_i64..).zip(system::APPLIED_MIGRATIONS) {
        // The original lists them in the order of their times.
        let applied = time::unix_milliseconds() * 1000 + step;
        connection.execute(&system::insert_migration(dialect, file, applied))?;
    }
    let mut draft = Draft::new(Arc::new(Schema::default()));
    for collection in collection::system::all() {
        let name = collection.name.clone();
        save::store(connection, &mut draft, None, &Checked::of_table(collection)).map_err(|failure| {
            match failure {
                Failure::Whole(error) => error,
                other => Error::internal(format!("the collection {name} could not be made: {other:?}")),
            }
        })?;
    }
    Ok(())
}

fn has_table(connection: &mut dyn Connection, name: &str) -> StoreResult<bool> {
    let statement = system::table_names(connection.dialect());
    let mut found = false;
    connection.query(&statement, &mut |row| {
        found = row.cell(0).as_text() == Some(name);
        if found { Flow::Stop } else { Flow::More }
    })?;
    Ok(found)
}

/// Reads all collections. A row that cannot be read is an internal error that says which.
pub fn load_schema(connection: &mut dyn Connection) -> Result<Schema> {
    let mut collections = rows::read_all(connection)?
        .into_iter()
        .map(|row| Collection::from_row(row).map_err(Error::internal))
        .collect::<Result<Vec<_>>>()?;
    attrs::complete(connection, &mut collections)?;
    Ok(Schema::new(collections.into_iter().map(Arc::new).collect(), 1))
}
