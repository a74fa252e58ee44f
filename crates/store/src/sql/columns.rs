//! Questions about all values of one field, and answers to them: what a change of its attr asks.

use ketch_model::{Cell, Collection, Field, FieldKind};

use crate::sql::ddl::identifier;
use crate::sql::dialect::Dialect;
use crate::sql::relations::{self, RelationKind};
use crate::statement::Statement;

/// How a value that is none is stored beside NULL: the empty id of a relation, a null in JSON.
fn nothing(field: &Field) -> Option<&'static str> {
    match field.kind {
        FieldKind::Relation(_) => Some("''"),
        FieldKind::Json(_) => Some("'null'"),
        _ => None,
    }
}

fn present(dialect: &dyn Dialect, field: &Field) -> String {
    let column = identifier(dialect, &field.name);
    match nothing(field) {
        Some(nothing) => format!("{column} IS NOT NULL AND {column} <> {nothing}"),
        None => format!("{column} IS NOT NULL"),
    }
}

/// Rows of (record id, stored value): all values that are there; of a link table one row for each link.
pub fn select_values(dialect: &dyn Dialect, collection: &Collection, field: &Field) -> Statement {
    let sql = if field.is_link_table() {
        format!(
            "SELECT `{}`, `{}` FROM {}",
            relations::SOURCE,
            relations::TARGET,
            identifier(dialect, &relations::table_name(&field.id))
        )
    } else {
        format!(
            "SELECT `id`, {} FROM {} WHERE {}",
            identifier(dialect, &field.name),
            identifier(dialect, &collection.name),
            present(dialect, field)
        )
    };
    Statement::new(sql, Vec::new())
}

/// One row at most, of one cell: a stored value that several records have, or a target of several.
pub fn repeated_value(dialect: &dyn Dialect, collection: &Collection, field: &Field) -> Statement {
    if relations::kind(field) == RelationKind::Table {
        return relations::shared_target(dialect, &field.id);
    }
    let column = identifier(dialect, &field.name);
    let sql = format!(
        "SELECT {column} FROM {} WHERE {} GROUP BY {column} HAVING count(*) > 1 LIMIT 1",
        identifier(dialect, &collection.name),
        present(dialect, field)
    );
    Statement::new(sql, Vec::new())
}

/// Rows of one cell: ids of records without a value, at most `limit`.
pub fn without_value(dialect: &dyn Dialect, collection: &Collection, field: &Field, limit: u32) -> Statement {
    let table = identifier(dialect, &collection.name);
    let condition = if field.is_link_table() {
        let links = identifier(dialect, &relations::table_name(&field.id));
        format!("`id` NOT IN (SELECT `{}` FROM {links})", relations::SOURCE)
    } else {
        format!("NOT ({})", present(dialect, field))
    };
    let mut sql = format!("SELECT `id` FROM {table} WHERE {condition} LIMIT ");
    dialect.parameter(1, &mut sql);
    Statement::new(sql, vec![Cell::Integer(i64::from(limit))])
}

/// Makes written nulls of a nullable json column missing values.
pub fn forget_nulls(dialect: &dyn Dialect, collection: &Collection, field: &Field) -> Statement {
    let column = identifier(dialect, &field.name);
    let table = identifier(dialect, &collection.name);
    Statement::new(format!("UPDATE {table} SET {column} = NULL WHERE {column} = 'null'"), Vec::new())
}

/// Takes away a column that no field has any more.
pub fn drop_column(dialect: &dyn Dialect, collection: &Collection, column: &str) -> String {
    let table = identifier(dialect, &collection.name);
    format!("ALTER TABLE {table} DROP COLUMN {}", identifier(dialect, column))
}
