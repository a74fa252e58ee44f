//! The schema as it will be if the running transaction commits.

use std::sync::Arc;

use ketch_model::{Collection, Schema};

#[derive(Debug)]
pub(crate) struct Draft {
    schema: Arc<Schema>,
}

impl Draft {
    pub fn new(schema: Arc<Schema>) -> Self {
        Self { schema }
    }

    /// A schema of one collection.
    pub fn of(collection: Arc<Collection>) -> Arc<Schema> {
        Arc::new(Schema::new(vec![collection], 0))
    }

    pub fn schema(&self) -> &Arc<Schema> {
        &self.schema
    }

    /// Replaces the collection of the same id, or adds it as the newest.
    pub fn put(&mut self, collection: Arc<Collection>) {
        self.schema = self.with(collection);
    }

    /// The schema as [`Draft::put`] would make it.
    pub fn with(&self, collection: Arc<Collection>) -> Arc<Schema> {
        let mut collections = self.schema.collections().to_vec();
        match collections.iter_mut().find(|other| other.id == collection.id) {
            Some(other) => *other = collection,
            None => collections.push(collection),
        }
        self.next(collections)
    }

    pub fn remove(&mut self, id: &str) {
        let collections = self.schema.collections().iter().filter(|other| other.id != id);
        self.schema = self.next(collections.cloned().collect());
    }

    /// The schema that a collection is checked against: all but itself where it is new, and itself
    /// as it was where it is not.
    pub fn without_new(&self, before: Option<&Arc<Collection>>, id: &str) -> Arc<Schema> {
        match before {
            Some(before) => self.with(before.clone()),
            None => {
                let others = self.schema.collections().iter().filter(|other| other.id != id);
                self.next(others.cloned().collect())
            }
        }
    }

    fn next(&self, collections: Vec<Arc<Collection>>) -> Arc<Schema> {
        // One step for each transaction would do; more only make the number grow faster.
        Arc::new(Schema::new(collections, self.schema.version + 1))
    }
}
