//! Records by id or by one field's value, without rules: for the core and for accounts.

use std::sync::Arc;

use ketch_model::{Cell, Collection, Record, Result};
use ketch_query::tree::{Alias, Column, Comparison, Operand, Test};
use ketch_query::{Predicate, RequestInfo, Select};
use ketch_store::{Connection, Flow, Row, Statement, StoreResult, sql};

use crate::policy;
use crate::service::Records;

/// Reads a row of a statement that selects all fields in the collection's order.
pub(crate) fn record_from_row(collection: &Arc<Collection>, row: &dyn Row) -> Record {
    Record::from_cells(collection, |index| row.cell(index))
}

/// The records whose text-like field holds exactly this text.
pub(crate) fn field_is(collection: &Collection, field: &str, text: &str) -> Predicate {
    compare_text(collection, field, Test::Equal, text)
}

fn compare_text(collection: &Collection, field: &str, test: Test, text: &str) -> Predicate {
    let Some(index) = collection.field_index(field) else {
        return Predicate::Never;
    };
    let kind = collection.fields[index].column();
    let column = Column { alias: Alias::ROOT, field: index, kind, nullable: false };
    Predicate::Compare(Box::new(Comparison {
        left: Operand::Column(column),
        test,
        right: Operand::Constant(Cell::text(text)),
    }))
}

pub(crate) fn read_all(
    connection: &mut dyn Connection,
    collection: &Arc<Collection>,
    statement: &Statement,
) -> StoreResult<Vec<Record>> {
    let mut records = Vec::new();
    connection.query(statement, &mut |row| {
        records.push(record_from_row(collection, row));
        Flow::More
    })?;
    Ok(records)
}

pub(crate) fn read_by_id(
    connection: &mut dyn Connection,
    collection: &Arc<Collection>,
    id: &str,
) -> StoreResult<Option<Record>> {
    let statement = sql::select_by_id(connection.dialect(), collection, id);
    let mut found = None;
    connection.query(&statement, &mut |row| {
        found = Some(record_from_row(collection, row));
        Flow::Stop
    })?;
    Ok(found)
}

impl Records {
    /// The record with this id, whatever the rules say.
    pub async fn find_by_id(&self, collection: &Arc<Collection>, id: &str) -> Result<Option<Record>> {
        let (collection, id) = (collection.clone(), id.to_owned());
        self.inner.store.lookup(move |connection| Ok(read_by_id(connection, &collection, &id)?)).await
    }

    /// The first record whose field has this value, whatever the rules say; `ignore_case` folds ASCII.
    pub async fn find_by_field(
        &self,
        collection: &Arc<Collection>,
        field: &str,
        value: Cell,
        ignore_case: bool,
    ) -> Result<Option<Record>> {
        let Some(index) = collection.field_index(field) else {
            return Ok(None);
        };
        let collection = collection.clone();
        self.inner
            .store
            .read(move |connection| {
                let statement =
                    sql::select_by_column(connection.dialect(), &collection, index, value, ignore_case);
                let mut found = None;
                connection.query(&statement, &mut |row| {
                    found = Some(record_from_row(&collection, row));
                    Flow::Stop
                })?;
                Ok(found)
            })
            .await
    }

    /// The records whose text-like fields hold exactly these texts, whatever the rules say; at most
    /// `limit`, in no order.
    pub async fn find_all(
        &self,
        collection: &Arc<Collection>,
        texts: &[(&str, &str)],
        limit: u64,
    ) -> Result<Vec<Record>> {
        let mut select = Select::all(collection.clone());
        for (field, text) in texts {
            select.predicate = select.predicate.and(field_is(collection, field, text));
        }
        select.limit = Some(limit);
        self.read_select(select).await
    }

    /// The records of which a text-like field holds `text` and that were created before a moment
    /// (in the form of stored dates), whatever the rules say; at most `limit`, in no order.
    pub async fn find_older(
        &self,
        collection: &Arc<Collection>,
        (field, text): (&str, &str),
        created_before: &str,
        limit: u64,
    ) -> Result<Vec<Record>> {
        let mut select = Select::all(collection.clone());
        let older = compare_text(collection, "created", Test::Less, created_before);
        select.predicate = field_is(collection, field, text).and(older);
        select.limit = Some(limit);
        self.read_select(select).await
    }

    async fn read_select(&self, select: Select) -> Result<Vec<Record>> {
        self.inner
            .store
            .read(move |connection| {
                let statement = sql::select_records(connection.dialect(), &select);
                Ok(read_all(connection, &select.collection, &statement)?)
            })
            .await
    }

    /// Whether a stored record satisfies a rule text in this request; an empty rule is satisfied.
    pub async fn satisfies(&self, record: &Record, rule: &str, request: &RequestInfo) -> Result<bool> {
        if rule.is_empty() {
            return Ok(true);
        }
        let (schema, record, rule, request) =
            (self.schema(), record.clone(), rule.to_owned(), request.clone());
        self.inner
            .store
            .read(move |connection| policy::stored_satisfies(connection, &schema, &record, &rule, &request))
            .await
    }
}
