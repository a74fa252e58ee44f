//! Collections as rows of the `_collections` table.

use ketch_model::collection::StoredCollection;
use ketch_model::{Cell, Collection};
use ketch_store::sql::system;
use ketch_store::{Connection, Flow, Row, StoreResult};

/// The cells of a collection's row, in the order of [`system::COLLECTION_COLUMNS`].
pub(super) fn cells(collection: &Collection) -> Vec<Cell> {
    let row = collection.to_row();
    let optional = |text: Option<String>| text.map_or(Cell::Null, Cell::Text);
    vec![
        Cell::Text(row.id),
        Cell::Integer(row.system.into()),
        Cell::Text(row.type_name),
        Cell::Text(row.name),
        Cell::Text(row.fields),
        Cell::Text(row.indexes),
        optional(row.list_rule),
        optional(row.view_rule),
        optional(row.create_rule),
        optional(row.update_rule),
        optional(row.delete_rule),
        Cell::Text(row.options),
        Cell::Text(row.created),
        Cell::Text(row.updated),
    ]
}

/// All rows, oldest first.
pub(super) fn read_all(connection: &mut dyn Connection) -> StoreResult<Vec<StoredCollection>> {
    let statement = system::select_collections(connection.dialect());
    let mut rows = Vec::new();
    connection.query(&statement, &mut |row| {
        rows.push(stored(row));
        Flow::More
    })?;
    Ok(rows)
}

fn stored(row: &dyn Row) -> StoredCollection {
    let optional = |index| row.cell(index).as_text().map(str::to_owned);
    let text = |index| optional(index).unwrap_or_default();
    StoredCollection {
        id: text(0),
        system: matches!(row.cell(1), ketch_model::CellRef::Integer(number) if number != 0),
        type_name: text(2),
        name: text(3),
        fields: text(4),
        indexes: text(5),
        list_rule: optional(6),
        view_rule: optional(7),
        create_rule: optional(8),
        update_rule: optional(9),
        delete_rule: optional(10),
        options: text(11),
        created: text(12),
        updated: text(13),
    }
}
