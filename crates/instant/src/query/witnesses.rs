//! What conditions went through: enough for a client to find again what was found.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ketch_model::attr::Attr;
use ketch_model::{Collection, Error, Value};
use ketch_store::Connection;

use super::confirm;
use super::filter::Leaf;
use super::load;
use super::names::Form;
use super::values;

/// Links, and values of the entities at their ends. Not the ids of those: to a client an entity with
/// an id is one that may be found, and nothing else is known of these.
#[derive(Debug, Default)]
pub(super) struct Witnesses {
    /// By attr id, source and target.
    links: BTreeSet<(String, String, String)>,
    /// By collection id.
    entities: BTreeMap<String, Entities>,
    /// Known after [`Witnesses::read`].
    pub(super) triples: Vec<Triple>,
}

/// Entities of one collection.
#[derive(Debug)]
struct Entities {
    collection: Arc<Collection>,
    /// Of each, by id, the fields that were looked at.
    looked_at: BTreeMap<String, BTreeMap<usize, (Arc<Attr>, Form)>>,
}

/// One fact: an entity has a value of an attr.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Triple {
    pub(super) entity: String,
    pub(super) attr: String,
    pub(super) value: Value,
    pub(super) created: i64,
}

impl Witnesses {
    /// Remembers a way: the ids of the stops, then of both ends of each passage.
    pub(super) fn remember(&mut self, leaf: &Leaf, ids: &[Option<String>]) {
        let (stops, ends) = ids.split_at(leaf.stops.len());
        for (position, (stop, id)) in leaf.stops.iter().zip(stops).enumerate() {
            let Some(id) = id else { continue };
            let entities = self.entities.entry(stop.collection.id.clone()).or_insert_with(|| Entities {
                collection: stop.collection.clone(),
                looked_at: BTreeMap::new(),
            });
            let fields = entities.looked_at.entry(id.clone()).or_default();
            if let (true, Some(field), Some(looks_at)) =
                (position + 1 == leaf.stops.len(), leaf.field, &leaf.looks_at)
            {
                fields.insert(field, looks_at.clone());
            }
        }
        for (passage, ends) in leaf.passages.iter().zip(ends.chunks(2)) {
            let [Some(from), Some(to)] = ends else { continue };
            if to.is_empty() {
                continue;
            }
            let (source, target) = if passage.forward { (from, to) } else { (to, from) };
            self.links.insert((passage.attr.id.clone(), source.clone(), target.clone()));
        }
    }

    /// Reads the values of the entities.
    pub(super) fn read(&mut self, connection: &mut dyn Connection) -> Result<(), Error> {
        for (attr, source, target) in std::mem::take(&mut self.links) {
            self.triples.push(Triple { entity: source, attr, value: target.into(), created: 0 });
        }
        for (_, entities) in std::mem::take(&mut self.entities) {
            let ids = entities.looked_at.keys().cloned().collect();
            let columns = confirm::every_column(&entities.collection);
            let rows = load::by_ids(connection, &entities.collection, columns, ids)?;
            for row in 0..rows.len() {
                let (id, created) = (rows.id(row), rows.created(row));
                let mut triple = |attr: &Attr, value| {
                    let attr = attr.id.clone();
                    self.triples.push(Triple { entity: id.to_owned(), attr, value, created });
                };
                for (field, (attr, form)) in entities.looked_at.get(id).into_iter().flatten() {
                    let cell = rows.cell(row, *field);
                    if let Some(value) = cell.and_then(|cell| values::value(*form, cell.as_ref())) {
                        triple(attr, value);
                    }
                }
            }
        }
        Ok(())
    }
}
