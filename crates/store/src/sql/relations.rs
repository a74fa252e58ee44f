//! The three ways in which a relation is stored: one id in a text column, a JSON array of ids in a
//! column, or rows of a link table. Whoever writes SQL about a relation asks here.
//!
//! A link table belongs to one field, whose id its name has. It has a row for each link, found
//! quickly from either side. Links may name records that are not there.

use ketch_model::{Cell, Field, Value};

use crate::sql::dialect::Dialect;
use crate::statement::Statement;

/// The record that a link starts from.
pub const SOURCE: &str = "source";
/// The record that a link points at.
pub const TARGET: &str = "target";

/// Where the ids of a relation are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationKind {
    /// In a text column, `''` for none.
    One,
    /// In a column with a JSON array.
    List,
    /// In a table of their own.
    Table,
}

pub fn kind(field: &Field) -> RelationKind {
    if field.is_link_table() {
        RelationKind::Table
    } else if field.is_multiple() {
        RelationKind::List
    } else {
        RelationKind::One
    }
}

/// The name of a field's link table.
pub fn table_name(field_id: &str) -> String {
    format!("_ketch_link_{field_id}")
}

fn quoted(dialect: &dyn Dialect, name: &str) -> String {
    let mut sql = String::with_capacity(name.len() + 2);
    dialect.identifier(name, &mut sql);
    sql
}

fn table(dialect: &dyn Dialect, field_id: &str) -> String {
    quoted(dialect, &table_name(field_id))
}

/// The script that makes a field's link table; `single`: a target has one source at most.
pub fn create_table(dialect: &dyn Dialect, field_id: &str, single: bool) -> String {
    let table = table(dialect, field_id);
    let by_target = quoted(dialect, &format!("{}_target", table_name(field_id)));
    let mut script = format!(
        "CREATE TABLE {table} (`{SOURCE}` TEXT NOT NULL, `{TARGET}` TEXT NOT NULL, \
         PRIMARY KEY (`{SOURCE}`, `{TARGET}`)) WITHOUT ROWID;\
         CREATE INDEX {by_target} ON {table} (`{TARGET}`, `{SOURCE}`);"
    );
    if single {
        script.push_str(&create_single(dialect, field_id));
    }
    script
}

pub fn drop_table(dialect: &dyn Dialect, field_id: &str) -> String {
    format!("DROP TABLE IF EXISTS {}", table(dialect, field_id))
}

fn single_index(dialect: &dyn Dialect, field_id: &str) -> String {
    quoted(dialect, &format!("{}_single", table_name(field_id)))
}

/// From now on a target has one source at most.
pub fn create_single(dialect: &dyn Dialect, field_id: &str) -> String {
    format!(
        "CREATE UNIQUE INDEX {} ON {} (`{TARGET}`)",
        single_index(dialect, field_id),
        table(dialect, field_id)
    )
}

/// A target may have several sources again.
pub fn drop_single(dialect: &dyn Dialect, field_id: &str) -> String {
    format!("DROP INDEX IF EXISTS {}", single_index(dialect, field_id))
}

/// Writes the targets of a record as a JSON array, by an expression for its id.
pub(super) fn targets_of(dialect: &dyn Dialect, field: &Field, id: &str, sql: &mut String) {
    sql.push_str("(SELECT ");
    sql.push_str(dialect.collect());
    sql.push_str("(`target`) FROM ");
    dialect.identifier(&table_name(&field.id), sql);
    sql.push_str(" WHERE `source` = ");
    sql.push_str(id);
    sql.push(')');
}

/// Writes how many targets a record has, by an expression for its id.
pub(super) fn count_of(dialect: &dyn Dialect, field: &Field, id: &str, sql: &mut String) {
    sql.push_str("(SELECT count(*) FROM ");
    dialect.identifier(&table_name(&field.id), sql);
    sql.push_str(" WHERE `source` = ");
    sql.push_str(id);
    sql.push(')');
}

/// Links records, given as (source, target); links that are there stay.
pub fn insert_links(dialect: &dyn Dialect, field_id: &str, links: &[(&str, &str)]) -> Statement {
    let mut statement = Pairs::new(dialect, links);
    let pairs = statement.rows();
    statement.finish(format!(
        "INSERT INTO {} (`{SOURCE}`, `{TARGET}`) {pairs} WHERE true ON CONFLICT (`{SOURCE}`, `{TARGET}`) DO NOTHING",
        table(dialect, field_id)
    ))
}

/// Ends links, given as (source, target).
pub fn delete_links(dialect: &dyn Dialect, field_id: &str, links: &[(&str, &str)]) -> Statement {
    let mut statement = Pairs::new(dialect, links);
    let pairs = statement.rows();
    statement.finish(format!(
        "DELETE FROM {} WHERE (`{SOURCE}`, `{TARGET}`) IN ({pairs})",
        table(dialect, field_id)
    ))
}

/// Ends all links of a record: as their source, or as their target.
pub fn delete_links_of(dialect: &dyn Dialect, field_id: &str, side: &str, ids: &[&str]) -> Statement {
    let (list, params) = ids_list(dialect, ids);
    let sql = format!("DELETE FROM {} WHERE {} {list}", table(dialect, field_id), quoted(dialect, side));
    Statement::new(sql, params)
}

/// Rows of (source, target): the links of records as their source, or as their target.
pub fn select_links(dialect: &dyn Dialect, field_id: &str, side: &str, ids: &[&str]) -> Statement {
    let (list, params) = ids_list(dialect, ids);
    let sql = format!(
        "SELECT `{SOURCE}`, `{TARGET}` FROM {} WHERE {} {list}",
        table(dialect, field_id),
        quoted(dialect, side)
    );
    Statement::new(sql, params)
}

/// One row at most, of one cell: a target that several sources have.
pub fn shared_target(dialect: &dyn Dialect, field_id: &str) -> Statement {
    let sql = format!(
        "SELECT `{TARGET}` FROM {} GROUP BY `{TARGET}` HAVING count(*) > 1 LIMIT 1",
        table(dialect, field_id)
    );
    Statement::new(sql, Vec::new())
}

/// One row if any link to one waits for its source, else none.
pub fn any_waiting(_: &dyn Dialect) -> Statement {
    Statement::new("SELECT 1 FROM `_ketch_links` LIMIT 1", Vec::new())
}

/// Keeps a link to one until its source is there.
pub fn save_waiting(dialect: &dyn Dialect, field_id: &str, source: &str, target: &str) -> Statement {
    let place = |number| {
        let mut sql = String::new();
        dialect.parameter(number, &mut sql);
        sql
    };
    let sql = format!(
        "INSERT INTO `_ketch_links` (`field`, `source`, `target`) VALUES ({}, {}, {}) \
         ON CONFLICT (`field`, `source`) DO UPDATE SET `target` = excluded.`target`",
        place(1),
        place(2),
        place(3)
    );
    Statement::new(sql, vec![Cell::text(field_id), Cell::text(source), Cell::text(target)])
}

/// One row at most, of one cell: the target that waits for a source.
pub fn select_waiting(dialect: &dyn Dialect, field_id: &str, source: &str) -> Statement {
    waiting(dialect, "SELECT `target` FROM `_ketch_links`", field_id, SOURCE, source)
}

/// Forgets the waiting links of a field from a source, or to a target.
pub fn delete_waiting(dialect: &dyn Dialect, field_id: &str, side: &str, id: &str) -> Statement {
    waiting(dialect, "DELETE FROM `_ketch_links`", field_id, side, id)
}

fn waiting(dialect: &dyn Dialect, what: &str, field_id: &str, side: &str, id: &str) -> Statement {
    let mut sql = format!("{what} WHERE `field` = ");
    dialect.parameter(1, &mut sql);
    sql.push_str(" AND ");
    dialect.identifier(side, &mut sql);
    sql.push_str(" = ");
    dialect.parameter(2, &mut sql);
    Statement::new(sql, vec![Cell::text(field_id), Cell::text(id)])
}

/// The condition after an expression that it is one of the ids; one text for one id, one for more.
pub(super) fn ids_list(dialect: &dyn Dialect, ids: &[&str]) -> (String, Vec<Cell>) {
    let mut placeholder = String::new();
    dialect.parameter(1, &mut placeholder);
    if let [id] = ids {
        return (format!("= {placeholder}"), vec![Cell::text(*id)]);
    }
    let mut sql = format!("IN (SELECT {} FROM ", dialect.item());
    dialect.items(&placeholder, false, &mut sql);
    sql.push_str(" AS ids)");
    (sql, vec![Cell::Text(Value::from(ids.to_vec()).to_string())])
}

/// Pairs of ids bound as one JSON list, so that any number of them has the same text.
struct Pairs<'a> {
    dialect: &'a dyn Dialect,
    params: Vec<Cell>,
}

impl<'a> Pairs<'a> {
    fn new(dialect: &'a dyn Dialect, pairs: &[(&str, &str)]) -> Self {
        let list: Value = pairs.iter().map(|(source, target)| Value::from(vec![*source, *target])).collect();
        Self { dialect, params: vec![Cell::Text(list.to_string())] }
    }

    /// `SELECT first, second FROM …`
    fn rows(&mut self) -> String {
        let mut placeholder = String::new();
        self.dialect.parameter(1, &mut placeholder);
        let mut items = String::new();
        self.dialect.items(&placeholder, false, &mut items);
        let part = |index| self.dialect.list_text("pairs", index);
        format!("SELECT {}, {} FROM {items} AS pairs", part(0), part(1))
    }

    fn finish(self, sql: String) -> Statement {
        Statement::new(sql, self.params)
    }
}
