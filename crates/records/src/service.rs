//! The service that fronts, accounts and schema changes share.

use std::sync::Arc;

use arc_swap::ArcSwap;
use ketch_files::Files;
use ketch_model::Schema;
use ketch_store::{Change, Store};

/// The app's schema as of the last committed schema change.
pub type SchemaHandle = Arc<ArcSwap<Schema>>;

/// Who wants to know of committed changes (realtime, webhooks). Called after the commit, off the writer.
pub trait ChangeSink: Send + Sync + 'static {
    fn committed(&self, changes: &[Change]);
}

/// Records of one app: reading, writing, expanding, all under the collections' rules. Cheap to clone.
#[derive(Clone)]
pub struct Records {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) schema: SchemaHandle,
    pub(crate) files: Arc<Files>,
    pub(crate) sinks: Vec<Box<dyn ChangeSink>>,
}

impl Records {
    pub fn new(
        store: Arc<dyn Store>,
        schema: SchemaHandle,
        files: Arc<Files>,
        sinks: Vec<Box<dyn ChangeSink>>,
    ) -> Self {
        Self { inner: Arc::new(Inner { store, schema, files, sinks }) }
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

    /// Tells every sink of changes that are now durable.
    pub(crate) fn announce(&self, changes: &[Change]) {
        if !changes.is_empty() {
            for sink in &self.inner.sinks {
                sink.committed(changes);
            }
        }
    }
}
