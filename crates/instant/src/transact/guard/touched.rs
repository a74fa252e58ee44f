//! The entities that a transaction touches: as they were, and as they will be.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use ketch_model::attr::Identity;
use ketch_model::{Collection, FieldKind, Object, Record, Schema, Value};
use ketch_records::Transaction;

use super::super::execute::{apply, fresh};
use super::super::failure::{Failure, refusal};
use super::super::plan::{Operation, Plan, Task};

/// Collection id and entity id.
pub(super) type Key = (String, String);

pub(super) fn key_of(record: &Record) -> Key {
    (record.collection.id.clone(), record.id().to_owned())
}

#[derive(Debug, Default)]
pub(super) struct Touched {
    order: Vec<Key>,
    entities: HashMap<Key, TouchedEntity>,
    /// The rule parameters of cascaded deletes are those of the delete.
    inherited: Object,
}

#[derive(Debug)]
pub(super) struct TouchedEntity {
    collection: Arc<Collection>,
    pub(super) before: Option<Record>,
    /// After the whole transaction, as far as its steps say.
    predicted: Option<Record>,
    /// As it is stored afterwards.
    after: Option<Record>,
    /// Values of it are written.
    pub(super) is_written: bool,
    /// A step makes it if it is not there.
    makes: bool,
    /// A step deletes it; what a later one writes begins anew.
    is_dropped: bool,
    modified: Vec<String>,
    params: Object,
}

impl TouchedEntity {
    /// Whether the transaction makes it.
    pub(super) fn is_made(&self) -> bool {
        self.before.is_none() && self.makes
    }
}

/// Both sides of a relation field.
pub(super) struct LinkEnds {
    pub(super) forward: Identity,
    pub(super) reverse: Identity,
    pub(super) target: Arc<Collection>,
}

pub(super) fn link_ends(schema: &Schema, collection: &Collection, field: usize) -> Option<LinkEnds> {
    let field = collection.fields.get(field)?;
    let FieldKind::Relation(relation) = &field.kind else { return None };
    let target = schema.by_id(&relation.collection_id)?.clone();
    let attrs = schema.attrs();
    let entry = attrs.forward(attrs.namespace(&collection.id)?, &field.name)?;
    let reverse = entry.attr.reverse.clone()?;
    Some(LinkEnds { forward: entry.attr.forward.clone(), reverse, target })
}

impl Touched {
    /// Reads what the steps touch, and works out what becomes of it.
    pub(super) fn read(transaction: &mut Transaction<'_>, plan: &Plan) -> Result<Self, Failure> {
        let mut touched = Self::default();
        let schema = transaction.schema().clone();
        for (task, operations) in &plan.groups {
            for operation in operations {
                touched.note(&schema, *task, operation);
            }
        }
        touched.load(transaction)?;
        for (task, operations) in &plan.groups {
            for operation in operations {
                touched.predict(transaction, *task, operation)?;
            }
        }
        for (collection, id, params) in &plan.rule_params {
            for (key, entity) in &mut touched.entities {
                if key.1 == *id && collection.as_ref().is_none_or(|collection| *collection == key.0) {
                    entity.params.extend(params.clone());
                }
            }
        }
        Ok(touched)
    }

    fn entity(&mut self, collection: &Arc<Collection>, id: &str) -> &mut TouchedEntity {
        let key = (collection.id.clone(), id.to_owned());
        self.entities.entry(key).or_insert_with_key(|key| {
            self.order.push(key.clone());
            TouchedEntity {
                collection: collection.clone(),
                before: None,
                predicted: None,
                after: None,
                is_written: false,
                makes: false,
                is_dropped: false,
                modified: Vec::new(),
                params: Object::new(),
            }
        })
    }

    fn note(&mut self, schema: &Schema, task: Task, operation: &Operation) {
        match operation {
            Operation::Values { entity, values, .. } => {
                let labels: Vec<String> =
                    values.iter().map(|(field, _)| entity.collection.fields[*field].name.clone()).collect();
                let known = self.entity(&entity.collection, &entity.id);
                known.is_written = true;
                known.makes |= task != Task::Retract;
                known.modified.extend(labels);
            }
            Operation::Links { collection, field, links } => {
                let label = &collection.fields[*field].name;
                let target = link_ends(schema, collection, *field).map(|ends| ends.target);
                for (source, to) in links {
                    self.entity(collection, source).modified.push(label.clone());
                    if let Some(target) = &target {
                        self.entity(target, to);
                    }
                }
            }
            Operation::Delete(entity) => drop(self.entity(&entity.collection, &entity.id)),
        }
    }

    /// Reads entities by collection.
    fn load(&mut self, transaction: &mut Transaction<'_>) -> Result<(), Failure> {
        for record in self.records(transaction, &|_| true)? {
            if let Some(entity) = self.entities.get_mut(&key_of(&record)) {
                entity.predicted = Some(record.clone());
                entity.before = Some(record);
            }
        }
        Ok(())
    }

    fn records(
        &self,
        transaction: &mut Transaction<'_>,
        wanted: &dyn Fn(&TouchedEntity) -> bool,
    ) -> Result<Vec<Record>, Failure> {
        let mut by_collection: HashMap<&str, (&Arc<Collection>, Vec<&str>)> = HashMap::new();
        for (key, entity) in self.entities.iter().filter(|(_, entity)| wanted(entity)) {
            let (_, ids) = by_collection.entry(&key.0).or_insert_with(|| (&entity.collection, Vec::new()));
            ids.push(&key.1);
        }
        let mut records = Vec::new();
        for (collection, ids) in by_collection.into_values() {
            let loaded = transaction.load(collection, &ids);
            records.extend(loaded.map_err(|error| refusal(transaction.schema(), error))?);
        }
        Ok(records)
    }

    fn predict(
        &mut self,
        transaction: &Transaction<'_>,
        task: Task,
        operation: &Operation,
    ) -> Result<(), Failure> {
        match operation {
            Operation::Values { entity, values, .. } => {
                let Some(known) = self.entities.get_mut(&entity.key()) else { return Ok(()) };
                if known.predicted.is_none() && task == Task::Retract {
                    return Ok(());
                }
                if std::mem::take(&mut known.is_dropped) {
                    known.predicted = None;
                }
                let record = known.predicted.get_or_insert_with(|| fresh(&entity.collection, &entity.id));
                for (field, value) in values {
                    apply(transaction, task, record, *field, value)?;
                }
            }
            Operation::Links { collection, field, links } => {
                let definition = &collection.fields[*field];
                if definition.is_multiple() || definition.is_link_table() {
                    return Ok(());
                }
                for (source, target) in links {
                    let known = self.entities.get_mut(&(collection.id.clone(), source.clone()));
                    let Some(record) = known.and_then(|known| known.predicted.as_mut()) else { continue };
                    if task != Task::Retract {
                        record.replace(*field, Value::from(target.as_str()));
                    } else if record.values[*field] == target.as_str() {
                        record.clear(*field);
                    }
                }
            }
            Operation::Delete(entity) => {
                if let Some(known) = self.entities.get_mut(&entity.key()) {
                    known.is_dropped = true;
                }
            }
        }
        Ok(())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Key, &TouchedEntity)> {
        self.order.iter().filter_map(|key| Some((key, self.entities.get(key)?)))
    }

    /// The entities that steps delete, also ones that are not there.
    pub(super) fn deleted(&self, plan: &Plan) -> Vec<Key> {
        let operations = plan.groups.iter().flat_map(|(_, operations)| operations);
        let keys = operations.filter_map(|operation| match operation {
            Operation::Delete(entity) => Some(entity.key()),
            _ => None,
        });
        // What the transaction itself makes is nobody's loss.
        keys.filter(|key| !self.is_made(key)).collect()
    }

    /// Adds what would be deleted along with what steps delete.
    pub(super) fn read_cascades(
        &mut self,
        transaction: &mut Transaction<'_>,
        plan: &Plan,
    ) -> Result<Vec<Key>, Failure> {
        let roots: HashSet<Key> = self.deleted(plan).into_iter().collect();
        let records: Vec<Record> =
            roots.iter().filter_map(|key| self.entities.get(key)?.before.clone()).collect();
        if records.is_empty() {
            return Ok(Vec::new());
        }
        for key in &roots {
            self.inherited
                .extend(self.entities.get(key).map(|entity| entity.params.clone()).unwrap_or_default());
        }
        let doomed = transaction.doomed(records).map_err(|error| refusal(transaction.schema(), error))?;
        let mut keys = Vec::new();
        for record in doomed {
            let key = key_of(&record);
            if !roots.contains(&key) {
                keys.push(key.clone());
                self.add(key, record);
            }
        }
        Ok(keys)
    }

    /// Adds an entity that is, or was, deleted along with others.
    pub(super) fn add(&mut self, key: Key, record: Record) {
        if self.entities.contains_key(&key) {
            return;
        }
        let params = self.inherited.clone();
        let entity = self.entity(&record.collection, &key.1);
        entity.params = params;
        entity.before = Some(record);
    }

    /// Reads what the transaction made.
    pub(super) fn read_made(&mut self, transaction: &mut Transaction<'_>) -> Result<(), Failure> {
        for record in self.records(transaction, &|entity| entity.before.is_none())? {
            if let Some(entity) = self.entities.get_mut(&key_of(&record)) {
                entity.after = Some(record);
            }
        }
        Ok(())
    }

    pub(super) fn exists(&self, key: &Key) -> bool {
        self.entities.get(key).is_some_and(|entity| entity.before.is_some())
    }

    pub(super) fn is_made(&self, key: &Key) -> bool {
        self.entities.get(key).is_some_and(TouchedEntity::is_made)
    }

    /// What `data` is: as it was before, or, of new ones, as it is now.
    pub(super) fn stored(&self, key: &Key, is_after: bool) -> Option<&Record> {
        let entity = self.entities.get(key)?;
        match &entity.before {
            Some(before) => Some(before),
            None if is_after => entity.after.as_ref().or(entity.predicted.as_ref()),
            None => None,
        }
    }

    /// What `newData` is.
    pub(super) fn predicted(&self, key: &Key, is_after: bool) -> Option<&Record> {
        let entity = self.entities.get(key)?;
        let after = entity.after.as_ref().filter(|_| is_after);
        after.or(entity.predicted.as_ref())
    }

    /// Labels that are written, each once.
    pub(super) fn modified(&self, key: &Key) -> impl Iterator<Item = &str> {
        let labels = self.entities.get(key).map(|entity| entity.modified.as_slice()).unwrap_or_default();
        labels
            .iter()
            .enumerate()
            .filter(|(at, label)| *label != "id" && !labels[..*at].contains(label))
            .map(|(_, label)| label.as_str())
    }

    pub(super) fn params(&self, key: &Key) -> Object {
        self.entities.get(key).map(|entity| entity.params.clone()).unwrap_or_default()
    }
}
