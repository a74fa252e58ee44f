//! Namespaces and attrs changed inside a transaction.

use std::sync::Arc;

use ketch_model::attr::{Attr, CheckedType};
use ketch_model::collection::AttrEntry;
use ketch_model::{Collection, Value};

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

    /// Adds attrs as [`Transaction::add_attr`] does, in less time than one by one.
    ///
    /// # Errors
    /// As there.
    pub fn add_attrs(&mut self, attrs: &[&Attr]) -> Result<(), TransactionError> {
        self.change_schema(|connection, draft| instant::add_attrs(connection, draft, attrs))
    }

    /// Makes the attr of this id what it is here: renamed, indexed, of another type. Values that are
    /// there must fit, which `fits` says of a type and a value.
    ///
    /// # Errors
    /// [`TransactionError::Taken`], [`TransactionError::Mismatch`] with a value that does not fit,
    /// [`TransactionError::NotUnique`] with a value that is there twice, [`TransactionError::Missing`]
    /// with records that lack the value.
    pub fn update_attr(
        &mut self,
        attr: &Attr,
        fits: &dyn Fn(CheckedType, &Value) -> bool,
    ) -> Result<AttrEntry, TransactionError> {
        self.change_schema(|connection, draft| instant::update_attr(connection, draft, attr, fits))
    }

    /// Takes an attr and its data out of sight; they can be restored until they are purged. The `id`
    /// of a namespace takes the whole namespace along.
    pub fn delete_attr(&mut self, attr_id: &str) -> Result<(), TransactionError> {
        self.change_schema(|connection, draft| instant::delete_attr(connection, draft, attr_id))
    }

    /// Brings a deleted attr back.
    ///
    /// # Errors
    /// [`TransactionError::Taken`] where its name has been given to another.
    pub fn restore_attr(&mut self, attr_id: &str) -> Result<AttrEntry, TransactionError> {
        self.change_schema(|connection, draft| instant::restore_attr(connection, draft, attr_id))
    }

    /// Attrs that can be restored, oldest first.
    pub fn deleted_attrs(&mut self) -> Result<Vec<Attr>, TransactionError> {
        let schema = self.schema().clone();
        Ok(instant::deleted_attrs(self.connection, &schema)?)
    }

    /// Removes for good what was deleted before a stored date; answers how many attrs.
    pub fn purge_attrs(&mut self, deleted_before: &str) -> Result<usize, TransactionError> {
        self.change_schema(|connection, draft| instant::purge_attrs(connection, draft, deleted_before))
    }

    /// Gives a system attr (such as `$users.imageURL`) the field that holds its values, if it has none.
    pub fn place_system_attr(&mut self, attr_id: &str) -> Result<AttrEntry, TransactionError> {
        self.change_schema(|connection, draft| instant::place_system_attr(connection, draft, attr_id))
    }
}
