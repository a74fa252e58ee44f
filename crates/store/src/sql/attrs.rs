//! What the Instant dialect knows of the collections beyond what `_collections` holds, and other
//! texts that the server keeps for itself.

use ketch_model::Cell;

use crate::sql::dialect::Dialect;
use crate::statement::Statement;

/// The script of the tables; existing ones stay.
pub fn create_tables(_: &dyn Dialect) -> &'static str {
    "CREATE TABLE IF NOT EXISTS `_ketch_attrs` (`id` TEXT PRIMARY KEY NOT NULL, `collection` TEXT NOT NULL, \
     `field` TEXT NOT NULL, `forward` TEXT NOT NULL, `reverse` TEXT, `reverseLabel` TEXT, \
     `properties` TEXT NOT NULL, `definition` TEXT, `deleted` TEXT);\
     CREATE INDEX IF NOT EXISTS `_ketch_attrs_collection` ON `_ketch_attrs` (`collection`);\
     CREATE TABLE IF NOT EXISTS `_ketch_links` (`field` TEXT NOT NULL, `source` TEXT NOT NULL, \
     `target` TEXT NOT NULL, PRIMARY KEY (`field`, `source`));\
     CREATE TABLE IF NOT EXISTS `_ketch_meta` (`key` TEXT PRIMARY KEY NOT NULL, `value` TEXT NOT NULL)"
}

/// The columns of `_ketch_attrs`, in the order of every statement here: the attr's id; collection
/// and field by id; the ids of both identities, and the reverse label; properties as JSON; the
/// field's own JSON where `_collections` lacks it; the stored date of the deletion.
pub const ATTR_COLUMNS: [&str; 9] = [
    "id",
    "collection",
    "field",
    "forward",
    "reverse",
    "reverseLabel",
    "properties",
    "definition",
    "deleted",
];

/// Rows of [`ATTR_COLUMNS`], oldest first.
pub fn select_attrs(_: &dyn Dialect) -> Statement {
    Statement::new(format!("SELECT {} FROM `_ketch_attrs` ORDER BY `rowid`", columns()), Vec::new())
}

/// Stores an attr, new or changed; `cells` belong to [`ATTR_COLUMNS`].
pub fn save_attr(dialect: &dyn Dialect, cells: Vec<Cell>) -> Statement {
    let mut places = String::new();
    for number in 1..=ATTR_COLUMNS.len() {
        places.push_str(if number == 1 { "" } else { ", " });
        dialect.parameter(number, &mut places);
    }
    let changes: Vec<String> =
        ATTR_COLUMNS.iter().skip(1).map(|column| format!("`{column}` = excluded.`{column}`")).collect();
    Statement::new(
        format!(
            "INSERT INTO `_ketch_attrs` ({}) VALUES ({places}) ON CONFLICT (`id`) DO UPDATE SET {}",
            columns(),
            changes.join(", ")
        ),
        cells,
    )
}

pub fn delete_attr(dialect: &dyn Dialect, id: &str) -> Statement {
    with_text(dialect, "DELETE FROM `_ketch_attrs` WHERE `id` = ", id)
}

/// Forgets all attrs of a collection.
pub fn delete_attrs_of(dialect: &dyn Dialect, collection_id: &str) -> Statement {
    with_text(dialect, "DELETE FROM `_ketch_attrs` WHERE `collection` = ", collection_id)
}

/// One row at most, of one cell: a text that is kept under a key.
pub fn select_meta(dialect: &dyn Dialect, key: &str) -> Statement {
    with_text(dialect, "SELECT `value` FROM `_ketch_meta` WHERE `key` = ", key)
}

/// Rows of (key, value): the texts whose keys begin with a prefix of plain letters.
pub fn select_meta_like(dialect: &dyn Dialect, prefix: &str) -> Statement {
    with_text(dialect, "SELECT `key`, `value` FROM `_ketch_meta` WHERE `key` LIKE ", &format!("{prefix}%"))
}

/// Keeps a text under a key.
pub fn save_meta(dialect: &dyn Dialect, key: &str, value: &str) -> Statement {
    let (mut first, mut second) = (String::new(), String::new());
    dialect.parameter(1, &mut first);
    dialect.parameter(2, &mut second);
    Statement::new(
        format!(
            "INSERT INTO `_ketch_meta` (`key`, `value`) VALUES ({first}, {second}) \
             ON CONFLICT (`key`) DO UPDATE SET `value` = excluded.`value`"
        ),
        vec![Cell::text(key), Cell::text(value)],
    )
}

pub fn delete_meta(dialect: &dyn Dialect, key: &str) -> Statement {
    with_text(dialect, "DELETE FROM `_ketch_meta` WHERE `key` = ", key)
}

fn columns() -> String {
    ATTR_COLUMNS.map(|column| format!("`{column}`")).join(", ")
}

fn with_text(dialect: &dyn Dialect, sql: &str, text: &str) -> Statement {
    let mut sql = sql.to_owned();
    dialect.parameter(1, &mut sql);
    Statement::new(sql, vec![Cell::text(text)])
}
