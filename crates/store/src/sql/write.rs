//! Statements about single records and their ids, the same text for every record of a collection
//! so that drivers keep them prepared.
//!
//! Records come as rows whose cell `i` belongs to `collection.fields[i]`.

use ketch_model::{Cell, Collection};

use crate::contract::Statement;
use crate::sql::Dialect;
use crate::sql::ddl::identifier;

/// Stores a new record; `cells` belong to the fields, all of them, in their order.
pub fn insert_record(dialect: &dyn Dialect, collection: &Collection, cells: Vec<Cell>) -> Statement {
    let mut sql = String::with_capacity(64 + collection.fields.len() * 24);
    sql.push_str("INSERT INTO ");
    sql.push_str(&identifier(dialect, &collection.name));
    sql.push_str(" (");
    push_columns(dialect, collection, &mut sql);
    sql.push_str(") VALUES (");
    for index in 0..collection.fields.len() {
        sql.push_str(if index == 0 { "?" } else { ", ?" });
    }
    sql.push(')');
    Statement::new(sql, cells)
}

/// Changes some fields of the record with the id; each cell comes with the position of its field.
/// At least one field must be given.
pub fn update_record(
    dialect: &dyn Dialect,
    collection: &Collection,
    changed: Vec<(usize, Cell)>,
    id: &str,
) -> Statement {
    let mut sql = String::with_capacity(64 + changed.len() * 24);
    sql.push_str("UPDATE ");
    sql.push_str(&identifier(dialect, &collection.name));
    let mut params = Vec::with_capacity(changed.len() + 1);
    for (field, cell) in changed {
        sql.push_str(if params.is_empty() { " SET " } else { ", " });
        sql.push_str(&identifier(dialect, &collection.fields[field].name));
        sql.push_str(" = ?");
        params.push(cell);
    }
    sql.push_str(" WHERE `id` = ?");
    params.push(Cell::text(id));
    Statement::new(sql, params)
}

pub fn delete_record(dialect: &dyn Dialect, collection: &Collection, id: &str) -> Statement {
    let table = identifier(dialect, &collection.name);
    Statement::new(format!("DELETE FROM {table} WHERE `id` = ?"), vec![Cell::text(id)])
}

/// One record at most.
pub fn select_by_id(dialect: &dyn Dialect, collection: &Collection, id: &str) -> Statement {
    let mut sql = select_all(dialect, collection);
    sql.push_str(" WHERE `id` = ?");
    Statement::new(sql, vec![Cell::text(id)])
}

/// The records with these ids, in no particular order.
pub fn select_by_ids(dialect: &dyn Dialect, collection: &Collection, ids: &[&str]) -> Statement {
    let mut sql = select_all(dialect, collection);
    let param = push_id_in("`id`", ids, &mut sql);
    Statement::new(sql, vec![param])
}

/// The records whose field, given by its position, holds exactly this value; `ignore_case` folds
/// ASCII letters.
pub fn select_by_column(
    dialect: &dyn Dialect,
    collection: &Collection,
    field: usize,
    value: Cell,
    ignore_case: bool,
) -> Statement {
    let mut sql = select_all(dialect, collection);
    sql.push_str(" WHERE ");
    sql.push_str(&identifier(dialect, &collection.fields[field].name));
    sql.push_str(" = ?");
    if ignore_case {
        sql.push_str(" COLLATE NOCASE");
    }
    Statement::new(sql, vec![value])
}

/// One cell a row: those of the ids that are records of the collection, each once.
pub fn existing_ids(dialect: &dyn Dialect, collection: &Collection, ids: &[&str]) -> Statement {
    let mut sql = format!("SELECT `id` FROM {}", identifier(dialect, &collection.name));
    let param = push_id_in("`id`", ids, &mut sql);
    Statement::new(sql, vec![param])
}

/// How many records the collection has: one row, one integer.
pub fn count_all(dialect: &dyn Dialect, collection: &Collection) -> Statement {
    Statement::new(format!("SELECT count(*) FROM {}", identifier(dialect, &collection.name)), Vec::new())
}

/// The records whose relation field, given by its position, holds any of the ids.
pub fn referencing_records(
    dialect: &dyn Dialect,
    collection: &Collection,
    field: usize,
    ids: &[&str],
) -> Statement {
    let mut sql = select_all(dialect, collection);
    let relation = &collection.fields[field];
    let column = identifier(dialect, &relation.name);
    if !relation.is_multiple() {
        let param = push_id_in(&column, ids, &mut sql);
        return Statement::new(sql, vec![param]);
    }
    let mut params = Vec::new();
    sql.push_str(" WHERE ");
    // Looking for the bytes first spares parsing the list of every record.
    if let [id] = ids
        && is_plain(id)
    {
        sql.push_str("instr(");
        sql.push_str(&column);
        sql.push_str(", ?) > 0 AND ");
        params.push(Cell::Text(format!("\"{id}\"")));
    }
    sql.push_str("EXISTS (SELECT 1 FROM json_each(CASE WHEN json_valid(");
    sql.push_str(&column);
    sql.push_str(") THEN ");
    sql.push_str(&column);
    sql.push_str(" ELSE json_array(");
    sql.push_str(&column);
    sql.push_str(") END) AS item");
    params.push(push_id_in("item.value", ids, &mut sql));
    sql.push(')');
    Statement::new(sql, params)
}

/// `SELECT` of all fields, without a condition.
fn select_all(dialect: &dyn Dialect, collection: &Collection) -> String {
    let mut sql = String::with_capacity(64 + collection.fields.len() * 24);
    sql.push_str("SELECT ");
    push_columns(dialect, collection, &mut sql);
    sql.push_str(" FROM ");
    sql.push_str(&identifier(dialect, &collection.name));
    sql
}

fn push_columns(dialect: &dyn Dialect, collection: &Collection, sql: &mut String) {
    for (index, field) in collection.fields.iter().enumerate() {
        if index > 0 {
            sql.push_str(", ");
        }
        sql.push_str(&identifier(dialect, &field.name));
    }
}

/// Two texts however many ids there are: one id is compared, more are bound as one JSON list.
fn push_id_in(operand: &str, ids: &[&str], sql: &mut String) -> Cell {
    sql.push_str(" WHERE ");
    sql.push_str(operand);
    if let [id] = ids {
        sql.push_str(" = ?");
        return Cell::text(*id);
    }
    sql.push_str(" IN (SELECT value FROM json_each(?))");
    Cell::Text(serde_json::Value::from(ids.to_vec()).to_string())
}

/// Whether every JSON writer writes the id as it is.
fn is_plain(id: &str) -> bool {
    id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}
