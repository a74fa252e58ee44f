//! Links between records, whatever way their relation is stored.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use ketch_model::{Collection, Record, Value};
use ketch_store::sql::relations::{self, RelationKind};
use ketch_store::{Change, ChangeKind, Flow, StoreError};

use super::Transaction;
use super::waiting::to_one;
use crate::relation::ids_of;
use crate::transaction_error::TransactionError;

/// What is done to the targets of one source.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Task {
    Link,
    Unlink,
}

impl Transaction<'_> {
    /// Ends links, given as (source, target); others are passed over.
    pub fn unlink(
        &mut self,
        collection: &Arc<Collection>,
        field: &str,
        links: &[(&str, &str)],
    ) -> Result<(), TransactionError> {
        self.relate(collection, field, links, Task::Unlink)
    }

    /// Links records of a collection by its relation field, given as (source, target). A relation
    /// to one gets the last target of each source. Neither needs to be a record yet, save that a
    /// relation of the other dialect cannot be linked from a record that is not there.
    ///
    /// # Errors
    /// [`TransactionError::NotUnique`] where a target may have one source and has another.
    pub fn link(
        &mut self,
        collection: &Arc<Collection>,
        field: &str,
        links: &[(&str, &str)],
    ) -> Result<(), TransactionError> {
        self.relate(collection, field, links, Task::Link)
    }

    fn relate(
        &mut self,
        collection: &Arc<Collection>,
        field: &str,
        links: &[(&str, &str)],
        task: Task,
    ) -> Result<(), TransactionError> {
        let collection = self.current(collection)?;
        let index = collection.field_index(field).ok_or_else(|| {
            TransactionError::Refused(format!("`{}` has no link `{field}`", collection.name))
        })?;
        let mut by_source = BTreeMap::<&str, Vec<&str>>::new();
        for &(source, target) in links {
            by_source.entry(source).or_default().push(target);
        }
        let sources: Vec<&str> = by_source.keys().copied().collect();
        let records = self.load(&collection, &sources)?;
        let field = &collection.fields[index];
        if relations::kind(field) == RelationKind::Table {
            self.change_links(&collection, index, links, task)?;
        } else if records.len() < sources.len() {
            let there: HashSet<&str> = records.iter().map(Record::id).collect();
            let missing = by_source.iter().filter(|(source, _)| !there.contains(*source));
            for (source, targets) in missing {
                match (task, targets.last()) {
                    (Task::Link, Some(target)) if to_one(field) => self.let_wait(field, source, target)?,
                    (Task::Unlink, _) => {
                        for target in targets {
                            self.stop_waiting(field, source, target)?;
                        }
                    }
                    (Task::Link, _) => {
                        return Err(TransactionError::Refused(format!(
                            "`{}` has no entity {source} that `{}` could be linked from",
                            collection.name, field.name
                        )));
                    }
                }
            }
        }
        for before in records {
            let targets = by_source.get(before.id()).map_or(&[][..], Vec::as_slice);
            let value = related(&collection, index, &before.values[index], targets, task);
            if value == before.values[index] {
                continue;
            }
            let mut after = before.clone();
            after.replace(index, value);
            if collection.fields[index].is_link_table() {
                // The rows are there: only the change is to be told.
                self.note_linked(before, after);
            } else {
                self.update(before, after)?;
            }
        }
        Ok(())
    }

    fn note_linked(&mut self, before: Record, mut after: Record) {
        // A link is no change of the record itself, so its dates stay.
        after.nulls.clone_from(&before.nulls);
        self.applied.changes.push(Change {
            kind: ChangeKind::Update,
            before: Some(Arc::new(before)),
            after: Some(Arc::new(after)),
        });
    }

    fn change_links(
        &mut self,
        collection: &Arc<Collection>,
        index: usize,
        links: &[(&str, &str)],
        task: Task,
    ) -> Result<(), TransactionError> {
        let field = &collection.fields[index];
        let statement = match task {
            Task::Link => relations::insert_links(self.connection.dialect(), &field.id, links),
            Task::Unlink => relations::delete_links(self.connection.dialect(), &field.id, links),
        };
        match self.connection.execute(&statement) {
            Ok(_) => Ok(()),
            Err(StoreError::Unique { .. }) => {
                let value = self.taken_target(&field.id, links)?;
                Err(TransactionError::NotUnique {
                    collection: collection.clone(),
                    field: field.name.clone(),
                    value: Box::new(value),
                })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A target of the links that has, or would have, another source.
    fn taken_target(&mut self, field_id: &str, links: &[(&str, &str)]) -> Result<Value, TransactionError> {
        let targets: Vec<&str> = links.iter().map(|(_, target)| *target).collect();
        let statement =
            relations::select_links(self.connection.dialect(), field_id, relations::TARGET, &targets);
        let mut owners = HashMap::<String, String>::new();
        self.connection.query(&statement, &mut |row| {
            let text = |index| row.cell(index).as_text().unwrap_or_default().to_owned();
            owners.insert(text(1), text(0));
            Flow::More
        })?;
        for &(source, target) in links {
            let owner = owners.entry(target.to_owned()).or_insert_with(|| source.to_owned());
            if owner != source {
                return Ok(target.into());
            }
        }
        Ok(Value::Null)
    }
}

/// The relation's value after the task.
fn related(collection: &Collection, index: usize, value: &Value, targets: &[&str], task: Task) -> Value {
    let field = &collection.fields[index];
    if !field.is_multiple() {
        return match task {
            Task::Link => targets.last().map_or_else(|| value.clone(), |target| Value::from(*target)),
            Task::Unlink if ids_of(value).any(|id| targets.contains(&id)) => field.zero(),
            Task::Unlink => value.clone(),
        };
    }
    let mut ids: Vec<&str> = ids_of(value).collect();
    for &target in targets {
        match task {
            Task::Link if !ids.contains(&target) => ids.push(target),
            Task::Link => {}
            Task::Unlink => ids.retain(|id| *id != target),
        }
    }
    if field.is_link_table() {
        // In the order in which the table gives them.
        ids.sort_unstable();
    }
    ids.into()
}
