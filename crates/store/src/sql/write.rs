//! Statements about single records and their ids, the same text for every record of a collection
//! so that drivers keep them prepared.
//!
//! Records come as rows whose cell `i` belongs to `collection.fields[i]`.

use ketch_model::{Cell, Collection};

use crate::sql::dialect::Dialect;
use crate::sql::relations::{self, RelationKind};
use crate::statement::Statement;

/// Stores a new record; `cells` belong to the fields, all of them, in their order. What belongs
/// into link tables is passed over: see [`super::relations`].
pub fn insert_record(dialect: &dyn Dialect, collection: &Collection, cells: Vec<Cell>) -> Statement {
    let mut text = Text::new(dialect, collection);
    text.push("INSERT INTO ");
    text.table(collection);
    let columns = collection.fields.iter().filter(|field| !field.is_link_table());
    for (index, field) in columns.enumerate() {
        text.push(if index == 0 { " (" } else { ", " });
        text.name(&field.name);
    }
    text.push(") VALUES (");
    let columns = collection.fields.iter().zip(cells).filter(|(field, _)| !field.is_link_table());
    for (index, (_, cell)) in columns.enumerate() {
        text.push(if index == 0 { "" } else { ", " });
        text.bind(cell);
    }
    text.push(")");
    text.finish()
}

/// Changes some fields of the record with the id; each cell comes with the position of its field.
/// At least one field must be given, and none that lives in a link table.
pub fn update_record(
    dialect: &dyn Dialect,
    collection: &Collection,
    changed: Vec<(usize, Cell)>,
    id: &str,
) -> Statement {
    let mut text = Text::new(dialect, collection);
    text.push("UPDATE ");
    text.table(collection);
    for (index, (field, cell)) in changed.into_iter().enumerate() {
        text.push(if index == 0 { " SET " } else { ", " });
        text.name(&collection.fields[field].name);
        text.push(" = ");
        text.bind(cell);
    }
    text.where_id(id);
    text.finish()
}

pub fn delete_record(dialect: &dyn Dialect, collection: &Collection, id: &str) -> Statement {
    let mut text = Text::new(dialect, collection);
    text.push("DELETE FROM ");
    text.table(collection);
    text.where_id(id);
    text.finish()
}

/// One record at most.
pub fn select_by_id(dialect: &dyn Dialect, collection: &Collection, id: &str) -> Statement {
    let mut text = Text::select(dialect, collection);
    text.where_id(id);
    text.finish()
}

/// The records with these ids, in no particular order.
pub fn select_by_ids(dialect: &dyn Dialect, collection: &Collection, ids: &[&str]) -> Statement {
    let mut text = Text::select(dialect, collection);
    text.push(" WHERE ");
    text.name("id");
    text.is_in(ids);
    text.finish()
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
    let mut text = Text::select(dialect, collection);
    let column = text.quoted(&collection.fields[field].name);
    text.push(" WHERE ");
    if ignore_case {
        let placeholder = text.placeholder(value);
        dialect.equal_ignoring_case(&column, &placeholder, &mut text.sql);
    } else {
        text.push(&column);
        text.push(" = ");
        text.bind(value);
    }
    text.finish()
}

/// One cell a row: those of the ids that are records of the collection, each once.
pub fn existing_ids(dialect: &dyn Dialect, collection: &Collection, ids: &[&str]) -> Statement {
    let mut text = Text::new(dialect, collection);
    text.push("SELECT ");
    text.name("id");
    text.push(" FROM ");
    text.table(collection);
    text.push(" WHERE ");
    text.name("id");
    text.is_in(ids);
    text.finish()
}

/// How many records the collection has: one row, one integer.
pub fn count_all(dialect: &dyn Dialect, collection: &Collection) -> Statement {
    let mut text = Text::new(dialect, collection);
    text.push("SELECT count(*) FROM ");
    text.table(collection);
    text.finish()
}

/// The records whose relation field, given by its position, holds any of the ids.
pub fn referencing_records(
    dialect: &dyn Dialect,
    collection: &Collection,
    field: usize,
    ids: &[&str],
) -> Statement {
    let mut text = Text::select(dialect, collection);
    let relation = &collection.fields[field];
    let column = text.quoted(&relation.name);
    text.push(" WHERE ");
    match relations::kind(relation) {
        RelationKind::One => {
            text.push(&column);
            text.is_in(ids);
            return text.finish();
        }
        RelationKind::Table => {
            text.name("id");
            text.push(" IN (SELECT `source` FROM ");
            text.name(&relations::table_name(&relation.id));
            text.push(" WHERE `target`");
            text.is_in(ids);
            text.push(")");
            return text.finish();
        }
        RelationKind::List => {}
    }
    // Looking for the bytes first spares taking apart the list of every record.
    if let [id] = ids
        && is_plain(id)
    {
        let placeholder = text.placeholder(Cell::Text(format!("\"{id}\"")));
        dialect.may_mention(&column, &placeholder, &mut text.sql);
        text.push(" AND ");
    }
    text.push("EXISTS (SELECT 1 FROM ");
    dialect.items(&column, true, &mut text.sql);
    text.push(" AS item WHERE item.");
    text.push(dialect.item());
    text.is_in(ids);
    text.push(")");
    text.finish()
}

/// Whether every JSON writer writes the id as it is.
fn is_plain(id: &str) -> bool {
    id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

/// A statement in the making.
struct Text<'a> {
    dialect: &'a dyn Dialect,
    sql: String,
    params: Vec<Cell>,
}

impl<'a> Text<'a> {
    fn new(dialect: &'a dyn Dialect, collection: &Collection) -> Self {
        let sql = String::with_capacity(64 + collection.fields.len() * 24);
        Self { dialect, sql, params: Vec::new() }
    }

    /// All fields of the collection, without a condition.
    fn select(dialect: &'a dyn Dialect, collection: &Collection) -> Self {
        let mut text = Self::new(dialect, collection);
        text.push("SELECT ");
        text.columns(collection);
        text.push(" FROM ");
        text.table(collection);
        text
    }

    fn push(&mut self, part: &str) {
        self.sql.push_str(part);
    }

    fn name(&mut self, name: &str) {
        self.dialect.identifier(name, &mut self.sql);
    }

    fn quoted(&self, name: &str) -> String {
        let mut quoted = String::new();
        self.dialect.identifier(name, &mut quoted);
        quoted
    }

    fn table(&mut self, collection: &Collection) {
        self.name(&collection.name);
    }

    fn columns(&mut self, collection: &Collection) {
        for (index, field) in collection.fields.iter().enumerate() {
            self.push(if index == 0 { "" } else { ", " });
            if field.is_link_table() {
                let id = format!("{}.{}", self.quoted(&collection.name), self.quoted("id"));
                relations::targets_of(self.dialect, field, &id, &mut self.sql);
            } else {
                self.name(&field.name);
            }
        }
    }

    fn bind(&mut self, cell: Cell) {
        self.params.push(cell);
        self.dialect.parameter(self.params.len(), &mut self.sql);
    }

    /// Binds a value whose place is written by somebody else.
    fn placeholder(&mut self, cell: Cell) -> String {
        self.params.push(cell);
        let mut placeholder = String::new();
        self.dialect.parameter(self.params.len(), &mut placeholder);
        placeholder
    }

    fn where_id(&mut self, id: &str) {
        self.push(" WHERE ");
        self.name("id");
        self.push(" = ");
        self.bind(Cell::text(id));
    }

    /// Two texts however many ids there are: one id is compared, more are bound as one JSON list.
    fn is_in(&mut self, ids: &[&str]) {
        if let [id] = ids {
            self.push(" = ");
            self.bind(Cell::text(*id));
            return;
        }
        let list = self.placeholder(Cell::Text(serde_json::Value::from(ids.to_vec()).to_string()));
        self.push(" IN (SELECT ");
        self.push(self.dialect.item());
        self.push(" FROM ");
        self.dialect.items(&list, false, &mut self.sql);
        self.push(" AS ids)");
    }

    fn finish(self) -> Statement {
        Statement::new(self.sql, self.params)
    }
}
