//! The tables that every data folder has, laid out as PocketBase lays them out, so that either
//! server opens a folder of the other. Ketch's own tables start with `_ketch_`: see [`super::changes`].

use ketch_model::Cell;

use crate::sql::ddl;
use crate::sql::dialect::Dialect;
use crate::statement::Statement;

/// Names of the schema steps that a fresh folder of the original notes as applied. With them noted
/// the original finds nothing left to do when it opens the folder.
pub const APPLIED_MIGRATIONS: [&str; 8] = [
    "1640988000_aux_init.go",
    "1640988000_init.go",
    "1717233556_v0.23_migrate.go",
    "1717233557_v0.23_migrate2.go",
    "1717233558_v0.23_migrate3.go",
    "1717233559_v0.23_migrate4.go",
    "1763020353_update_default_auth_alert_templates.go",
    "1778828400_normalize_indexes.go",
];

/// The id of the settings' row in `_params`.
pub const SETTINGS_PARAM: &str = "settings";

// Byte for byte what the original's first start leaves in sqlite_schema.
const MAIN_TABLES: &str = "\
CREATE TABLE IF NOT EXISTS `_migrations` (file VARCHAR(255) PRIMARY KEY NOT NULL, applied INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS `_params` (
\t\t\t`id`      TEXT PRIMARY KEY DEFAULT ('r'||lower(hex(randomblob(7)))) NOT NULL,
\t\t\t`value`   JSON DEFAULT NULL,
\t\t\t`created` TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%fZ')) NOT NULL,
\t\t\t`updated` TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%fZ')) NOT NULL
\t\t);
CREATE TABLE IF NOT EXISTS `_collections` (
\t\t\t\t`id`         TEXT PRIMARY KEY DEFAULT ('r'||lower(hex(randomblob(7)))) NOT NULL,
\t\t\t\t`system`     BOOLEAN DEFAULT FALSE NOT NULL,
\t\t\t\t`type`       TEXT DEFAULT \"base\" NOT NULL,
\t\t\t\t`name`       TEXT UNIQUE NOT NULL,
\t\t\t\t`fields`     JSON DEFAULT \"[]\" NOT NULL,
\t\t\t\t`indexes`    JSON DEFAULT \"[]\" NOT NULL,
\t\t\t\t`listRule`   TEXT DEFAULT NULL,
\t\t\t\t`viewRule`   TEXT DEFAULT NULL,
\t\t\t\t`createRule` TEXT DEFAULT NULL,
\t\t\t\t`updateRule` TEXT DEFAULT NULL,
\t\t\t\t`deleteRule` TEXT DEFAULT NULL,
\t\t\t\t`options`    JSON DEFAULT \"{}\" NOT NULL,
\t\t\t\t`created`    TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%fZ')) NOT NULL,
\t\t\t\t`updated`    TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%fZ')) NOT NULL
\t\t\t);
CREATE INDEX IF NOT EXISTS idx__collections_type on `_collections` (`type`);
";

const AUXILIARY_TABLES: &str = "\
CREATE TABLE IF NOT EXISTS `_logs` (
\t\t\t\t\t`id`      TEXT PRIMARY KEY DEFAULT ('r'||lower(hex(randomblob(7)))) NOT NULL,
\t\t\t\t\t`level`   INTEGER DEFAULT 0 NOT NULL,
\t\t\t\t\t`message` TEXT DEFAULT \"\" NOT NULL,
\t\t\t\t\t`data`    JSON DEFAULT \"{}\" NOT NULL,
\t\t\t\t\t`created` TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%fZ')) NOT NULL
\t\t\t\t);
CREATE INDEX IF NOT EXISTS idx_logs_level on `_logs` (`level`);
CREATE INDEX IF NOT EXISTS idx_logs_message on `_logs` (`message`);
CREATE INDEX IF NOT EXISTS idx_logs_created_hour on `_logs` (strftime('%Y-%m-%d %H:00:00', `created`));
";

/// The script of the tables that the original has in its main database; existing ones stay.
pub fn create_main_tables(_: &dyn Dialect) -> &'static str {
    MAIN_TABLES
}

/// The script of the auxiliary database's tables; existing ones stay.
pub fn create_auxiliary_tables(_: &dyn Dialect) -> &'static str {
    AUXILIARY_TABLES
}

/// Rows of names: every table and view of the database.
pub fn table_names(dialect: &dyn Dialect) -> Statement {
    Statement::new(dialect.catalog_tables(), Vec::new())
}

/// Rows of names: the schema steps noted as applied.
pub fn applied_migrations(_: &dyn Dialect) -> Statement {
    Statement::new("SELECT `file` FROM `_migrations`", Vec::new())
}

/// Notes a schema step as applied at a time in microseconds since 1970.
pub fn insert_migration(_: &dyn Dialect, file: &str, applied: i64) -> Statement {
    Statement::new(
        "INSERT INTO `_migrations` (`file`, `applied`) VALUES (?, ?) ON CONFLICT DO NOTHING",
        vec![Cell::text(file), Cell::Integer(applied)],
    )
}

/// One row at most, of one cell: the JSON text of a param.
pub fn select_param(_: &dyn Dialect, id: &str) -> Statement {
    // PocketBase binds the text as a blob.
    Statement::new("SELECT CAST(`value` AS TEXT) FROM `_params` WHERE `id` = ?", vec![Cell::text(id)])
}

/// Sets a param's JSON text; `now` is its `updated`, and its `created` where it is new.
pub fn save_param(_: &dyn Dialect, id: &str, value: &str, now: &str) -> Statement {
    Statement::new(
        "INSERT INTO `_params` (`id`, `value`, `created`, `updated`) VALUES (?1, ?2, ?3, ?3) \
         ON CONFLICT (`id`) DO UPDATE SET `value` = excluded.`value`, `updated` = excluded.`updated`",
        vec![Cell::text(id), Cell::text(value), Cell::text(now)],
    )
}

/// The columns of `_collections`, in the order of every statement here.
pub const COLLECTION_COLUMNS: [&str; 14] = [
    "id",
    "system",
    "type",
    "name",
    "fields",
    "indexes",
    "listRule",
    "viewRule",
    "createRule",
    "updateRule",
    "deleteRule",
    "options",
    "created",
    "updated",
];

/// Rows of [`COLLECTION_COLUMNS`], oldest first.
pub fn select_collections(_: &dyn Dialect) -> Statement {
    let columns = COLLECTION_COLUMNS.map(quoted).join(", ");
    Statement::new(format!("SELECT {columns} FROM `_collections` ORDER BY `rowid`"), Vec::new())
}

/// Stores a new collection; `cells` belong to [`COLLECTION_COLUMNS`].
pub fn insert_collection(_: &dyn Dialect, cells: Vec<Cell>) -> Statement {
    let columns = COLLECTION_COLUMNS.map(quoted).join(", ");
    let places = ["?"; COLLECTION_COLUMNS.len()].join(", ");
    Statement::new(format!("INSERT INTO `_collections` ({columns}) VALUES ({places})"), cells)
}

/// Stores a changed collection; `cells` belong to [`COLLECTION_COLUMNS`], the first names the row.
pub fn update_collection(_: &dyn Dialect, cells: Vec<Cell>) -> Statement {
    let places: Vec<String> = COLLECTION_COLUMNS
        .iter()
        .enumerate()
        .skip(1)
        .map(|(index, column)| format!("{} = ?{}", quoted(column), index + 1))
        .collect();
    Statement::new(format!("UPDATE `_collections` SET {} WHERE `id` = ?1", places.join(", ")), cells)
}

pub fn delete_collection(_: &dyn Dialect, id: &str) -> Statement {
    Statement::new("DELETE FROM `_collections` WHERE `id` = ?", vec![Cell::text(id)])
}

/// Deletes what a system table (`_externalAuths`, `_mfas`, …) holds of a collection's records.
pub fn delete_references(dialect: &dyn Dialect, table: &str, collection_id: &str) -> Statement {
    Statement::new(
        format!("DELETE FROM {} WHERE `collectionRef` = ?", ddl::identifier(dialect, table)),
        vec![Cell::text(collection_id)],
    )
}

fn quoted(column: &str) -> String {
    format!("`{column}`")
}
