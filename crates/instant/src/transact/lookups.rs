//! Lookups: entities named by the value of a unique attr.

use std::collections::HashMap;

use ketch_model::attr::random_uuid;
use ketch_model::collection::{AttrEntry, Direction};
use ketch_model::{Value, json};
use ketch_records::Transaction;

use super::failure::{Failure, refusal};
use super::step::{AttrName, EntityRef, Step, TripleStep};
use super::{names, values};
use crate::error::Error;

/// What is known of the lookups of a transaction. The same lookup is the same entity in all steps,
/// also where the first of them makes it.
#[derive(Debug, Default)]
pub(super) struct Lookups {
    /// By attr id and value.
    found: HashMap<(String, String), Found>,
}

#[derive(Debug, Clone)]
struct Found {
    id: String,
    /// Not stored before this transaction.
    is_new: bool,
}

/// An entity whose name was looked up.
#[derive(Debug)]
pub(super) struct Resolved {
    pub(super) id: String,
    /// The attr and value that a new entity gets because it was looked up by them.
    pub(super) given: Option<(AttrEntry, Value)>,
}

impl Lookups {
    /// Reads the entities of all lookups, one statement an attr.
    pub(super) fn read(transaction: &mut Transaction<'_>, steps: &[Step]) -> Result<Self, Failure> {
        let mut asked: HashMap<String, (AttrEntry, Vec<Value>)> = HashMap::new();
        for step in steps {
            for (namespace, entity) in named(step) {
                if let EntityRef::Lookup { attr, value } = entity {
                    let (entry, _) = attr_of(transaction, namespace, attr)?;
                    asked
                        .entry(entry.attr.id.clone())
                        .or_insert_with(|| (entry, Vec::new()))
                        .1
                        .push(value.clone());
                }
            }
        }
        let mut lookups = Self::default();
        for (attr_id, (entry, wanted)) in asked {
            let Some((collection, field)) = &entry.place else { continue };
            let definition = &collection.fields[*field];
            let mut normalized: Vec<Value> =
                wanted.iter().map(|value| values::stored(definition, value)).collect();
            normalized.sort_by_cached_key(json::to_text);
            normalized.dedup();
            let records = transaction
                .load_by_values(collection, &definition.name, &normalized)
                .map_err(|error| refusal(transaction.schema(), error))?;
            for record in records {
                let key = (attr_id.clone(), json::to_text(&record.values[*field]));
                lookups.found.insert(key, Found { id: record.id().to_owned(), is_new: false });
            }
        }
        Ok(lookups)
    }

    /// The entity, a new one where nobody has the value.
    pub(super) fn subject(
        &mut self,
        transaction: &Transaction<'_>,
        namespace: &str,
        entity: &EntityRef,
    ) -> Result<Resolved, Failure> {
        let EntityRef::Lookup { attr, value } = entity else { return Ok(plain(entity)) };
        let (entry, key) = self.key(transaction, namespace, attr, value)?;
        let is_id = entry.attr.is_id();
        let found = self.found.entry(key).or_insert_with(|| Found {
            id: if is_id { text_of(value) } else { random_uuid() },
            is_new: true,
        });
        let given = (found.is_new && !is_id).then(|| (entry, value.clone()));
        Ok(Resolved { id: found.id.clone(), given })
    }

    /// The entity, if there is one or an earlier step makes it.
    pub(super) fn existing(
        &self,
        transaction: &Transaction<'_>,
        namespace: &str,
        entity: &EntityRef,
    ) -> Result<Option<String>, Failure> {
        let EntityRef::Lookup { attr, value } = entity else { return Ok(Some(plain(entity).id)) };
        let (_, key) = self.key(transaction, namespace, attr, value)?;
        Ok(self.found.get(&key).map(|found| found.id.clone()))
    }

    fn key(
        &self,
        transaction: &Transaction<'_>,
        namespace: &str,
        attr: &AttrName,
        value: &Value,
    ) -> Result<(AttrEntry, (String, String)), Failure> {
        let (entry, _) = attr_of(transaction, namespace, attr)?;
        let normalized = entry.field().map_or_else(|| value.clone(), |field| values::stored(field, value));
        let key = (entry.attr.id.clone(), json::to_text(&normalized));
        Ok((entry, key))
    }
}

fn plain(entity: &EntityRef) -> Resolved {
    let id = match entity {
        EntityRef::Id(id) => id.clone(),
        EntityRef::Lookup { value, .. } => text_of(value),
    };
    Resolved { id, given: None }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| json::to_text(value), str::to_owned)
}

/// The attr of a lookup: one that can name an entity.
fn attr_of(
    transaction: &Transaction<'_>,
    namespace: &str,
    name: &AttrName,
) -> Result<(AttrEntry, Direction), Failure> {
    let (entry, direction, dotted) = match name {
        AttrName::Id(id) => (names::by_id(transaction, id)?, Direction::Forward, false),
        AttrName::Label(label) => match label.split_once('.') {
            None => {
                let (entry, direction) = names::find(transaction, namespace, label)?;
                (entry, direction, false)
            }
            Some((link, "id")) => {
                let (entry, direction) = names::find(transaction, namespace, link)?;
                (entry, direction, true)
            }
            Some(_) => return Err(refused(label, "is not a valid lookup attribute.")),
        },
    };
    let label = &entry.attr.forward.label;
    if direction == Direction::Reverse || (dotted && (!entry.attr.is_link() || entry.attr.is_many())) {
        return Err(refused(label, "is not a valid lookup attribute."));
    }
    if !entry.attr.unique {
        let message = format!("is not a unique attribute on {}", entry.attr.forward.namespace);
        return Err(refused(label, &message));
    }
    Ok((entry, direction))
}

fn refused(label: &str, why: &str) -> Failure {
    Failure::Failed(Error::validation("lookup", &Value::from(label), &format!("{label} {why}")))
}

/// The entities that a step names in its own namespace. Targets of links are in others.
fn named(step: &Step) -> Vec<(&str, &EntityRef)> {
    match step {
        Step::Write { namespace, entity, .. }
        | Step::Merge { namespace, entity, .. }
        | Step::Link { namespace, entity, .. }
        | Step::Unlink { namespace, entity, .. }
        | Step::Delete { namespace, entity }
        | Step::RuleParams { namespace: Some(namespace), entity, .. } => vec![(namespace, entity)],
        // By attr id: no namespace is needed.
        Step::Triple(
            TripleStep::Add { entity, .. }
            | TripleStep::Merge { entity, .. }
            | TripleStep::Retract { entity, .. }
            | TripleStep::Delete { entity, .. },
        )
        | Step::RuleParams { namespace: None, entity, .. } => vec![("", entity)],
        Step::AddAttr(_) | Step::UpdateAttr(_) | Step::DeleteAttr(_) | Step::RestoreAttr(_) => Vec::new(),
    }
}
