//! Names of steps tied to the schema.

use std::sync::Arc;

use ketch_model::collection::{AttrEntry, Direction};
use ketch_model::{Collection, Object, Value, json};
use ketch_records::Transaction;

use super::failure::{Failure, refusal};
use super::lookups::Lookups;
use super::plan::{Entity, Operation, Plan, Task};
use super::step::{AttrName, EntityRef, Mode, Step, TripleStep};
use super::{names, values};
use crate::error::{Error, Kind};

/// Ties the steps to the schema of the transaction, in which all names are there.
pub(super) fn resolve(transaction: &mut Transaction<'_>, steps: &[Step]) -> Result<Plan, Failure> {
    let lookups = Lookups::read(transaction, &with_targets(transaction, steps)?)?;
    let mut resolver = Resolver { transaction, lookups, plan: Plan::default() };
    for step in steps {
        resolver.step(step)?;
    }
    Ok(resolver.plan)
}

/// The steps, and one of no effect for each lookup among the targets of links, so that all lookups
/// are read together.
fn with_targets(transaction: &Transaction<'_>, steps: &[Step]) -> Result<Vec<Step>, Failure> {
    let mut all = Vec::with_capacity(steps.len());
    for step in steps {
        if let Step::Link { namespace, links, .. } | Step::Unlink { namespace, links, .. } = step {
            for (label, targets) in links {
                let (entry, direction) = names::find(transaction, namespace, label)?;
                let other = other_namespace(&entry, direction);
                let lookups = targets.iter().filter(|target| matches!(target, EntityRef::Lookup { .. }));
                all.extend(lookups.map(|target| Step::RuleParams {
                    namespace: Some(other.clone()),
                    entity: target.clone(),
                    params: Object::new(),
                }));
            }
        }
        all.push(step.clone());
    }
    Ok(all)
}

fn other_namespace(entry: &AttrEntry, direction: Direction) -> String {
    let identity = match direction {
        Direction::Forward => entry.attr.reverse.as_ref().unwrap_or(&entry.attr.forward),
        Direction::Reverse => &entry.attr.forward,
    };
    identity.namespace.clone()
}

struct Resolver<'t, 'c> {
    transaction: &'t mut Transaction<'c>,
    lookups: Lookups,
    plan: Plan,
}

impl Resolver<'_, '_> {
    fn step(&mut self, step: &Step) -> Result<(), Failure> {
        match step {
            Step::Write { namespace, entity, values, mode } => {
                self.values(Task::Add, namespace, entity, values, *mode)
            }
            Step::Merge { namespace, entity, values, mode } => {
                self.values(Task::Merge, namespace, entity, values, *mode)
            }
            Step::Link { namespace, entity, links } => self.links(Task::Add, namespace, entity, links),
            Step::Unlink { namespace, entity, links } => self.links(Task::Retract, namespace, entity, links),
            Step::Delete { namespace, entity } => {
                let Some(collection) = self.transaction.schema().attrs().collection(namespace).cloned()
                else {
                    return Ok(());
                };
                match self.lookups.existing(self.transaction, namespace, entity)? {
                    Some(id) => self.plan.push(Task::Delete, Operation::Delete(Entity { collection, id })),
                    None => self.plan.absent.push(shown(entity)),
                }
                Ok(())
            }
            Step::RuleParams { namespace, entity, params } => {
                let name = namespace.as_deref().unwrap_or_default();
                if let Some(id) = self.lookups.existing(self.transaction, name, entity)? {
                    let collection = self.transaction.schema().attrs().collection(name);
                    let collection = collection.map(|collection| collection.id.clone());
                    self.plan.rule_params.push((collection, id, params.clone()));
                }
                Ok(())
            }
            Step::Triple(step) => self.triple(step),
            // Done before and after the others: see `schema_steps`.
            Step::AddAttr(_) | Step::UpdateAttr(_) | Step::DeleteAttr(_) | Step::RestoreAttr(_) => Ok(()),
        }
    }

    /// A write of high-level values: labels of links tie.
    fn values(
        &mut self,
        task: Task,
        namespace: &str,
        entity: &EntityRef,
        object: &Object,
        mode: Mode,
    ) -> Result<(), Failure> {
        let collection = self.collection(namespace)?;
        let resolved = match mode {
            Mode::Update => match self.lookups.existing(self.transaction, namespace, entity)? {
                Some(id) => super::lookups::Resolved { id, given: None },
                None => return Err(absent(namespace, entity)),
            },
            Mode::Upsert | Mode::Create => self.lookups.subject(self.transaction, namespace, entity)?,
        };
        let id = resolved.id;
        let mut written = Vec::with_capacity(object.len() + 1);
        if let Some((entry, value)) = &resolved.given {
            if object.get(&entry.attr.forward.label).is_some_and(|other| other != value) {
                let label = &entry.attr.forward.label;
                let message =
                    format!("`{label}` of an entity that it looks up cannot be written: there is none yet.");
                return Err(Error::validation("lookup", &Value::from(label.as_str()), &message).into());
            }
            self.give(&collection, &id, entry, value, &mut written)?;
        }
        for (label, value) in object.iter().filter(|(label, _)| *label != "id") {
            let (entry, direction) = names::find(self.transaction, namespace, label)?;
            if !entry.attr.is_link() {
                written.push((self.position(&entry)?, self.checked(task, &entry, value, &id)?));
            } else if task == Task::Merge {
                let message = format!("Raised Exception: `{label}` is a link and cannot be merged into.");
                return Err(Error::new(Kind::SqlRaise, message, Value::Null).into());
            } else if !value.is_null() {
                let targets = targets_of(value).ok_or_else(|| bad_target(&entry, value, &id))?;
                self.tie(Task::Add, &id, &entry, direction, &targets)?;
            }
        }
        self.plan.push(task, Operation::Values { entity: Entity { collection, id }, values: written, mode });
        Ok(())
    }

    /// A value in the form of its field; a merge is checked when it is known what it makes.
    fn checked(&self, task: Task, entry: &AttrEntry, value: &Value, id: &str) -> Result<Value, Failure> {
        match task {
            Task::Merge => Ok(value.clone()),
            _ => Ok(values::checked(entry, value, id)?),
        }
    }

    /// Gives a new entity what it was looked up by.
    fn give(
        &mut self,
        collection: &Arc<Collection>,
        id: &str,
        entry: &AttrEntry,
        value: &Value,
        written: &mut Vec<(usize, Value)>,
    ) -> Result<(), Failure> {
        if entry.attr.is_link() {
            let target = value.as_str().ok_or_else(|| bad_target(entry, value, id))?;
            let field = self.position(entry)?;
            let links = vec![(id.to_owned(), target.to_owned())];
            self.plan.push(Task::Add, Operation::Links { collection: collection.clone(), field, links });
        } else {
            written.push((self.position(entry)?, values::checked(entry, value, id)?));
        }
        Ok(())
    }

    fn links(
        &mut self,
        task: Task,
        namespace: &str,
        entity: &EntityRef,
        links: &[(String, Vec<EntityRef>)],
    ) -> Result<(), Failure> {
        let resolved = self.lookups.subject(self.transaction, namespace, entity)?;
        if let Some((entry, value)) = &resolved.given {
            // Named by a lookup that finds nobody, the entity is made.
            let collection = self.collection(namespace)?;
            let mut written = Vec::new();
            self.give(&collection, &resolved.id, entry, value, &mut written)?;
            let entity = Entity { collection, id: resolved.id.clone() };
            self.plan.push(Task::Add, Operation::Values { entity, values: written, mode: Mode::Upsert });
        }
        for (label, targets) in links {
            let (entry, direction) = names::find(self.transaction, namespace, label)?;
            if !entry.attr.is_link() {
                let message = format!("`{namespace}.{label}` is not a link.");
                return Err(Error::validation("tx-step", &Value::from(label.as_str()), &message).into());
            }
            self.tie(task, &resolved.id, &entry, direction, targets)?;
        }
        Ok(())
    }

    fn tie(
        &mut self,
        task: Task,
        id: &str,
        entry: &AttrEntry,
        direction: Direction,
        targets: &[EntityRef],
    ) -> Result<(), Failure> {
        let other = other_namespace(entry, direction);
        let mut links = Vec::with_capacity(targets.len());
        for target in targets {
            let Some(target_id) = self.lookups.existing(self.transaction, &other, target)? else {
                return Err(absent(&other, target));
            };
            links.push(match direction {
                Direction::Forward => (id.to_owned(), target_id),
                Direction::Reverse => (target_id, id.to_owned()),
            });
        }
        let Some((collection, field)) = entry.place.clone() else {
            let message = format!("Nothing can be linked by {}.", entry.attr.name());
            return Err(Error::validation("tx-step", &Value::Null, &message).into());
        };
        self.plan.push(task, Operation::Links { collection, field, links });
        Ok(())
    }

    fn triple(&mut self, step: &TripleStep) -> Result<(), Failure> {
        match step {
            TripleStep::Add { entity, attr, value, mode } => {
                self.one_triple(Task::Add, entity, attr, value, *mode)
            }
            TripleStep::Merge { entity, attr, value, mode } => {
                self.one_triple(Task::Merge, entity, attr, value, *mode)
            }
            TripleStep::Retract { entity, attr, value } => {
                self.one_triple(Task::Retract, entity, attr, value, Mode::Upsert)
            }
            TripleStep::Delete { entity, namespace } => {
                let Some(id) = self.lookups.existing(self.transaction, "", entity)? else {
                    self.plan.absent.push(shown(entity));
                    return Ok(());
                };
                let schema = self.transaction.schema().clone();
                let attrs = schema.attrs();
                let named: Vec<Arc<Collection>> = match namespace {
                    Some(namespace) => attrs.collection(namespace).cloned().into_iter().collect(),
                    // Old clients: wherever the entity is.
                    None => {
                        let ids = attrs.iter().filter(|entry| entry.attr.is_id());
                        let mut places = Vec::new();
                        for (collection, _) in ids.filter_map(|entry| entry.place.as_ref()) {
                            let there = self.transaction.existing(collection, &[&id]);
                            if !there.map_err(|error| refusal(&schema, error))?.is_empty() {
                                places.push(collection.clone());
                            }
                        }
                        places
                    }
                };
                for collection in named {
                    self.plan.push(Task::Delete, Operation::Delete(Entity { collection, id: id.clone() }));
                }
                Ok(())
            }
        }
    }

    fn one_triple(
        &mut self,
        task: Task,
        entity: &EntityRef,
        attr: &str,
        value: &Value,
        mode: Mode,
    ) -> Result<(), Failure> {
        let entry = names::by_id(self.transaction, attr)?;
        let collection = self.collection(&entry.attr.forward.namespace)?;
        let resolved = self.lookups.subject(self.transaction, "", entity)?;
        let id = resolved.id;
        let mut written = Vec::new();
        if let Some((given, value)) = &resolved.given
            && given.attr.id != entry.attr.id
        {
            self.give(&collection, &id, given, value, &mut written)?;
        }
        if entry.attr.is_link() {
            if task == Task::Merge {
                let message =
                    format!("Raised Exception: {} is a link and cannot be merged into.", entry.attr.name());
                return Err(Error::new(Kind::SqlRaise, message, Value::Null).into());
            }
            let targets = low_level_targets(value).ok_or_else(|| bad_target(&entry, value, &id))?;
            if !written.is_empty() {
                let entity = Entity { collection, id: id.clone() };
                self.plan.push(Task::Add, Operation::Values { entity, values: written, mode });
            }
            return self.tie(task, &id, &entry, Direction::Forward, &targets);
        }
        // The id triple only says that the entity is there.
        if !entry.attr.is_id() {
            let checked = match task {
                Task::Retract => entry.field().map_or(Value::Null, |field| values::stored(field, value)),
                _ => self.checked(task, &entry, value, &id)?,
            };
            written.push((self.position(&entry)?, checked));
        }
        self.plan.push(task, Operation::Values { entity: Entity { collection, id }, values: written, mode });
        Ok(())
    }

    fn collection(&self, namespace: &str) -> Result<Arc<Collection>, Failure> {
        self.transaction.schema().attrs().collection(namespace).cloned().ok_or_else(|| {
            let message = format!("Entities of `{namespace}` cannot be written.");
            Failure::Failed(Error::validation("tx-step", &Value::from(namespace), &message))
        })
    }

    fn position(&self, entry: &AttrEntry) -> Result<usize, Failure> {
        entry.place.as_ref().map(|(_, field)| *field).ok_or_else(|| {
            let message = format!("Nothing can be written to {}.", entry.attr.name());
            Failure::Failed(Error::validation("tx-step", &Value::Null, &message))
        })
    }
}

/// Targets that stand where a value could stand.
fn targets_of(value: &Value) -> Option<Vec<EntityRef>> {
    match value {
        Value::String(id) => Some(vec![EntityRef::Id(id.clone())]),
        Value::Array(ids) => {
            ids.iter().map(|id| id.as_str().map(|id| EntityRef::Id(id.to_owned()))).collect()
        }
        _ => None,
    }
}

/// The target of a low-level link: an id, or `[attr id, value]`.
fn low_level_targets(value: &Value) -> Option<Vec<EntityRef>> {
    match value {
        Value::String(id) => Some(vec![EntityRef::Id(id.clone())]),
        Value::Array(parts) => match parts.as_slice() {
            [Value::String(attr), value] => {
                Some(vec![EntityRef::Lookup { attr: AttrName::Id(attr.clone()), value: value.clone() }])
            }
            _ => None,
        },
        _ => None,
    }
}

fn bad_target(entry: &AttrEntry, value: &Value, entity: &str) -> Failure {
    let hint = serde_json::json!({
        "namespace": entry.attr.forward.namespace,
        "attribute": entry.attr.forward.label,
        "value": value,
        "attr-id": entry.attr.id,
        "entity-id": entity,
    });
    Failure::Failed(Error::new(Kind::ValidationFailed, "Linked value must be a valid uuid.", hint))
}

/// An entity's name, for errors.
fn shown(entity: &EntityRef) -> Value {
    match entity {
        EntityRef::Id(id) => Value::from(id.as_str()),
        EntityRef::Lookup { attr, value } => {
            let (AttrName::Label(name) | AttrName::Id(name)) = attr;
            serde_json::json!([name, value])
        }
    }
}

fn absent(namespace: &str, entity: &EntityRef) -> Failure {
    let shown = shown(entity);
    let message = format!("Could not find the entity {} in `{namespace}`.", json::to_text(&shown));
    Failure::Failed(Error::validation("lookup", &shown, &message))
}
