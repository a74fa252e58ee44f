//! An app for one test.

use std::sync::Arc;

use arc_swap::ArcSwap;
use ketch_files::Files;
use ketch_model::attr::{Attr, Identity, random_uuid};
use ketch_model::{Collection, Error, Object, Record, Schema, Value};
use ketch_query::RequestInfo;
use ketch_store::{Change, Store, StoreError};
use ketch_store_sqlite::{SqliteOptions, SqliteStore};
use parking_lot::Mutex;

use crate::collections::{Collections, bootstrap, load_schema};
use crate::transact::{Mode, Outcome, Transaction};
use crate::{ChangeSink, ListOptions, RecordView, Records, Submission, TransactionError};

pub const SCHEMA: Mode = Mode { exclusive: true, dry: false };
pub const DATA: Mode = Mode { exclusive: false, dry: false };

pub struct Fixture {
    pub records: Records,
    pub told: Arc<Mutex<Vec<Change>>>,
    runtime: tokio::runtime::Runtime,
    _path: tempfile::TempDir,
}

struct Sink(Arc<Mutex<Vec<Change>>>);

impl ChangeSink for Sink {
    fn committed(&self, changes: &[Change]) {
        self.0.lock().extend_from_slice(changes);
    }
}

/// Errors of a test's transaction.
#[derive(Debug)]
pub struct Failed(pub TransactionError);

impl<T: Into<TransactionError>> From<T> for Failed {
    fn from(error: T) -> Self {
        Self(error.into())
    }
}

pub fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

pub fn blob(namespace: &str, label: &str) -> Attr {
    Attr::blob(random_uuid(), Identity::new(random_uuid(), namespace, label))
}

pub fn link(namespace: &str, label: &str, target: &str, reverse: &str) -> Attr {
    Attr::link(
        random_uuid(),
        Identity::new(random_uuid(), namespace, label),
        Identity::new(random_uuid(), target, reverse),
    )
}

impl Fixture {
    pub fn new() -> Self {
        let path = tempfile::tempdir().expect("a folder");
        let store =
            SqliteStore::open(path.path().join("data.db"), SqliteOptions::default()).expect("a store");
        let store: Arc<dyn Store> = Arc::new(store);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let schema: Schema = runtime
            .block_on(store.write(|connection| {
                bootstrap(connection)?;
                load_schema(connection)
            }))
            .expect("system collections");
        let told = Arc::default();
        let files = Arc::new(Files::local(path.path().join("storage")));
        let handle = Arc::new(ArcSwap::from_pointee(schema));
        let records = Records::new(store, handle, files, vec![Box::new(Sink(Arc::clone(&told)))]);
        Self { records, told, runtime, _path: path }
    }

    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    pub fn transact<T: Send + 'static>(
        &self,
        mode: Mode,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, Failed> + Send + 'static,
    ) -> Result<Outcome<T>, TransactionError> {
        self.run(self.records.transact(mode, work)).map_err(|Failed(error)| error)
    }

    /// Adds attrs, which must succeed.
    pub fn attrs(&self, attrs: Vec<Attr>) {
        let added = self.transact(SCHEMA, move |transaction| {
            for attr in &attrs {
                transaction.add_attr(attr)?;
            }
            Ok(())
        });
        added.expect("attrs are added");
    }

    pub fn collection(&self, namespace: &str) -> Arc<Collection> {
        self.records.schema().attrs().collection(namespace).expect(namespace).clone()
    }

    /// Stores an entity with these values as they are.
    pub fn insert(&self, namespace: &'static str, values: Value) {
        let inserted = self.transact(DATA, move |transaction| {
            let record = record(transaction.schema(), namespace, values);
            transaction.insert(record)?;
            Ok(())
        });
        inserted.expect("an entity is stored");
    }

    pub fn link(
        &self,
        namespace: &'static str,
        label: &'static str,
        links: &'static [(&'static str, &'static str)],
    ) {
        let linked = self.transact(DATA, move |transaction| {
            let collection = transaction.schema().attrs().collection(namespace).expect(namespace).clone();
            transaction.link(&collection, label, links)?;
            Ok(())
        });
        linked.expect("entities are linked");
    }

    pub fn load(&self, namespace: &str, id: &'static str) -> Option<Record> {
        let collection = self.collection(namespace);
        let loaded = self.transact(DATA, move |transaction| Ok(transaction.load(&collection, &[id])?.pop()));
        loaded.expect("records are read").value
    }

    /// The value of a field of a record that is there.
    pub fn value(&self, namespace: &str, id: &'static str, field: &str) -> Value {
        self.load(namespace, id).expect("a record").get(field).expect("a field").clone()
    }

    /// Reads the schema again, as a restart does.
    pub fn reload(&self) -> Schema {
        self.run(self.records.store().read(|connection| load_schema(connection))).expect("a schema")
    }

    pub fn request(&self) -> RequestInfo {
        let superusers = self.records.schema().by_name("_superusers").expect("superusers").clone();
        RequestInfo {
            context: "default",
            method: "GET".to_owned(),
            auth: Some(Arc::new(Record::blank(superusers))),
            ..RequestInfo::default()
        }
    }

    /// What a client of the other front lists, as a superuser.
    pub fn list(&self, name: &str, filter: &str, sort: &str, expand: &str) -> Result<Vec<RecordView>, Error> {
        let collection = self.records.schema().by_name(name).expect(name).clone();
        let options = ListOptions {
            page: 1,
            per_page: 100,
            skip_total: false,
            filter: filter.to_owned(),
            sort: sort.to_owned(),
        };
        self.run(self.records.list(&collection, &options, expand, &Arc::new(self.request())))
            .map(|(views, _)| views)
    }

    pub fn ids(&self, name: &str, filter: &str, sort: &str) -> Vec<String> {
        let views = self.list(name, filter, sort, "").unwrap_or_else(|error| panic!("{filter}: {error:?}"));
        views.iter().map(|view| view.record.id().to_owned()).collect()
    }

    /// A client of the other front changes a record.
    pub fn patch(&self, name: &str, id: &str, data: Value) -> Result<Record, Error> {
        let collection = self.records.schema().by_name(name).expect(name).clone();
        let submission = Submission { data: object(data), uploads: Vec::new() };
        self.run(self.records.update(&collection, id, submission, self.request()))
    }

    /// A client of the other front makes a record.
    pub fn create(&self, name: &str, data: Value) -> Result<Record, Error> {
        let collection = self.records.schema().by_name(name).expect(name).clone();
        let submission = Submission { data: object(data), uploads: Vec::new() };
        self.run(self.records.create(&collection, submission, self.request()))
    }

    pub fn delete(&self, name: &str, id: &str) -> Result<(), Error> {
        let collection = self.records.schema().by_name(name).expect(name).clone();
        self.run(self.records.delete(&collection, id, self.request()))
    }

    /// A superuser of the other front makes a collection.
    pub fn make(&self, json: Value) -> Arc<Collection> {
        self.run(Collections::new(self.records.clone()).create(object(json))).expect("a collection")
    }

    pub fn collections(&self) -> Collections {
        Collections::new(self.records.clone())
    }

    /// How many rows a table has.
    pub fn count(&self, table: &str) -> u64 {
        let sql = format!("SELECT count(*) FROM `{table}`");
        self.run(
            self.records
                .store()
                .read(move |connection| connection.count(&ketch_store::Statement::new(sql, Vec::new()))),
        )
        .unwrap_or_else(|error: StoreError| panic!("{table}: {error}"))
    }
}

pub fn record(schema: &Schema, namespace: &str, values: Value) -> Record {
    let collection = schema.attrs().collection(namespace).expect(namespace).clone();
    let mut record = Record::blank(collection.clone());
    for (label, value) in object(values) {
        let index = collection.field_index(&label).unwrap_or_else(|| panic!("{namespace} has no {label}"));
        record.write(index, value);
    }
    record
}
