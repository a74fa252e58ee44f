//! The service that fronts, accounts and schema changes share.

use std::pin::Pin;
use std::sync::Arc;

use arc_swap::ArcSwap;
use ketch_files::Files;
use ketch_model::{Collection, Record, Schema};
use ketch_store::{Change, Connection, Store, StoreError};

/// The app's schema as of the last committed schema change.
pub type SchemaHandle = Arc<ArcSwap<Schema>>;

/// Who wants to know of changes (realtime, webhooks).
pub trait ChangeSink: Send + Sync + 'static {
    /// A transaction is durable. Called on the store's writer in the order of the commits, so an
    /// implementation does nothing but queue.
    fn committed(&self, changes: &[Change]);

    /// Changes were put into the change log by a transaction that is not committed yet. Called on
    /// the store's writer, inside that transaction: what is written here stays if the changes do. An
    /// error undoes them all. Called often; must be quick.
    ///
    /// # Errors
    /// The store's.
    fn logged(
        &self,
        connection: &mut dyn Connection,
        schema: &Schema,
        changes: &[Change],
    ) -> Result<(), StoreError> {
        let _ = (connection, schema, changes);
        Ok(())
    }

    /// Something else changed that answers depend on: the schema, rules, a session. Called when it is
    /// in force; an implementation does nothing but note it.
    fn outdated(&self) {}

    /// Whether somebody must look at records of these collections before they are deleted, because
    /// what is asked about them cannot be answered afterwards. Called often; must be quick.
    fn looks_before_delete(&self, collections: &[Arc<Collection>]) -> bool {
        let _ = collections;
        false
    }

    /// These records are about to be deleted, unless the transaction fails.
    fn deleting<'a>(&'a self, records: &'a Records, doomed: Vec<Arc<Record>>) -> LookBeforeDelete<'a> {
        let _ = (records, doomed);
        Box::pin(async {})
    }
}

/// A look at records that are about to go.
pub type LookBeforeDelete<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Records of one app: reading, writing, expanding, all under the collections' rules. Cheap to clone.
#[derive(Clone)]
pub struct Records {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) schema: SchemaHandle,
    pub(crate) files: Arc<Files>,
    pub(crate) sinks: Arc<[Box<dyn ChangeSink>]>,
}

impl Records {
    pub fn new(
        store: Arc<dyn Store>,
        schema: SchemaHandle,
        files: Arc<Files>,
        sinks: Vec<Box<dyn ChangeSink>>,
    ) -> Self {
        Self { inner: Arc::new(Inner { store, schema, files, sinks: sinks.into() }) }
    }

    /// Tells the sinks that something else than records changed that answers depend on.
    pub fn announce(&self) {
        for sink in self.inner.sinks.iter() {
            sink.outdated();
        }
    }

    pub fn store(&self) -> &Arc<dyn Store> {
        &self.inner.store
    }

    pub fn files(&self) -> &Arc<Files> {
        &self.inner.files
    }

    pub fn schema(&self) -> Arc<Schema> {
        self.inner.schema.load_full()
    }

    pub fn schema_handle(&self) -> &SchemaHandle {
        &self.inner.schema
    }
}
