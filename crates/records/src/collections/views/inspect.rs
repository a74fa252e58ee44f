//! A view's query put to the database: whether it compiles, its columns, its ids.

use std::collections::HashSet;

use ketch_model::{Field, FieldErrors, Schema, ids};
use ketch_store::sql::ddl;
use ketch_store::{Connection, Flow, Statement, StoreResult};

use super::super::attempt::{attempt, attempt_and_undo};
use super::super::failure::{engine_text, one_line};
use super::{columns, infer, scan};

/// How many rows are asked for wrong ids.
const CHECKED_ROWS: u32 = 10;

/// What a query is as a view.
#[derive(Debug, Default)]
pub(in super::super) struct ViewShape {
    /// What the view selects from: the submitted text, with a cast where the ids are not text.
    pub query: String,
    pub fields: Vec<Field>,
    /// Why the query cannot be a view; the fields are as many as could be found.
    pub problem: Option<String>,
}

impl ViewShape {
    fn unusable(problem: impl Into<String>) -> Self {
        Self { problem: Some(problem.into()), ..Self::default() }
    }
}

/// Looks at a query inside a transaction and leaves nothing behind. Only faults of the store are
/// errors. `check_ids` runs the query for a few rows, which the rest of the look does not.
pub(in super::super) fn inspect(
    connection: &mut dyn Connection,
    schema: &Schema,
    text: &str,
    check_ids: bool,
) -> StoreResult<ViewShape> {
    let query = match scan::single_query(text) {
        Ok(query) => query,
        Err(problem) => return Ok(ViewShape::unusable(problem)),
    };
    if columns::has_wildcard(query) {
        return Ok(ViewShape::unusable(
            "wildcard columns (*) are not supported - manually type the collection field names you want \
             the view query to have",
        ));
    }
    let selected = match columns::selected(query) {
        Ok(selected) => selected,
        Err(problem) => return Ok(ViewShape::unusable(problem)),
    };
    let name = format!("temp_view_{}", ids::random_text(6, ids::ALPHANUMERIC));
    let columns = match attempt_and_undo(connection, |connection| columns_of(connection, &name, query))? {
        Ok(columns) => columns,
        Err(error) => return Ok(ViewShape::unusable(engine_text(&error))),
    };
    let names: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
    let fields = infer::fields(schema, &selected, &names);
    let mut shape = ViewShape { query: query.to_owned(), fields, problem: None };
    let Some((_, id_type)) = columns.iter().find(|(name, _)| name == "id") else {
        shape.problem = Some(
            "missing required id column (you can use `(ROW_NUMBER() OVER()) as id` if you don't have one)"
                .to_owned(),
        );
        return Ok(shape);
    };
    if let Some(problem) = wrong_field(&shape.fields) {
        shape.problem = Some(problem);
        return Ok(shape);
    }
    if !id_type.eq_ignore_ascii_case("text") {
        shape.query = ddl::with_text_id(connection.dialect(), &names, query);
    }
    if check_ids {
        shape.problem = wrong_ids(connection, &shape.query)?;
    }
    Ok(shape)
}

/// The names and declared types of the query's columns, by way of a view of the given name.
fn columns_of(
    connection: &mut dyn Connection,
    name: &str,
    query: &str,
) -> StoreResult<Vec<(String, String)>> {
    let create = Statement::new(ddl::create_view(connection.dialect(), name, query), Vec::new());
    connection.query_once(&create, &mut |_| {}, &mut |_| Flow::More)?;
    let statement = ddl::columns_of(connection.dialect(), name);
    let mut columns = Vec::new();
    connection.query(&statement, &mut |row| {
        let text = |index| row.cell(index).as_text().unwrap_or_default().to_owned();
        columns.push((text(0), text(1)));
        Flow::More
    })?;
    Ok(columns)
}

/// Ids must be there and differ; the first rows speak for all.
fn wrong_ids(connection: &mut dyn Connection, query: &str) -> StoreResult<Option<String>> {
    let statement = Statement::new(ddl::sample_ids(connection.dialect(), query, CHECKED_ROWS), Vec::new());
    let read = attempt(connection, |connection| {
        let (mut empty, mut repeated) = (false, false);
        let mut seen = HashSet::new();
        connection.query_once(&statement, &mut |_| {}, &mut |row| {
            match row.cell(0).as_text() {
                Some(id) if !id.is_empty() => repeated |= !seen.insert(id.to_owned()),
                _ => empty = true,
            }
            Flow::More
        })?;
        Ok((empty, repeated))
    })?;
    Ok(match read {
        Err(error) => Some(format!("failed to retrieve query records: {}", engine_text(&error))),
        Ok((true, _)) => Some("the query could return records with empty or invalid ids".to_owned()),
        Ok((_, true)) => Some("the query could return records with non-unique ids".to_owned()),
        Ok(_) => None,
    })
}

/// The first column whose name no field may have.
fn wrong_field(fields: &[Field]) -> Option<String> {
    fields.iter().enumerate().find_map(|(index, field)| {
        let mut errors = FieldErrors::new();
        if let Some(error) = field.validate_definition().remove("name") {
            errors.insert("name".to_owned(), error);
        }
        if errors.is_empty() {
            return None;
        }
        Some(format!("invalid field {:?} ({index}): {}", field.name, one_line(&errors)))
    })
}
