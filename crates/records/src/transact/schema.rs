//! Namespaces and attrs changed inside a transaction.

use std::sync::Arc;

use ketch_model::Collection;
use ketch_model::attr::Attr;
use ketch_model::collection::AttrEntry;

use super::Transaction;
use crate::collections::draft::Draft;
use crate::collections::instant;
use crate::transaction_error::TransactionError;

impl Transaction<'_> {
    fn change_schema<T>(
        &mut self,
        change: impl FnOnce(&mut dyn ketch_store::Connection, &mut Draft) -> Result<T, TransactionError>,
    ) -> Result<T, TransactionError> {
        if !self.exclusive {
            return Err(TransactionError::NotExclusive);
        }
        self.schema_changed = true;
        change(self.connection, &mut self.draft)
    }

    /// The collection of a namespace, made if it is missing. It has no `id` attr before one is added.
    pub fn create_collection(&mut self, namespace: &str) -> Result<Arc<Collection>, TransactionError> {
        self.change_schema(|connection, draft| instant::create_collection(connection, draft, namespace))
    }

    /// Adds an attr, and the collections of the namespaces that it names. An attr that is there
    /// with the same id and names stays as it is.
    ///
    /// # Errors
    /// [`TransactionError::Taken`] where one of its names is another's.
    pub fn add_attr(&mut self, attr: &Attr) -> Result<AttrEntry, TransactionError> {
        self.change_schema(|connection, draft| instant::add_attr(connection, draft, attr))
    }

    /// Gives a system attr (such as `$users.imageURL`) the field that holds its values, if it has none.
    pub fn place_system_attr(&mut self, attr_id: &str) -> Result<AttrEntry, TransactionError> {
        self.change_schema(|connection, draft| instant::place_system_attr(connection, draft, attr_id))
    }
}
