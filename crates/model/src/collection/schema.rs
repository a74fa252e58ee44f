//! All collections of one app at one moment.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::attrs::Attrs;
use super::definition::Collection;
use crate::fields::FieldKind;

/// An immutable snapshot of the app's collections. A schema change makes a new one.
#[derive(Debug, Default)]
pub struct Schema {
    collections: Vec<Arc<Collection>>,
    by_id: HashMap<String, usize>,
    /// Keys are lower-case: names are unique without regard to case.
    by_name: HashMap<String, usize>,
    /// Relation fields by the id of the collection they point at: (collection, field).
    back_relations: HashMap<String, Vec<(usize, usize)>>,
    /// Grows with every change; caches derived from a schema compare it.
    pub version: u64,
    /// Made when first asked for: an app that nobody speaks the Instant dialect to has no use for it.
    attrs: OnceLock<Attrs>,
}

impl Schema {
    pub fn new(collections: Vec<Arc<Collection>>, version: u64) -> Self {
        let by_id = collections.iter().enumerate().map(|(index, c)| (c.id.clone(), index)).collect();
        let by_name =
            collections.iter().enumerate().map(|(index, c)| (c.name.to_ascii_lowercase(), index)).collect();
        let mut back_relations = HashMap::<String, Vec<(usize, usize)>>::new();
        for (position, collection) in collections.iter().enumerate() {
            for (field_index, field) in collection.fields.iter().enumerate() {
                if let FieldKind::Relation(options) = &field.kind {
                    let pointing = back_relations.entry(options.collection_id.clone()).or_default();
                    pointing.push((position, field_index));
                }
            }
        }
        Self { collections, by_id, by_name, back_relations, version, attrs: OnceLock::new() }
    }

    /// In the order in which they were made.
    pub fn collections(&self) -> &[Arc<Collection>] {
        &self.collections
    }

    pub fn by_id(&self, id: &str) -> Option<&Arc<Collection>> {
        self.by_id.get(id).map(|&index| &self.collections[index])
    }

    /// By name in any letter case.
    pub fn by_name(&self, name: &str) -> Option<&Arc<Collection>> {
        if let Some(&index) = self.by_name.get(name) {
            return Some(&self.collections[index]);
        }
        let index = *self.by_name.get(&name.to_ascii_lowercase())?;
        Some(&self.collections[index])
    }

    /// By id (exact) or by name (any case), as paths name collections.
    pub fn find(&self, name_or_id: &str) -> Option<&Arc<Collection>> {
        self.by_name(name_or_id).or_else(|| self.by_id(name_or_id))
    }

    /// The relation fields, of views too, that point at a collection: their collection and position in it.
    pub fn back_relations(&self, collection_id: &str) -> Vec<(Arc<Collection>, usize)> {
        let pointing = self.back_relations.get(collection_id).map_or(&[][..], Vec::as_slice);
        pointing.iter().map(|&(position, field)| (Arc::clone(&self.collections[position]), field)).collect()
    }

    /// The collections and fields as namespaces and attrs.
    pub fn attrs(&self) -> &Attrs {
        self.attrs.get_or_init(|| Attrs::of(&self.collections))
    }

    /// A later schema in which the collection replaces the one of its id or, if there is none, comes last.
    pub fn with(&self, collection: Arc<Collection>) -> Self {
        let mut collections = self.collections.clone();
        match self.by_id.get(&collection.id) {
            Some(&index) => collections[index] = collection,
            None => collections.push(collection),
        }
        Self::new(collections, self.version + 1)
    }

    /// A later schema without the collection of this id.
    pub fn without(&self, id: &str) -> Self {
        let collections = self.collections.iter().filter(|collection| collection.id != id).cloned().collect();
        Self::new(collections, self.version + 1)
    }
}
