//! Transactions of a front that checks its own writes: many steps, all of them or none.
//!
//! What is written here skips the field checks of the other dialect, but nothing else of the one
//! write path: the change log, the sinks, cascades, and what accounts need.

mod links;
mod records;
mod schema;
#[cfg(test)]
mod tests;
mod waiting;

use std::sync::Arc;

use ketch_model::{Collection, Error, Record, Schema, Value, json};
use ketch_store::{Connection, StoreError, sql};

use crate::applied::Applied;
use crate::collections::draft::Draft;
use crate::service::{ChangeSink, Records};
use crate::transaction_error::TransactionError;

/// A transaction in the making, on the writer.
pub struct Transaction<'a> {
    connection: &'a mut dyn Connection,
    draft: Draft,
    applied: Applied,
    exclusive: bool,
    schema_changed: bool,
    /// Whether links wait for their sources; `None` until somebody asks.
    links_wait: Option<bool>,
}

/// What a committed transaction answers.
#[derive(Debug, Clone)]
pub struct Outcome<T> {
    pub value: T,
    /// Its number in the change log, growing in the order of the commits; 0 of a dry run.
    pub number: i64,
}

/// How a transaction is run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mode {
    /// It may change the schema. Such a transaction is committed alone; see
    /// [`TransactionError::NotExclusive`].
    pub exclusive: bool,
    /// Nothing stays of it, and nobody is told.
    pub dry: bool,
}

/// Why the writer is told to undo: it failed, or it was a dry run.
enum Undone<T, E> {
    Dry(T),
    Failed(E),
}

impl<T, E: From<StoreError>> From<StoreError> for Undone<T, E> {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl Records {
    /// Runs `work` in one transaction. Its changes are logged with it and told to the sinks after
    /// the commit; a changed schema is in force before any later write. An error undoes everything.
    pub async fn transact<T, E>(
        &self,
        mode: Mode,
        work: impl FnOnce(&mut Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<Outcome<T>, E>
    where
        T: Send + 'static,
        E: From<StoreError> + From<Error> + Send + 'static,
    {
        let (handle, sinks) = (self.inner.schema.clone(), self.inner.sinks.clone());
        let (current, listeners) = (handle.clone(), sinks.clone());
        let run = move |connection: &mut dyn Connection| {
            let mut transaction = Transaction {
                connection,
                draft: Draft::new(current.load_full()),
                applied: Applied::default(),
                exclusive: mode.exclusive,
                schema_changed: false,
                links_wait: None,
            };
            let value = work(&mut transaction).map_err(Undone::Failed)?;
            if mode.dry {
                return Err(Undone::Dry(value));
            }
            let number = transaction.log(&listeners).map_err(|error| Undone::Failed(error.into()))?;
            let schema = transaction.schema_changed.then(|| transaction.draft.schema().clone());
            Ok((Outcome { value, number }, transaction.applied, schema))
        };
        let tell = move |(_, applied, schema): &(Outcome<T>, Applied, Option<Arc<Schema>>)| {
            if let Some(schema) = schema {
                handle.store(schema.clone());
                for sink in sinks.iter() {
                    sink.outdated();
                }
            }
            if !applied.changes.is_empty() {
                for sink in sinks.iter() {
                    sink.committed(&applied.changes);
                }
            }
        };
        let store = &self.inner.store;
        let ended = if mode.exclusive {
            store.write_exclusive(run, tell).await
        } else {
            store.write_then(run, tell).await
        };
        match ended {
            Ok((outcome, applied, _)) => {
                self.tidy_up(applied).await;
                Ok(outcome)
            }
            Err(Undone::Dry(value)) => Ok(Outcome { value, number: 0 }),
            Err(Undone::Failed(error)) => Err(error),
        }
    }
}

impl Records {
    /// The document that is kept under a name of the server's own.
    pub async fn document(&self, name: &str) -> Result<Option<Value>, Error> {
        let name = name.to_owned();
        self.inner.store.read(move |connection| Ok::<_, Error>(read_document(connection, &name)?)).await
    }
}

impl Transaction<'_> {
    /// The schema with what this transaction changed of it.
    pub fn schema(&self) -> &Arc<Schema> {
        self.draft.schema()
    }

    /// For questions that have no method here, such as rules.
    pub fn connection(&mut self) -> &mut dyn Connection {
        self.connection
    }

    pub fn is_exclusive(&self) -> bool {
        self.exclusive
    }

    /// The changes so far, in their order.
    pub fn changes(&self) -> &[ketch_store::Change] {
        &self.applied.changes
    }

    /// The document that is kept under a name of the server's own.
    pub fn document(&mut self, name: &str) -> Result<Option<Value>, TransactionError> {
        Ok(read_document(self.connection, name)?)
    }

    /// Keeps a document under a name of the server's own; `None` removes it.
    pub fn save_document(&mut self, name: &str, document: Option<&Value>) -> Result<(), TransactionError> {
        let dialect = self.connection.dialect();
        let statement = match document {
            Some(document) => sql::attrs::save_meta(dialect, name, &json::to_text(document)),
            None => sql::attrs::delete_meta(dialect, name),
        };
        self.connection.execute(&statement)?;
        Ok(())
    }

    /// Notes the changes, none too, so that every transaction has a number.
    fn log(&mut self, sinks: &[Box<dyn ChangeSink>]) -> Result<i64, StoreError> {
        let statement = sql::insert_changes(self.connection.dialect(), &self.applied.changes);
        self.connection.execute(&statement)?;
        if !self.applied.changes.is_empty() {
            let schema = self.draft.schema().clone();
            for sink in sinks {
                sink.logged(self.connection, &schema, &self.applied.changes)?;
            }
        }
        let statement = sql::change_log_ends(self.connection.dialect());
        let mut number = 0;
        self.connection.query(&statement, &mut |row| {
            if let ketch_model::CellRef::Integer(newest) = row.cell(1) {
                number = newest;
            }
            ketch_store::Flow::Stop
        })?;
        Ok(number)
    }

    /// The collection as it is in this transaction.
    fn current(&self, collection: &Arc<Collection>) -> Result<Arc<Collection>, TransactionError> {
        let current = self.schema().by_id(&collection.id).cloned();
        current
            .ok_or_else(|| TransactionError::Refused(format!("there is no collection {}", collection.name)))
    }

    /// A refused write in the words of the caller.
    fn refused(&self, record: &Record, error: StoreError) -> TransactionError {
        let StoreError::Unique { table, columns } = &error else { return error.into() };
        let collection = &record.collection;
        let index = collection.fields.iter().position(|field| {
            columns.contains(&field.name)
                || (field.is_link_table() && sql::relations::table_name(&field.id) == *table)
        });
        match index {
            Some(index) => TransactionError::NotUnique {
                collection: collection.clone(),
                field: collection.fields[index].name.clone(),
                value: Box::new(record.values[index].clone()),
            },
            None => error.into(),
        }
    }
}

fn read_document(connection: &mut dyn Connection, name: &str) -> Result<Option<Value>, StoreError> {
    let statement = sql::attrs::select_meta(connection.dialect(), name);
    let mut document = None;
    connection.query(&statement, &mut |row| {
        document = row.cell(0).as_text().and_then(|text| serde_json::from_str(text).ok());
        ketch_store::Flow::Stop
    })?;
    Ok(document)
}
