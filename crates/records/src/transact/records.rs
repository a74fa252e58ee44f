//! Reading and writing records inside a transaction.

use std::collections::HashSet;
use std::sync::Arc;

use ketch_model::{Cell, Collection, Record, Value, ids};
use ketch_store::{Flow, sql};

use super::Transaction;
use crate::applied::{store_insert, store_update};
use crate::lookup::read_all;
use crate::transaction_error::TransactionError;
use crate::{cascade, plan, system_rules};

/// Stands where the hash of a password stands, for accounts that sign in by other means.
const LOCKED: &str = "*";
/// How many records one delete may take along.
const MAX_DELETED: usize = 100_000;

impl Transaction<'_> {
    /// Those of the records that are there, in no order.
    pub fn load(
        &mut self,
        collection: &Arc<Collection>,
        ids: &[&str],
    ) -> Result<Vec<Record>, TransactionError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let collection = self.current(collection)?;
        let statement = sql::select_by_ids(self.connection.dialect(), &collection, ids);
        Ok(read_all(self.connection, &collection, &statement)?)
    }

    /// Those of the ids that are records.
    pub fn existing(
        &mut self,
        collection: &Arc<Collection>,
        ids: &[&str],
    ) -> Result<HashSet<String>, TransactionError> {
        let mut found = HashSet::new();
        if ids.is_empty() {
            return Ok(found);
        }
        let collection = self.current(collection)?;
        let statement = sql::existing_ids(self.connection.dialect(), &collection, ids);
        self.connection.query(&statement, &mut |row| {
            found.extend(row.cell(0).as_text().map(str::to_owned));
            Flow::More
        })?;
        Ok(found)
    }

    /// The records whose field holds one of the values (of a record, not of a client), in no order.
    /// Null and values that an index cannot find are no record's.
    pub fn load_by_values(
        &mut self,
        collection: &Arc<Collection>,
        field: &str,
        values: &[Value],
    ) -> Result<Vec<Record>, TransactionError> {
        let collection = self.current(collection)?;
        let Some(index) = collection.field_index(field) else { return Ok(Vec::new()) };
        let mut records = Vec::new();
        for value in values {
            let cell = collection.fields[index].to_cell(value);
            if cell == Cell::Null {
                continue;
            }
            let statement = sql::select_by_column(self.connection.dialect(), &collection, index, cell, false);
            records.extend(read_all(self.connection, &collection, &statement)?);
        }
        Ok(records)
    }

    /// Stores a new record. It gets an id if it has none, its dates, and what accounts need.
    ///
    /// # Errors
    /// [`TransactionError::NotUnique`], also where the id is taken.
    pub fn insert(&mut self, mut record: Record) -> Result<Arc<Record>, TransactionError> {
        if record.id().is_empty() {
            record.set("id", ids::record_id().into());
        }
        plan::generate(&mut record, None);
        system_rules::complete_new(&mut record, None);
        if record.collection.is_auth() && record.text("password").is_empty() {
            // No password has this hash, and the other front refuses accounts without any.
            record.set("password", LOCKED.into());
        }
        self.end_waiting(&mut record)?;
        let shown = record.clone();
        let stored = store_insert(self.connection, record, &mut self.applied)
            .map_err(|error| self.refused(&shown, error))?;
        system_rules::after_create(self.connection, &stored, &mut self.applied)?;
        Ok(stored)
    }

    /// Changes a record from one state to another; the first must be how it is stored.
    ///
    /// # Errors
    /// [`TransactionError::NotUnique`].
    pub fn update(&mut self, before: Record, mut after: Record) -> Result<Arc<Record>, TransactionError> {
        plan::touch(&mut after);
        system_rules::complete_changed(&before, &mut after);
        let schema = self.schema().clone();
        system_rules::complete_verified(self.connection, &schema, &before, &mut after)?;
        let shown = after.collection.is_auth().then(|| before.clone());
        let tried = after.clone();
        let (_, stored) = store_update(self.connection, before, after, &mut self.applied)
            .map_err(|error| self.refused(&tried, error))?;
        if let Some(before) = shown {
            system_rules::after_update(self.connection, &schema, &before, &stored, &mut self.applied)?;
        }
        Ok(stored)
    }

    /// The records and all that would be deleted with them. Writes nothing.
    pub fn doomed(&mut self, records: Vec<Record>) -> Result<Vec<Record>, TransactionError> {
        let schema = self.schema().clone();
        let doomed = cascade::all_doomed(self.connection, &schema, records, MAX_DELETED)?;
        if doomed.len() >= MAX_DELETED {
            let message = format!("more than {MAX_DELETED} records would be deleted at once");
            return Err(TransactionError::Refused(message));
        }
        Ok(doomed)
    }

    /// Deletes records with what cascades from them, and every link from or to them, also where
    /// there is no such record. Answers how many of the ids were records.
    pub fn delete(&mut self, collection: &Arc<Collection>, ids: &[&str]) -> Result<usize, TransactionError> {
        let collection = self.current(collection)?;
        let schema = self.schema().clone();
        let mut deleted = 0;
        for &id in ids {
            self.forget_waiting(&schema, &collection, id)?;
            // A cascade from an earlier one may have taken it along.
            match self.load(&collection, &[id])?.pop() {
                Some(record) => {
                    system_rules::check_delete(self.connection, &record)?;
                    cascade::delete(self.connection, &schema, record, &mut self.applied)?;
                    deleted += 1;
                }
                None => cascade::forget_links(self.connection, &schema, &collection, id)?,
            }
        }
        Ok(deleted)
    }
}
