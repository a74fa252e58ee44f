//! A collection's table follows the collection: columns, indexes, and the views that read it.

use ketch_model::collection::Index;
use ketch_model::error::Invalid;
use ketch_model::{Collection, FieldError, FieldErrors, Schema};
use ketch_store::sql::ddl::{self, Step};
use ketch_store::{Connection, Flow, Statement, StoreResult};

use super::attempt::attempt;
use super::failure::{Failure, engine_text};
use super::views::is_single_statement;

/// Makes the table and the indexes of a new collection.
pub(super) fn create(connection: &mut dyn Connection, collection: &Collection) -> Result<(), Failure> {
    let sql = ddl::create_table(connection.dialect(), collection);
    connection.execute_script(&sql)?;
    create_indexes(connection, collection, &[])
}

/// Changes the table from one state of its collection to another; data follows the ids of fields.
pub(super) fn change(
    connection: &mut dyn Connection,
    schema: &Schema,
    before: &Collection,
    after: &Collection,
) -> Result<(), Failure> {
    let renamed = before.name != after.name;
    let same_columns = ddl::same_columns(before, after);
    if !renamed && same_columns && before.indexes == after.indexes {
        return Ok(());
    }
    if !renamed && ddl::only_adds_columns(before, after) {
        // Nothing that is there has to be touched, least of all the indexes of a big table.
        let (kept, gone): (Vec<_>, Vec<_>) =
            before.indexes.iter().cloned().partition(|index| after.indexes.contains(index));
        drop_indexes(connection, &gone)?;
        let steps = ddl::alter_columns(connection.dialect(), before, after);
        run(connection, steps)?;
        return create_indexes(connection, after, &kept);
    }
    drop_indexes(connection, &before.indexes)?;
    if renamed || !same_columns {
        // A view that does not compile would make every change of any table fail.
        let broken = set_aside(connection, is_broken)?;
        let dialect = connection.dialect();
        if renamed {
            run(connection, ddl::rename_table(dialect, &before.name, &after.name))?;
        }
        run(connection, ddl::alter_columns(dialect, before, after))?;
        let conversions = ddl::convert_columns(dialect, before, after);
        if !conversions.is_empty() {
            let readers = set_aside(connection, |_, _| Ok(true))?;
            run(connection, conversions)?;
            put_back(connection, readers)?;
        }
        put_back(connection, broken)?;
        keep_view_columns(connection, schema)?;
    }
    create_indexes(connection, after, &[])
}

pub(super) fn drop(connection: &mut dyn Connection, collection: &Collection) -> StoreResult<()> {
    let dialect = connection.dialect();
    let sql = if collection.is_view() {
        ddl::drop_view(dialect, &collection.name)
    } else {
        ddl::drop_table(dialect, &collection.name)
    };
    connection.execute_script(&sql)
}

/// Makes or replaces the view `collection.name`, which was `old_name` before.
pub(super) fn replace_view(
    connection: &mut dyn Connection,
    old_name: Option<&str>,
    name: &str,
    query: &str,
) -> StoreResult<()> {
    let dialect = connection.dialect();
    if let Some(old_name) = old_name {
        connection.execute_script(&ddl::drop_view(dialect, old_name))?;
    }
    execute_alone(connection, ddl::create_view(dialect, name, query))
}

fn run(connection: &mut dyn Connection, steps: Vec<Step>) -> Result<(), Failure> {
    for step in steps {
        connection.execute_script(&step.sql).map_err(|error| Failure::refused(&step.failure, error))?;
    }
    Ok(())
}

/// Runs a statement that holds a superuser's text, which must not smuggle in a second one.
fn execute_alone(connection: &mut dyn Connection, sql: String) -> StoreResult<()> {
    connection.query_once(&Statement::new(sql, Vec::new()), &mut |_| {}, &mut |_| Flow::More)
}

fn drop_indexes(connection: &mut dyn Connection, indexes: &[String]) -> StoreResult<()> {
    for index in indexes.iter().filter_map(|text| Index::parse(text)) {
        let sql = ddl::drop_index(connection.dialect(), &index.name);
        connection.execute_script(&sql)?;
    }
    Ok(())
}

/// Every index but those that are there is tried, so that all wrong ones are named together.
fn create_indexes(
    connection: &mut dyn Connection,
    collection: &Collection,
    there: &[String],
) -> Result<(), Failure> {
    let mut errors = FieldErrors::new();
    let missing = collection.indexes.iter().enumerate().filter(|(_, text)| !there.contains(text));
    for (position, text) in missing {
        let message = match Index::parse(text) {
            Some(index) => {
                let sql = ddl::create_index(connection.dialect(), &index);
                if is_single_statement(&sql) {
                    create_index(connection, &index.name, &sql)?
                } else {
                    Some("Invalid CREATE INDEX expression.".to_owned())
                }
            }
            None => Some("Invalid CREATE INDEX expression.".to_owned()),
        };
        if let Some(message) = message {
            let invalid = Invalid::new("validation_invalid_index_expression", message);
            errors.insert(position.to_string(), invalid.into());
        }
    }
    if errors.is_empty() {
        return Ok(());
    }
    Err(Failure::Fields(FieldErrors::from([("indexes".to_owned(), FieldError::Nested(errors))])))
}

/// Answers what is wrong with the index, if the database refuses it.
fn create_index(connection: &mut dyn Connection, name: &str, sql: &str) -> StoreResult<Option<String>> {
    // A big table may take longer than a statement usually may, and scripts have no time limit.
    let created = attempt(connection, |connection| connection.execute_script(sql))?;
    Ok(created.err().map(|error| format!("Failed to create index {name} - {}.", engine_text(&error))))
}

/// Drops the views that `wanted` picks; answers the statements that make them again.
fn set_aside(
    connection: &mut dyn Connection,
    wanted: impl Fn(&mut dyn Connection, &str) -> StoreResult<bool>,
) -> StoreResult<Vec<String>> {
    let mut aside = Vec::new();
    for (name, create) in stored_views(connection)? {
        if wanted(connection, &name)? {
            let sql = ddl::drop_view(connection.dialect(), &name);
            connection.execute_script(&sql)?;
            aside.push(create);
        }
    }
    Ok(aside)
}

fn put_back(connection: &mut dyn Connection, views: Vec<String>) -> StoreResult<()> {
    views.into_iter().try_for_each(|create| execute_alone(connection, create))
}

/// Rows of (name, the statement that makes it).
fn stored_views(connection: &mut dyn Connection) -> StoreResult<Vec<(String, String)>> {
    let statement = ddl::select_views(connection.dialect());
    let mut views = Vec::new();
    connection.query(&statement, &mut |row| {
        let text = |index| row.cell(index).as_text().unwrap_or_default().to_owned();
        views.push((text(0), text(1)));
        Flow::More
    })?;
    Ok(views)
}

/// Whether a table or view can no longer be read.
pub(super) fn is_broken(connection: &mut dyn Connection, name: &str) -> StoreResult<bool> {
    let sql = ddl::probe(connection.dialect(), name);
    Ok(attempt(connection, |connection| execute_alone(connection, sql.clone()))?.is_err())
}

/// A renamed column renames the column of every view that shows it under its own name. The views'
/// collections still have a field of the old name, so the views get their old columns' names back.
fn keep_view_columns(connection: &mut dyn Connection, schema: &Schema) -> StoreResult<()> {
    for (name, create) in stored_views(connection)? {
        let Some(collection) = schema.by_name(&name).filter(|collection| collection.is_view()) else {
            continue;
        };
        let Some(columns) = columns_of(connection, &name)? else {
            continue;
        };
        let fields: Vec<&str> = collection.fields.iter().map(|field| field.name.as_str()).collect();
        if columns == fields || columns.len() != fields.len() {
            continue;
        }
        let dialect = connection.dialect();
        if let Some(sql) = ddl::create_view_with_columns(dialect, &name, &fields, &create) {
            connection.execute_script(&ddl::drop_view(dialect, &name))?;
            execute_alone(connection, sql)?;
        }
    }
    Ok(())
}

/// The columns of a view; `None` if it does not compile.
fn columns_of(connection: &mut dyn Connection, name: &str) -> StoreResult<Option<Vec<String>>> {
    let statement = ddl::columns_of(connection.dialect(), name);
    let read = attempt(connection, |connection| {
        let mut columns = Vec::new();
        connection.query(&statement, &mut |row| {
            columns.push(row.cell(0).as_text().unwrap_or_default().to_owned());
            Flow::More
        })?;
        Ok(columns)
    })?;
    Ok(read.ok())
}
