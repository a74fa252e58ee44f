//! Running a plan, group by group: what a group touches is read together and written together.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use ketch_model::{Collection, Record, Value};
use ketch_records::Transaction;
use serde_json::json;

use super::failure::{Failure, refusal};
use super::merge::deep_merge;
use super::plan::{Entity, Operation, Plan, Task};
use super::step::Mode;
use super::values;
use crate::error::{Error, Kind};

/// Entities that the transaction made or changed, as they were last stored.
pub(super) type Written = HashMap<(String, String), Arc<Record>>;

pub(super) fn execute(transaction: &mut Transaction<'_>, plan: &Plan) -> Result<Written, Failure> {
    check_modes(transaction, plan)?;
    let mut written = Written::new();
    for (task, operations) in &plan.groups {
        match task {
            Task::Delete => delete(transaction, operations, &mut written)?,
            Task::Add | Task::Merge | Task::Retract => {
                write_values(transaction, *task, operations, &mut written)?;
                change_links(transaction, *task, operations)?;
            }
        }
    }
    Ok(written)
}

/// What `create` and `upsert: false` demand is asked of the state before the transaction.
fn check_modes(transaction: &mut Transaction<'_>, plan: &Plan) -> Result<(), Failure> {
    let mut asked: Vec<(&Entity, Mode)> = Vec::new();
    for (_, operations) in &plan.groups {
        asked.extend(operations.iter().filter_map(|operation| match operation {
            Operation::Values { entity, mode, .. } if *mode != Mode::Upsert => Some((entity, *mode)),
            _ => None,
        }));
    }
    for collection in collections(asked.iter().map(|(entity, _)| *entity)) {
        let of_it = || asked.iter().filter(|(entity, _)| entity.collection.id == collection.id);
        let ids: Vec<&str> = of_it().map(|(entity, _)| entity.id.as_str()).collect();
        let there =
            transaction.existing(&collection, &ids).map_err(|error| refusal(transaction.schema(), error))?;
        for (mode, present, what) in [
            (Mode::Create, true, "Creating entities that exist"),
            (Mode::Update, false, "Updating entities that don't exist"),
        ] {
            let mut wrong: Vec<&str> = of_it()
                .filter(|(entity, asked)| *asked == mode && there.contains(&entity.id) == present)
                .map(|(entity, _)| entity.id.as_str())
                .collect();
            wrong.dedup();
            if !wrong.is_empty() {
                let message = format!("{what}: {}", wrong.join(", "));
                return Err(Error::validation("tx-step", &json!(wrong), &message).into());
            }
        }
    }
    Ok(())
}

/// The collections of entities, each once, in their order.
fn collections<'a>(entities: impl Iterator<Item = &'a Entity>) -> Vec<Arc<Collection>> {
    let mut seen = HashSet::new();
    entities
        .filter(|entity| seen.insert(entity.collection.id.clone()))
        .map(|entity| entity.collection.clone())
        .collect()
}

/// An entity in the making.
struct Draft {
    before: Option<Record>,
    now: Record,
}

fn write_values(
    transaction: &mut Transaction<'_>,
    task: Task,
    operations: &[Operation],
    written: &mut Written,
) -> Result<(), Failure> {
    let entities = || {
        operations.iter().filter_map(|operation| match operation {
            Operation::Values { entity, values, .. } => Some((entity, values)),
            _ => None,
        })
    };
    for collection in collections(entities().map(|(entity, _)| entity)) {
        let mut order: Vec<&str> = Vec::new();
        let mut drafts: HashMap<&str, Draft> = HashMap::new();
        let of_it = || entities().filter(|(entity, _)| entity.collection.id == collection.id);
        let ids: Vec<&str> = of_it().map(|(entity, _)| entity.id.as_str()).collect();
        let loaded =
            transaction.load(&collection, &ids).map_err(|error| refusal(transaction.schema(), error))?;
        let mut loaded: HashMap<String, Record> =
            loaded.into_iter().map(|record| (record.id().to_owned(), record)).collect();
        for (entity, values) in of_it() {
            let draft = drafts.entry(entity.id.as_str()).or_insert_with(|| {
                order.push(entity.id.as_str());
                match loaded.remove(&entity.id) {
                    Some(record) => Draft { now: record.clone(), before: Some(record) },
                    None => Draft { before: None, now: fresh(&collection, &entity.id) },
                }
            });
            for (field, value) in values {
                apply(transaction, task, &mut draft.now, *field, value)?;
            }
        }
        for id in order {
            let Some(Draft { before, now }) = drafts.remove(id) else { continue };
            let stored = match before {
                // What is not there loses nothing.
                None if task == Task::Retract => continue,
                None => transaction.insert(now),
                Some(before) => {
                    let fields = 0..now.values.len();
                    if !fields.clone().any(|field| now.differs(&before, field)) {
                        written.insert((collection.id.clone(), id.to_owned()), Arc::new(now));
                        continue;
                    }
                    transaction.update(before, now)
                }
            };
            let stored = stored.map_err(|error| refusal(transaction.schema(), error))?;
            written.insert((collection.id.clone(), id.to_owned()), stored);
        }
    }
    Ok(())
}

pub(super) fn fresh(collection: &Arc<Collection>, id: &str) -> Record {
    let mut record = Record::blank(collection.clone());
    record.set("id", id.into());
    record
}

/// Does to one field what a step says.
pub(super) fn apply(
    transaction: &Transaction<'_>,
    task: Task,
    record: &mut Record,
    field: usize,
    value: &Value,
) -> Result<(), Failure> {
    match task {
        Task::Add => record.write(field, value.clone()),
        Task::Retract if record.values[field] == *value => record.clear(field),
        Task::Retract | Task::Delete => {}
        Task::Merge => {
            let merged = deep_merge(record.values[field].clone(), value);
            let name = &record.collection.fields[field].name;
            let attrs = transaction.schema().attrs();
            let namespace = attrs.namespace(&record.collection.id).unwrap_or(&record.collection.name);
            let entry = attrs.forward(namespace, name).ok_or_else(|| {
                let message = format!("`{namespace}.{name}` cannot be merged into.");
                Failure::Failed(Error::new(Kind::ValidationFailed, message, Value::Null))
            })?;
            let checked = values::checked(entry, &merged, record.id())?;
            record.write(field, checked);
        }
    }
    Ok(())
}

/// A relation field, and its links as (source, target).
type FieldLinks<'a> = (&'a Arc<Collection>, usize, Vec<(&'a str, &'a str)>);

fn change_links(
    transaction: &mut Transaction<'_>,
    task: Task,
    operations: &[Operation],
) -> Result<(), Failure> {
    let mut fields: Vec<FieldLinks<'_>> = Vec::new();
    for operation in operations {
        let Operation::Links { collection, field, links } = operation else { continue };
        let pairs = links.iter().map(|(source, target)| (source.as_str(), target.as_str()));
        let known = fields.iter_mut().find(|(other, index, _)| other.id == collection.id && index == field);
        match known {
            Some((_, _, all)) => all.extend(pairs),
            None => fields.push((collection, *field, pairs.collect())),
        }
    }
    for (collection, field, links) in fields {
        let name = &collection.fields[field].name;
        let done = match task {
            Task::Retract => transaction.unlink(collection, name, &links),
            _ => transaction.link(collection, name, &links),
        };
        done.map_err(|error| refusal(transaction.schema(), error))?;
    }
    Ok(())
}

fn delete(
    transaction: &mut Transaction<'_>,
    operations: &[Operation],
    written: &mut Written,
) -> Result<(), Failure> {
    let entities = || {
        operations.iter().filter_map(|operation| match operation {
            Operation::Delete(entity) => Some(entity),
            _ => None,
        })
    };
    for entity in entities() {
        written.remove(&entity.key());
    }
    for collection in collections(entities()) {
        let mut ids: Vec<&str> = Vec::new();
        for entity in entities().filter(|entity| entity.collection.id == collection.id) {
            if !ids.contains(&entity.id.as_str()) {
                ids.push(&entity.id);
            }
        }
        transaction.delete(&collection, &ids).map_err(|error| refusal(transaction.schema(), error))?;
    }
    Ok(())
}
