//! Tables, columns, indexes and views of collections.
//!
//! Every function answers SQL of one statement unless it says otherwise. Names come from validated
//! collections; the texts of indexes and views are the superuser's own and must have been checked
//! to be one statement (index) or one query that cannot leave its parentheses (view).

use ketch_model::collection::Index;
use ketch_model::fields::ColumnKind;
use ketch_model::{Cell, Collection, Field};

use crate::sql::dialect::Dialect;
use crate::statement::Statement;

/// A change of a table, with words for the error of its failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub sql: String,
    /// What could not be done: `failed to drop column title`.
    pub failure: String,
}

/// A quoted identifier.
pub fn identifier(dialect: &dyn Dialect, name: &str) -> String {
    let mut sql = String::with_capacity(name.len() + 2);
    dialect.identifier(name, &mut sql);
    sql
}

/// A new table: columns in the byte order of their names.
pub fn create_table(dialect: &dyn Dialect, collection: &Collection) -> String {
    let mut fields: Vec<&Field> = columns(collection).collect();
    fields.sort_by(|left, right| left.name.cmp(&right.name));
    let columns: Vec<String> = fields.into_iter().map(|field| column(dialect, field)).collect();
    format!("CREATE TABLE {} ({})", identifier(dialect, &collection.name), columns.join(", "))
}

fn column(dialect: &dyn Dialect, field: &Field) -> String {
    let definition = dialect.column_definition(field.column(), field.nullable);
    format!("{} {definition}", identifier(dialect, &field.name))
}

/// The fields that are columns of the collection's own table.
fn columns(collection: &Collection) -> impl Iterator<Item = &Field> {
    collection.fields.iter().filter(|field| !field.is_link_table())
}

pub fn drop_table(dialect: &dyn Dialect, name: &str) -> String {
    format!("DROP TABLE IF EXISTS {}", identifier(dialect, name))
}

/// Renames a table; views that read it follow. A change of letter case alone takes two steps,
/// because names are compared without regard to case.
pub fn rename_table(dialect: &dyn Dialect, from: &str, to: &str) -> Vec<Step> {
    let rename = |from: &str, to: &str| {
        format!("ALTER TABLE {} RENAME TO {}", identifier(dialect, from), identifier(dialect, to))
    };
    let failure = format!("failed to rename table {from}");
    let temporary = temporary(to);
    let statements = if from.eq_ignore_ascii_case(to) {
        vec![rename(from, &temporary), rename(&temporary, to)]
    } else {
        vec![rename(from, to)]
    };
    statements.into_iter().map(|sql| Step { sql, failure: failure.clone() }).collect()
}

/// A name that no field and no collection can have.
fn temporary(name: &str) -> String {
    format!("{name} (renamed)")
}

/// Whether two states of a collection need another table.
pub fn same_columns(before: &Collection, after: &Collection) -> bool {
    columns(before).count() == columns(after).count() && only_adds_columns(before, after)
}

/// Whether all columns of the one state are columns of the other.
pub fn only_adds_columns(before: &Collection, after: &Collection) -> bool {
    columns(before)
        .all(|old| find(after, old).is_some_and(|new| new.name == old.name && new.column() == old.column()))
}

/// Drops, renames and adds columns of the table `after.name`. A field is known by its id: a new
/// name under an old id keeps the column, a new id is a new column. Columns whose kind changes keep
/// their old kind: see [`convert_columns`].
pub fn alter_columns(dialect: &dyn Dialect, before: &Collection, after: &Collection) -> Vec<Step> {
    let table = identifier(dialect, &after.name);
    let mut steps = Vec::new();
    for old in columns(before).filter(|old| find(after, old).is_none()) {
        steps.push(Step {
            sql: format!("ALTER TABLE {table} DROP COLUMN {}", identifier(dialect, &old.name)),
            failure: format!("failed to drop column {}", old.name),
        });
    }
    // All leave their names before the first takes a new one, so that names can be swapped.
    let renamed = || columns(after).filter_map(|new| find(before, new).map(|old| (&old.name, &new.name)));
    let renamed = || renamed().filter(|(old, new)| old != new);
    for (old, new) in renamed() {
        steps.push(rename_column(dialect, &table, old, &temporary(new), old));
    }
    for (old, new) in renamed() {
        steps.push(rename_column(dialect, &table, &temporary(new), new, old));
    }
    for new in columns(after).filter(|new| find(before, new).is_none()) {
        steps.push(Step {
            sql: format!("ALTER TABLE {table} ADD COLUMN {}", column(dialect, new)),
            failure: format!("failed to add column {}", new.name),
        });
    }
    steps
}

fn find<'a>(collection: &'a Collection, field: &Field) -> Option<&'a Field> {
    columns(collection).find(|other| other.id == field.id)
}

fn rename_column(dialect: &dyn Dialect, table: &str, from: &str, to: &str, old: &str) -> Step {
    let (from, to) = (identifier(dialect, from), identifier(dialect, to));
    Step {
        sql: format!("ALTER TABLE {table} RENAME COLUMN {from} TO {to}"),
        failure: format!("failed to rename column {old}"),
    }
}

/// Turns columns of one value into columns of several and back, after [`alter_columns`]. One value
/// becomes a list of one; of several the last stays. No view may exist meanwhile that reads them.
pub fn convert_columns(dialect: &dyn Dialect, before: &Collection, after: &Collection) -> Vec<Step> {
    let table = identifier(dialect, &after.name);
    let mut steps = Vec::new();
    for new in columns(after) {
        let Some(old) = find(before, new).filter(|old| old.column() != new.column()) else {
            continue;
        };
        let kept = temporary(&new.name);
        let (name, source) = (identifier(dialect, &new.name), identifier(dialect, &kept));
        let value = match (old.column(), new.column()) {
            (ColumnKind::Text, ColumnKind::List) => dialect.list_of_one(&source),
            (ColumnKind::List, ColumnKind::Text) => dialect.last_of_list(&source),
            // Fields keep their type, and no other type has two kinds of columns.
            _ => continue,
        };
        let failure = format!("failed to convert column {}", new.name);
        let statements = [
            format!("ALTER TABLE {table} RENAME COLUMN {name} TO {source}"),
            format!("ALTER TABLE {table} ADD COLUMN {}", column(dialect, new)),
            format!("UPDATE {table} SET {name} = {value}"),
            format!("ALTER TABLE {table} DROP COLUMN {source}"),
        ];
        steps.extend(statements.map(|sql| Step { sql, failure: failure.clone() }));
    }
    steps
}

/// The index in its canonical form, as [`Index::to_sql`] writes it.
pub fn create_index(_: &dyn Dialect, index: &Index) -> String {
    index.to_sql()
}

pub fn drop_index(dialect: &dyn Dialect, name: &str) -> String {
    format!("DROP INDEX IF EXISTS {}", identifier(dialect, name))
}

pub fn create_view(dialect: &dyn Dialect, name: &str, query: &str) -> String {
    format!("{}{}", view_head(dialect, name), select_all(query))
}

/// A view that was stored as `create` says, with other names for its columns.
pub fn create_view_with_columns(
    dialect: &dyn Dialect,
    name: &str,
    columns: &[&str],
    create: &str,
) -> Option<String> {
    let select = create.strip_prefix(&view_head(dialect, name))?;
    let columns: Vec<String> = columns.iter().map(|column| identifier(dialect, column)).collect();
    Some(format!("CREATE VIEW {}({}) AS {select}", identifier(dialect, name), columns.join(", ")))
}

fn view_head(dialect: &dyn Dialect, name: &str) -> String {
    format!("CREATE VIEW {} AS ", identifier(dialect, name))
}

fn select_all(query: &str) -> String {
    format!("SELECT * FROM ({query})")
}

pub fn drop_view(dialect: &dyn Dialect, name: &str) -> String {
    format!("DROP VIEW IF EXISTS {}", identifier(dialect, name))
}

/// The query with its `id` as text, for views whose ids are of another type.
pub fn with_text_id(dialect: &dyn Dialect, columns: &[String], query: &str) -> String {
    let columns: Vec<String> = columns
        .iter()
        .map(|column| match identifier(dialect, column) {
            name if column == "id" => format!("CAST({name} as TEXT) {name}"),
            name => name,
        })
        .collect();
    format!("SELECT {} FROM ({query})", columns.join(","))
}

/// Rows of (name, declared type): the columns of a table or view.
pub fn columns_of(dialect: &dyn Dialect, name: &str) -> Statement {
    Statement::new(dialect.catalog_columns(), vec![Cell::text(name)])
}

/// Rows of (name, the statement that makes it): all views of the database.
pub fn select_views(dialect: &dyn Dialect) -> Statement {
    Statement::new(dialect.catalog_views(), Vec::new())
}

/// Fails if a table or view cannot be read any more; answers no rows.
pub fn probe(dialect: &dyn Dialect, name: &str) -> String {
    format!("SELECT * FROM {} LIMIT 0", identifier(dialect, name))
}

/// Rows of one cell: ids that a view would have.
pub fn sample_ids(dialect: &dyn Dialect, query: &str, limit: u32) -> String {
    format!("SELECT {} FROM ({query}) LIMIT {limit}", identifier(dialect, "id"))
}

/// Rows of a view's query as they are.
pub fn sample_rows(_: &dyn Dialect, query: &str, limit: u32) -> String {
    format!("{} LIMIT {limit}", select_all(query))
}

/// Rows of one cell: the ids of all records.
pub fn all_ids(dialect: &dyn Dialect, table: &str) -> String {
    format!("SELECT {} FROM {}", identifier(dialect, "id"), identifier(dialect, table))
}

#[cfg(test)]
mod tests;
