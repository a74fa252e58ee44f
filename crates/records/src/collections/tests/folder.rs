//! A data folder for one test.

use std::sync::Arc;

use arc_swap::ArcSwap;
use ketch_model::{Collection, Error, FieldError, FieldErrors, Object, Schema, Value};
use ketch_store::{Connection, Flow, Statement, Store};
use ketch_store_sqlite::{SqliteOptions, SqliteStore};

use crate::collections::draft::Draft;
use crate::collections::failure::Failure;
use crate::collections::{bootstrap, import, load_schema, remove, save};

pub struct Folder {
    pub store: Arc<dyn Store>,
    schema: Arc<ArcSwap<Schema>>,
    _path: tempfile::TempDir,
}

impl Folder {
    pub fn new() -> Self {
        let path = tempfile::tempdir().expect("a folder");
        let store =
            SqliteStore::open(path.path().join("data.db"), SqliteOptions::default()).expect("a store");
        let folder = Self { store: Arc::new(store), schema: Arc::default(), _path: path };
        let schema = folder.write(|connection| {
            bootstrap(connection)?;
            load_schema(connection)
        });
        folder.schema.store(Arc::new(schema.expect("system collections")));
        folder
    }

    pub fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime")
            .block_on(self.store.write(work))
    }

    fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Connection, &mut Draft) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Error> {
        let current = self.schema.load_full();
        let (result, schema) = self.write(move |connection| {
            let mut draft = Draft::new(current);
            let result = work(connection, &mut draft).map_err(|failure| failure.with_message("Failed"))?;
            Ok((result, draft.schema().clone()))
        })?;
        self.schema.store(schema);
        Ok(result)
    }

    pub fn create(&self, json: &str) -> Result<Arc<Collection>, Error> {
        let submitted = object(json);
        self.change(move |connection, draft| {
            let collection = Collection::from_submitted(&submitted, None, draft.schema())?;
            save::save(connection, draft, None, collection)
        })
    }

    pub fn update(&self, name: &str, json: &str) -> Result<Arc<Collection>, Error> {
        let (before, submitted) = (self.get(name), object(json));
        self.change(move |connection, draft| {
            let after = Collection::from_submitted(&submitted, Some(&before), draft.schema())?;
            save::save(connection, draft, Some(&before), after)
        })
    }

    pub fn delete(&self, name: &str) -> Result<(), Error> {
        let collection = self.get(name);
        self.change(move |connection, draft| remove::remove(connection, draft, &collection))
    }

    pub fn import(&self, json: &str, delete_missing: bool) -> Result<(), Error> {
        let list: Vec<Object> = serde_json::from_str(json).expect("a list");
        let deleted = self.change(move |connection, draft| {
            import::import(connection, draft, &list, delete_missing).map_err(Failure::Whole)
        });
        deleted.map(|_| ())
    }

    pub fn find(&self, name: &str) -> Option<Arc<Collection>> {
        self.schema.load().by_name(name).cloned()
    }

    pub fn get(&self, name: &str) -> Arc<Collection> {
        self.find(name).unwrap_or_else(|| panic!("no collection {name}"))
    }

    pub fn names(&self) -> Vec<String> {
        self.schema.load().collections().iter().map(|collection| collection.name.clone()).collect()
    }

    pub fn run(&self, sql: &'static str) {
        self.write(move |connection| Ok(connection.execute_script(sql)?)).expect(sql);
    }

    /// The rows of a query, cells joined by `|`.
    pub fn rows(&self, sql: &'static str) -> Vec<String> {
        self.try_rows(sql).expect(sql)
    }

    pub fn try_rows(&self, sql: &'static str) -> Result<Vec<String>, Error> {
        self.write(move |connection| {
            let mut rows = Vec::new();
            connection.query_once(&Statement::new(sql, Vec::new()), &mut |_| {}, &mut |row| {
                let cells: Vec<String> = (0..row.len())
                    .map(|index| match row.cell(index) {
                        ketch_model::CellRef::Text(text) => text.to_owned(),
                        other => format!("{other:?}"),
                    })
                    .collect();
                rows.push(cells.join("|"));
                Flow::More
            })?;
            Ok(rows)
        })
    }
}

fn object(json: &str) -> Object {
    serde_json::from_str(json).expect("an object")
}

/// The collection's fields as `name:type` with their ids.
pub fn fields(collection: &Collection) -> Vec<String> {
    collection.fields.iter().map(|field| format!("{}:{}", field.name, field.type_name())).collect()
}

/// The message of the error at a path of keys: `indexes.0`.
pub fn message(error: &Error, path: &str) -> String {
    let mut errors: &FieldErrors = &error.fields;
    for key in path.split('.') {
        match errors.get(key) {
            Some(FieldError::Nested(nested)) => errors = nested,
            Some(FieldError::Invalid(invalid)) => return invalid.message.to_string(),
            None => break,
        }
    }
    panic!("no error at {path}: {error}")
}

/// The collection's JSON list of fields, changed.
pub fn changed_fields(collection: &Collection, mut change: impl FnMut(&mut Object)) -> String {
    let mut list = Vec::new();
    for field in &collection.fields {
        let Value::Object(mut json) = field.to_json() else { continue };
        change(&mut json);
        if !json.is_empty() {
            list.push(Value::Object(json));
        }
    }
    serde_json::json!({ "fields": list }).to_string()
}
