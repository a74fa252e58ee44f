//! Steps tied to the schema: collections, fields and ids instead of names.

use std::sync::Arc;

use ketch_model::{Collection, Object, Value};

use super::step::Mode;

/// What a transaction does, in groups that run one after the other.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// Steps of one kind belong together; the kinds run in the order in which each came first.
    pub(crate) groups: Vec<(Task, Vec<Operation>)>,
    /// What rules about an entity see: collection id, entity id, parameters.
    pub(crate) rule_params: Vec<(Option<String>, String, Object)>,
    /// Lookups of deletes that found nobody.
    pub(crate) absent: Vec<Value>,
}

/// The kinds of steps, as they are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// Values and links written.
    Add,
    Merge,
    /// Values and links taken away.
    Retract,
    Delete,
}

#[derive(Debug)]
pub(crate) enum Operation {
    /// Values of one entity, by the positions of their fields.
    Values {
        entity: Entity,
        values: Vec<(usize, Value)>,
        mode: Mode,
    },
    /// Links of a relation field, as (source, target).
    Links {
        collection: Arc<Collection>,
        field: usize,
        links: Vec<(String, String)>,
    },
    Delete(Entity),
}

/// An entity by its place. It need not exist.
#[derive(Debug, Clone)]
pub(crate) struct Entity {
    pub(crate) collection: Arc<Collection>,
    pub(crate) id: String,
}

impl Entity {
    /// What it is told from others by: an id belongs to its collection alone.
    pub(crate) fn key(&self) -> (String, String) {
        (self.collection.id.clone(), self.id.clone())
    }
}

impl Plan {
    /// Adds an operation to the group of its kind.
    pub(crate) fn push(&mut self, task: Task, operation: Operation) {
        match self.groups.iter_mut().find(|(known, _)| *known == task) {
            Some((_, operations)) => operations.push(operation),
            None => self.groups.push((task, vec![operation])),
        }
    }
}
