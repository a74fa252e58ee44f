//! Small apps: described as data, stored for real.

use std::collections::BTreeMap;
use std::sync::Arc;

use ketch_model::attr::{AttrProperties, CheckedType, ReverseIdentity, derived_id};
use ketch_model::collection::InstantProperties;
use ketch_model::fields::bool::BoolOptions;
use ketch_model::fields::json::JsonOptions;
use ketch_model::fields::number::NumberOptions;
use ketch_model::fields::relation::RelationOptions;
use ketch_model::fields::text::TextOptions;
use ketch_model::{Cell, Collection, CollectionKind, Error, Field, FieldKind, Schema, Value, json};
use ketch_store::{Connection, Store, StoreError, sql};
use ketch_store_sqlite::{SqliteOptions, SqliteStore};

use crate::Invalid;
use crate::query::{Everything, FileUrls, Plan, Rows, ViewPolicy};

/// A namespace.
#[derive(Debug, Clone, Default)]
pub struct Space {
    pub name: String,
    pub blobs: Vec<BlobSpec>,
    pub links: Vec<LinkSpec>,
}

#[derive(Debug, Clone)]
pub struct BlobSpec {
    pub label: String,
    pub checked: Option<CheckedType>,
    pub index: bool,
}

/// A link from the namespace that holds it.
#[derive(Debug, Clone)]
pub struct LinkSpec {
    pub label: String,
    pub target: String,
    pub reverse: String,
    pub many: bool,
    /// A target has one source at most.
    pub unique: bool,
    /// Many ids as a JSON array, as the other dialect stores them.
    pub as_list: bool,
}

#[derive(Debug, Clone, Default)]
pub struct Entity {
    pub id: String,
    /// Null is an explicit one; only untyped attrs and dates tell it from nothing.
    pub values: BTreeMap<String, Value>,
    pub links: BTreeMap<String, Vec<String>>,
    /// Only other entities lead here; nobody knows it by its id.
    pub is_hidden: bool,
}

/// An app: its namespaces, and the entities of each in the order of their creation.
#[derive(Debug, Clone, Default)]
pub struct Data {
    pub spaces: Vec<Space>,
    pub entities: BTreeMap<String, Vec<Entity>>,
}

pub fn blob(label: &str, checked: Option<CheckedType>, index: bool) -> BlobSpec {
    BlobSpec { label: label.to_owned(), checked, index }
}

/// A link that is stored in a column if it has one target, else in a table.
pub fn link(label: &str, target: &str, reverse: &str, many: bool, unique: bool) -> LinkSpec {
    LinkSpec {
        label: label.to_owned(),
        target: target.to_owned(),
        reverse: reverse.to_owned(),
        many,
        unique,
        as_list: false,
    }
}

/// An entity from its JSON; a member that names a link holds an id or a list of ids.
pub fn entity(space: &Space, text: &Value) -> Entity {
    let mut entity = Entity::default();
    for (label, value) in text.as_object().expect("an object") {
        if label == "id" {
            entity.id = value.as_str().expect("an id").to_owned();
        } else if space.links.iter().any(|link| link.label == *label) {
            let ids = match value {
                Value::Array(ids) => ids.clone(),
                id => vec![id.clone()],
            };
            let ids = ids.iter().map(|id| id.as_str().expect("an id").to_owned()).collect();
            entity.links.insert(label.clone(), ids);
        } else {
            entity.values.insert(label.clone(), value.clone());
        }
    }
    entity
}

pub struct World {
    pub store: Arc<dyn Store>,
    pub schema: Arc<Schema>,
    _folder: tempfile::TempDir,
}

/// Why a query has no answer.
#[derive(Debug)]
pub enum Failure {
    Invalid(Invalid),
    Error(Error),
}

impl World {
    pub fn new(data: &Data) -> Self {
        let collections = data.spaces.iter().map(|space| Arc::new(collection(space))).collect();
        Self::over(Schema::new(collections, 1), data)
    }

    /// Over a schema that may hold other collections too.
    pub fn over(schema: Schema, data: &Data) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store =
            SqliteStore::open(folder.path().join("data.db"), SqliteOptions::default()).expect("a store");
        let world = Self { store: Arc::new(store), schema: Arc::new(schema), _folder: folder };
        let (schema, data) = (world.schema.clone(), data.clone());
        block(world.store.write(move |connection| store_all(connection, &schema, &data))).expect("stored");
        world
    }

    pub fn ask(&self, query: &Value, infers: bool) -> Result<Value, Failure> {
        self.ask_as(Everything, query, infers).map(|answer| answer.0)
    }

    /// The tree and the page info.
    pub fn ask_as(
        &self,
        policy: impl ViewPolicy + Send + 'static,
        query: &Value,
        infers: bool,
    ) -> Result<(Value, Value, Value), Failure> {
        let plan = Plan::new(query, &self.schema, &policy, infers).map_err(Failure::Invalid)?;
        block(self.store.read(move |connection| {
            let loaded = plan.load(connection, &policy)?;
            let tree = loaded.to_tree(&Urls)?;
            Ok((tree, Value::Object(loaded.page_info()), Value::Object(loaded.aggregate())))
        }))
        .map_err(Failure::Error)
    }

    /// The triples of the answer.
    pub fn triples(&self, query: &Value) -> Result<Value, Failure> {
        let plan = Plan::new(query, &self.schema, &Everything, false).map_err(Failure::Invalid)?;
        let written = block(self.store.read(move |connection| {
            let mut text = Vec::new();
            plan.load_with_witnesses(connection, &Everything)?.write_join_row(&Urls, &mut text);
            Ok(text)
        }));
        let written = written.map_err(Failure::Error)?;
        Ok(serde_json::from_slice(&written).expect("JSON"))
    }

    pub fn tree(&self, query: &Value) -> Value {
        self.ask(query, false).expect("an answer")
    }

    pub fn refusal(&self, query: &Value) -> Invalid {
        match self.ask(query, false) {
            Err(Failure::Invalid(invalid)) => invalid,
            other => panic!("{query}: {other:?}"),
        }
    }
}

/// URLs that say what they are made of.
struct Urls;

impl FileUrls for Urls {
    fn url(&self, rows: &Rows, row: usize) -> Option<String> {
        let place = rows.collection.field_index("location-id").and_then(|field| rows.cell(row, field))?;
        Some(format!("/files/{}?at={}", rows.id(row), place.as_ref().as_text()?))
    }
}

pub fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

pub fn collection(space: &Space) -> Collection {
    let mut collection = Collection::blank(CollectionKind::Base);
    collection.id = format!("{}_id", space.name);
    collection.name.clone_from(&space.name);
    let key = TextOptions { primary_key: true, ..TextOptions::default() };
    let mut id = Field::new("id", key);
    id.attr = Some(Arc::new(AttrProperties {
        id: attr_id(&space.name, "id"),
        unique: true,
        ..AttrProperties::default()
    }));
    collection.fields.push(id);
    for spec in &space.blobs {
        let kind: FieldKind = match spec.checked {
            Some(CheckedType::String) => TextOptions::default().into(),
            Some(CheckedType::Number) => NumberOptions::default().into(),
            Some(CheckedType::Boolean) => BoolOptions::default().into(),
            Some(CheckedType::Date) | None => JsonOptions::default().into(),
        };
        let mut field = Field::new(&spec.label, kind);
        field.nullable = true;
        field.attr = Some(Arc::new(AttrProperties {
            id: attr_id(&space.name, &spec.label),
            index: spec.index,
            checked_type: spec.checked,
            ..AttrProperties::default()
        }));
        collection.fields.push(field);
    }
    for spec in &space.links {
        let options = RelationOptions {
            collection_id: format!("{}_id", spec.target),
            max_select: if spec.many { 1_000_000 } else { 1 },
            ..RelationOptions::default()
        };
        let mut field = Field::new(&spec.label, options);
        field.id = format!("{}_{}", space.name, spec.label);
        field.attr = Some(Arc::new(AttrProperties {
            id: attr_id(&space.name, &spec.label),
            unique: spec.unique,
            link_table: spec.many && !spec.as_list,
            reverse: Some(ReverseIdentity { id: derived_id(&[&spec.reverse]), label: spec.reverse.clone() }),
            ..AttrProperties::default()
        }));
        collection.fields.push(field);
    }
    collection.instant = Some(InstantProperties::default());
    collection.index_fields();
    collection
}

pub fn attr_id(namespace: &str, label: &str) -> String {
    derived_id(&[namespace, label])
}

fn store_all(connection: &mut dyn Connection, schema: &Schema, data: &Data) -> Result<(), StoreError> {
    for collection in schema.collections() {
        let script = sql::ddl::create_table(connection.dialect(), collection);
        connection.execute_script(&script)?;
        for field in collection.fields.iter().filter(|field| field.is_link_table()) {
            let script = sql::relations::create_table(connection.dialect(), &field.id, false);
            connection.execute_script(&script)?;
        }
    }
    for (space, entities) in &data.entities {
        let collection = schema.by_name(space).expect("a collection");
        for entity in entities {
            let cells = collection.fields.iter().map(|field| cell(field, entity)).collect();
            let statement = sql::insert_record(connection.dialect(), collection, cells);
            connection.execute(&statement)?;
            for field in collection.fields.iter().filter(|field| field.is_link_table()) {
                let targets = entity.links.get(&field.name).map(Vec::as_slice).unwrap_or_default();
                if targets.is_empty() {
                    continue;
                }
                let links: Vec<(&str, &str)> =
                    targets.iter().map(|target| (entity.id.as_str(), target.as_str())).collect();
                let statement = sql::relations::insert_links(connection.dialect(), &field.id, &links);
                connection.execute(&statement)?;
            }
        }
    }
    Ok(())
}

fn cell(field: &Field, entity: &Entity) -> Cell {
    if field.is_primary_key() {
        return Cell::text(entity.id.as_str());
    }
    if let FieldKind::Relation(_) = field.kind {
        let ids = entity.links.get(&field.name).cloned().unwrap_or_default();
        let value = if field.is_multiple() {
            Value::from(ids)
        } else {
            ids.into_iter().next().unwrap_or_default().into()
        };
        return field.to_cell(&value);
    }
    match entity.values.get(&field.name) {
        None if !field.nullable => field.to_cell(&field.zero()),
        None => Cell::Null,
        Some(value) if matches!(field.kind, FieldKind::Json(_)) => Cell::Text(json::to_text(value)),
        Some(Value::Null) => Cell::Null,
        Some(value) => field.to_cell(&field.normalize(value)),
    }
}
