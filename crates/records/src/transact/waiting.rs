//! Links to one whose source is not there yet: a column has no place for them before its record has.

use std::sync::Arc;

use ketch_model::{Collection, Field, Record, Schema};
use ketch_store::sql::relations::{self, RelationKind};
use ketch_store::{Flow, StoreResult};

use super::Transaction;
use crate::relation::ids_of;

impl Transaction<'_> {
    /// Whether any link waits; nearly never.
    fn any_waiting(&mut self) -> StoreResult<bool> {
        if let Some(known) = self.links_wait {
            return Ok(known);
        }
        let mut any = false;
        let statement = relations::any_waiting(self.connection.dialect());
        self.connection.query(&statement, &mut |_| {
            any = true;
            Flow::Stop
        })?;
        self.links_wait = Some(any);
        Ok(any)
    }

    pub(super) fn let_wait(&mut self, field: &Field, source: &str, target: &str) -> StoreResult<()> {
        let statement = relations::save_waiting(self.connection.dialect(), &field.id, source, target);
        self.connection.execute(&statement)?;
        self.links_wait = Some(true);
        Ok(())
    }

    /// Forgets a waiting link if it points at this target.
    pub(super) fn stop_waiting(&mut self, field: &Field, source: &str, target: &str) -> StoreResult<()> {
        if self.any_waiting()? && self.waiting(field, source)?.as_deref() == Some(target) {
            self.forget(field, relations::SOURCE, source)?;
        }
        Ok(())
    }

    fn waiting(&mut self, field: &Field, source: &str) -> StoreResult<Option<String>> {
        let statement = relations::select_waiting(self.connection.dialect(), &field.id, source);
        let mut target = None;
        self.connection.query(&statement, &mut |row| {
            target = row.cell(0).as_text().map(str::to_owned);
            Flow::Stop
        })?;
        Ok(target)
    }

    fn forget(&mut self, field: &Field, side: &str, id: &str) -> StoreResult<()> {
        let statement = relations::delete_waiting(self.connection.dialect(), &field.id, side, id);
        self.connection.execute(&statement).map(drop)
    }

    /// Gives a new record the links that waited for it.
    pub(super) fn end_waiting(&mut self, record: &mut Record) -> StoreResult<()> {
        if !record.collection.fields.iter().any(to_one) || !self.any_waiting()? {
            return Ok(());
        }
        let collection = Arc::clone(&record.collection);
        for (index, field) in collection.fields.iter().enumerate().filter(|(_, field)| to_one(field)) {
            let Some(target) = self.waiting(field, record.id())? else { continue };
            if ids_of(&record.values[index]).next().is_none() {
                record.replace(index, target.into());
            }
            self.forget(field, relations::SOURCE, record.id())?;
        }
        Ok(())
    }

    /// Forgets what waits for a record that goes, on either side.
    pub(super) fn forget_waiting(
        &mut self,
        schema: &Schema,
        collection: &Collection,
        id: &str,
    ) -> StoreResult<()> {
        if !self.any_waiting()? {
            return Ok(());
        }
        for field in collection.fields.iter().filter(|field| to_one(field)) {
            self.forget(field, relations::SOURCE, id)?;
        }
        for (source, index) in schema.back_relations(&collection.id) {
            self.forget(&source.fields[index], relations::TARGET, id)?;
        }
        Ok(())
    }
}

/// Whether links of the field may wait: those to one that came through the Instant dialect.
pub(super) fn to_one(field: &Field) -> bool {
    field.attr.is_some()
        && matches!(field.kind, ketch_model::FieldKind::Relation(_))
        && relations::kind(field) == RelationKind::One
}
