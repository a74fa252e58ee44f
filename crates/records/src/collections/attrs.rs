//! What the Instant dialect knows of collections, kept in tables of its own beside them: the
//! original reads and writes `_collections` alone and must find there only what it understands.

use std::collections::HashMap;

use ketch_model::attr::{AttrProperties, ReverseIdentity};
use ketch_model::collection::InstantProperties;
use ketch_model::{Cell, Collection, Field, Object, Value, json};
use ketch_store::sql::{attrs, relations};
use ketch_store::{Connection, Flow, Row, StoreResult};

const COLLECTION_KEY: &str = "collection:";

/// A row of the table of attrs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StoredAttr {
    pub collection: String,
    pub field: String,
    pub nullable: bool,
    pub properties: AttrProperties,
    /// The field's JSON, of what has no column in its collection: link tables, deleted attrs.
    pub definition: Option<Object>,
    /// A stored date.
    pub deleted: Option<String>,
}

impl StoredAttr {
    fn of(collection: &Collection, field: &Field, properties: &AttrProperties) -> Self {
        let definition = match field.to_json() {
            Value::Object(object) if field.is_link_table() => Some(object),
            _ => None,
        };
        Self {
            collection: collection.id.clone(),
            field: field.id.clone(),
            nullable: field.nullable,
            properties: properties.clone(),
            definition,
            deleted: None,
        }
    }

    fn cells(&self) -> Vec<Cell> {
        let optional = |text: Option<String>| text.map_or(Cell::Null, Cell::Text);
        let reverse = self.properties.reverse.as_ref();
        let mut properties = self.properties.to_json();
        if self.nullable {
            properties.insert("nullable".to_owned(), Value::Bool(true));
        }
        vec![
            Cell::text(&*self.properties.id),
            Cell::text(&*self.collection),
            Cell::text(&*self.field),
            Cell::text(&*self.properties.forward_id),
            optional(reverse.map(|reverse| reverse.id.clone())),
            optional(reverse.map(|reverse| reverse.label.clone())),
            Cell::Text(json::to_text(&Value::Object(properties))),
            optional(self.definition.clone().map(|object| json::to_text(&Value::Object(object)))),
            optional(self.deleted.clone()),
        ]
    }

    fn from_row(row: &dyn Row) -> Self {
        let optional = |index| row.cell(index).as_text().map(str::to_owned);
        let text = |index| optional(index).unwrap_or_default();
        let object = |text: String| match serde_json::from_str(&text) {
            Ok(Value::Object(object)) => Some(object),
            _ => None,
        };
        let stored = object(text(6)).unwrap_or_default();
        let reverse = optional(4).zip(optional(5)).map(|(id, label)| ReverseIdentity { id, label });
        let known = AttrProperties::from_json(&stored);
        Self {
            collection: text(1),
            field: text(2),
            nullable: stored.get("nullable").and_then(Value::as_bool).unwrap_or_default(),
            properties: AttrProperties { id: text(0), forward_id: text(3), reverse, ..known },
            definition: optional(7).and_then(object),
            deleted: optional(8),
        }
    }

    /// The field that a row without a column describes, as it was or is.
    pub fn described_field(&self) -> Option<Field> {
        let mut field = Field::from_json(self.definition.as_ref()?).ok()?;
        field.nullable = self.nullable;
        field.attr = Some(self.properties.clone().into());
        Some(field)
    }
}

/// All rows, oldest first, deleted attrs among them.
pub(crate) fn read_all(connection: &mut dyn Connection) -> StoreResult<Vec<StoredAttr>> {
    let statement = attrs::select_attrs(connection.dialect());
    let mut rows = Vec::new();
    connection.query(&statement, &mut |row| {
        rows.push(StoredAttr::from_row(row));
        Flow::More
    })?;
    Ok(rows)
}

pub(crate) fn save(connection: &mut dyn Connection, attr: &StoredAttr) -> StoreResult<()> {
    let statement = attrs::save_attr(connection.dialect(), attr.cells());
    connection.execute(&statement).map(drop)
}

pub(crate) fn forget(connection: &mut dyn Connection, attr_id: &str) -> StoreResult<()> {
    let statement = attrs::delete_attr(connection.dialect(), attr_id);
    connection.execute(&statement).map(drop)
}

/// Lays what is known over the collections as they were stored.
pub(super) fn complete(connection: &mut dyn Connection, collections: &mut [Collection]) -> StoreResult<()> {
    let mut by_id: HashMap<String, &mut Collection> =
        collections.iter_mut().map(|collection| (collection.id.clone(), collection)).collect();
    let statement = attrs::select_meta_like(connection.dialect(), COLLECTION_KEY);
    connection.query(&statement, &mut |row| {
        let text = |index| row.cell(index).as_text().unwrap_or_default();
        let id = text(0).strip_prefix(COLLECTION_KEY).unwrap_or_default();
        if let Some(collection) = by_id.get_mut(id) {
            let known: Value = serde_json::from_str(text(1)).unwrap_or_default();
            let namespace = known.get("namespace").and_then(Value::as_str).map(str::to_owned);
            collection.instant = Some(InstantProperties { namespace });
        }
        Flow::More
    })?;
    for row in read_all(connection)? {
        if row.deleted.is_some() && row.definition.is_some() {
            continue;
        }
        // The original may have dropped the collection or the field in the meantime.
        let Some(collection) = by_id.get_mut(&row.collection) else { continue };
        if row.properties.link_table {
            collection.fields.extend(row.described_field());
        } else if let Some(field) = collection.fields.iter_mut().find(|field| field.id == row.field) {
            field.nullable = row.nullable;
            field.attr = Some(row.properties.into());
        }
    }
    for collection in by_id.into_values() {
        collection.index_fields();
    }
    Ok(())
}

/// Stores what a saved collection knows beyond its row, and makes and drops link tables.
pub(super) fn follow(
    connection: &mut dyn Connection,
    before: Option<&Collection>,
    after: &Collection,
) -> StoreResult<()> {
    if after.instant.is_some() && before.is_none_or(|before| before.instant != after.instant) {
        save_born(connection, after)?;
    }
    let none = [];
    let fields_before = before.map_or(&none[..], |before| &before.fields);
    for old in fields_before {
        let Some(attr) = &old.attr else { continue };
        if after.field_by_id(&old.id).is_none_or(|new| new.attr.is_none()) {
            // Where another field has the attr now, its row is overwritten below.
            forget(connection, &attr.id)?;
            if old.is_link_table() {
                connection.execute_script(&relations::drop_table(connection.dialect(), &old.id))?;
            }
        }
    }
    for new in &after.fields {
        let Some(attr) = &new.attr else { continue };
        let old = fields_before.iter().find(|old| old.id == new.id);
        if new.is_link_table() && old.is_none_or(|old| !old.is_link_table()) {
            connection.execute_script(&relations::create_table(
                connection.dialect(),
                &new.id,
                attr.unique,
            ))?;
        }
        if let Some(known) = old.filter(|old| old.is_link_table()).and_then(|old| old.attr.as_ref())
            && known.unique != attr.unique
        {
            let dialect = connection.dialect();
            connection.execute_script(&if attr.unique {
                relations::create_single(dialect, &new.id)
            } else {
                relations::drop_single(dialect, &new.id)
            })?;
        }
        if old != Some(new) {
            if let Some(known) = old.and_then(|old| old.attr.as_ref()).filter(|known| known.id != attr.id) {
                forget(connection, &known.id)?;
            }
            save(connection, &StoredAttr::of(after, new, attr))?;
        }
    }
    Ok(())
}

fn save_born(connection: &mut dyn Connection, collection: &Collection) -> StoreResult<()> {
    let mut known = Object::new();
    if let Some(namespace) = collection.instant.as_ref().and_then(|instant| instant.namespace.clone()) {
        known.insert("namespace".to_owned(), namespace.into());
    }
    let key = format!("{COLLECTION_KEY}{}", collection.id);
    let statement = attrs::save_meta(connection.dialect(), &key, &json::to_text(&Value::Object(known)));
    connection.execute(&statement).map(drop)
}

/// Forgets a collection that goes, with its link tables.
pub(super) fn forget_collection(connection: &mut dyn Connection, collection: &Collection) -> StoreResult<()> {
    let dialect = connection.dialect();
    let deleted = read_all(connection)?;
    let deleted = deleted.iter().filter(|row| row.collection == collection.id && row.properties.link_table);
    for row in deleted {
        connection.execute_script(&relations::drop_table(dialect, &row.field))?;
    }
    connection.execute(&attrs::delete_attrs_of(dialect, &collection.id))?;
    connection.execute(&attrs::delete_meta(dialect, &format!("{COLLECTION_KEY}{}", collection.id)))?;
    Ok(())
}
