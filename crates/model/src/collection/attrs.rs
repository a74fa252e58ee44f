//! The collections of an app as the Instant dialect sees them: namespaces, attrs and links.

use std::collections::HashMap;
use std::sync::Arc;

use super::definition::{CREATED_AT, Collection};
use super::system;
use crate::attr::{
    Attr, Cardinality, CheckedType, FILES, Identity, STREAMS, USERS, derived_id, system_attr, system_attrs,
};
use crate::fields::{ColumnKind, Field, FieldKind};

/// All attrs of a schema, with the ways to find them.
///
/// Every field is an attr, also one that came through the PocketBase dialect: its ids are derived
/// from those of the field. Left out are hidden fields, passwords, views, and what the server keeps
/// for itself.
#[derive(Debug, Default)]
pub struct Attrs {
    entries: Vec<AttrEntry>,
    by_id: HashMap<String, usize>,
    /// By namespace and label; one label never has two meanings.
    by_name: HashMap<String, HashMap<String, (usize, Direction)>>,
    namespaces: HashMap<String, Arc<Collection>>,
    /// By collection id.
    names: HashMap<String, String>,
}

/// An attr and where its values are.
#[derive(Debug, Clone)]
pub struct AttrEntry {
    pub attr: Arc<Attr>,
    /// The collection and the position of the field; `None` for a system attr that nothing is
    /// stored of, or not yet.
    pub place: Option<(Arc<Collection>, usize)>,
}

/// From which side an attr was named. A blob is named forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    Forward,
    Reverse,
}

/// Marks the namespace of a collection that is out of sight until it is restored or removed.
pub const DELETED: &str = "_deleted$";

impl AttrEntry {
    /// The field that holds the values.
    pub fn field(&self) -> Option<&Field> {
        self.place.as_ref().map(|(collection, field)| &collection.fields[*field])
    }
}

impl Attrs {
    pub(super) fn of(collections: &[Arc<Collection>]) -> Self {
        let mut attrs = Self::default();
        for attr in system_attrs() {
            attrs.push(AttrEntry { attr: attr.clone(), place: None });
        }
        let users = users(collections);
        for collection in collections {
            if let Some(namespace) = namespace(collection, users) {
                attrs.names.insert(collection.id.clone(), namespace.to_owned());
                attrs.namespaces.insert(namespace.to_owned(), collection.clone());
            }
        }
        for collection in collections {
            let Some(namespace) = attrs.names.get(&collection.id).cloned() else { continue };
            for (index, field) in collection.fields.iter().enumerate() {
                attrs.add(&namespace, collection, index, field);
            }
        }
        attrs
    }

    fn add(&mut self, namespace: &str, collection: &Arc<Collection>, index: usize, field: &Field) {
        let place = Some((collection.clone(), index));
        if system_attr(namespace, &field.name).is_some_and(|attr| attr.is_link() == is_relation(field)) {
            if let Some(&(entry, _)) = self.by_name.get(namespace).and_then(|labels| labels.get(&field.name))
            {
                self.entries[entry].place = place;
            }
            return;
        }
        if let Some(attr) = self.attr_of(namespace, collection, field) {
            self.push(AttrEntry { attr: Arc::new(attr), place });
        }
    }

    fn push(&mut self, entry: AttrEntry) {
        let index = self.entries.len();
        let mut name = |identity: &Identity, direction| {
            let labels = self.by_name.entry(identity.namespace.clone()).or_default();
            // What came first keeps its name, as a system attr does.
            labels.entry(identity.label.clone()).or_insert((index, direction));
        };
        name(&entry.attr.forward, Direction::Forward);
        if let Some(reverse) = &entry.attr.reverse {
            name(reverse, Direction::Reverse);
        }
        self.by_id.insert(entry.attr.id.clone(), index);
        self.entries.push(entry);
    }

    /// The field as an attr, if it is one.
    fn attr_of(&self, namespace: &str, collection: &Collection, field: &Field) -> Option<Attr> {
        if field.hidden || field.name == CREATED_AT || matches!(field.kind, FieldKind::Password(_)) {
            return None;
        }
        let known = field.attr.as_deref();
        if known.is_none() && field.is_primary_key() && collection.instant.is_some() {
            // Nobody has named the namespace's id yet: whoever does so chooses its attr id.
            return None;
        }
        let id = |part: &str| derived_id(&[part, &collection.id, &field.id]);
        let forward = Identity::new(
            known.map_or_else(|| id("forward"), |known| known.forward_id.clone()),
            namespace,
            &field.name,
        );
        let attr_id = known.map_or_else(|| id("attr"), |known| known.id.clone());
        let mut attr = Attr::blob(attr_id, forward);
        if let FieldKind::Relation(relation) = &field.kind {
            let target = self.names.get(&relation.collection_id)?;
            let (reverse_id, label) = match known.and_then(|known| known.reverse.as_ref()) {
                Some(reverse) => (reverse.id.clone(), reverse.label.clone()),
                None => (id("reverse"), format!("{}_via_{}", collection.name, field.name)),
            };
            attr = Attr::link(attr.id, attr.forward, Identity::new(reverse_id, target, label));
            if !field.is_multiple() {
                attr.cardinality = Cardinality::One;
                attr.on_delete = relation.cascade_delete;
            }
        }
        match known {
            Some(known) => {
                attr.unique = known.unique;
                attr.index = known.index;
                attr.required = known.required;
                attr.inferred_types = known.inferred_types;
                attr.on_delete_reverse = known.on_delete_reverse;
                attr.checked_type = known.checked_type;
                attr.metadata.clone_from(&known.metadata);
            }
            None => {
                attr.unique = field.is_primary_key()
                    || (!field.is_multiple() && collection.has_unique_single_index(&field.name).is_some());
                attr.checked_type = checked_type(field);
                // Any column may be compared and ordered by, with or without an index.
                attr.index = attr.checked_type.is_some() || field.is_primary_key() || attr.unique;
                attr.required = field.required && !field.is_primary_key();
            }
        }
        Some(attr)
    }

    /// All attrs: the system's first, then field by field.
    pub fn iter(&self) -> impl Iterator<Item = &AttrEntry> {
        self.entries.iter()
    }

    pub fn by_id(&self, id: &str) -> Option<&AttrEntry> {
        self.by_id.get(id).map(|&index| &self.entries[index])
    }

    /// The attr that a label means in a namespace, from either side.
    pub fn find(&self, namespace: &str, label: &str) -> Option<(&AttrEntry, Direction)> {
        let &(index, direction) = self.by_name.get(namespace)?.get(label)?;
        Some((&self.entries[index], direction))
    }

    /// The attr with this forward name.
    pub fn forward(&self, namespace: &str, label: &str) -> Option<&AttrEntry> {
        self.find(namespace, label)
            .filter(|(_, direction)| *direction == Direction::Forward)
            .map(|(entry, _)| entry)
    }

    /// The link with this reverse name.
    pub fn reverse(&self, namespace: &str, label: &str) -> Option<&AttrEntry> {
        self.find(namespace, label)
            .filter(|(_, direction)| *direction == Direction::Reverse)
            .map(|(entry, _)| entry)
    }

    /// The attrs that are named in a namespace, from either side, in no order.
    pub fn of_namespace(&self, namespace: &str) -> impl Iterator<Item = (&AttrEntry, Direction)> {
        let labels = self.by_name.get(namespace).into_iter().flat_map(HashMap::values);
        labels.map(|&(index, direction)| (&self.entries[index], direction))
    }

    /// The collection that holds a namespace's entities.
    pub fn collection(&self, namespace: &str) -> Option<&Arc<Collection>> {
        self.namespaces.get(namespace)
    }

    /// The namespace that a collection is, by the collection's id.
    pub fn namespace(&self, collection_id: &str) -> Option<&str> {
        self.names.get(collection_id).map(String::as_str)
    }
}

fn is_relation(field: &Field) -> bool {
    matches!(field.kind, FieldKind::Relation(_))
}

/// The main auth collection: the one that a new folder has, or one of its name.
fn users(collections: &[Arc<Collection>]) -> Option<&str> {
    let mut auth = collections.iter().filter(|collection| collection.is_auth() && !collection.system);
    let by_name = auth.clone().find(|collection| collection.name == system::USERS);
    auth.find(|collection| collection.id == system::USERS_ID)
        .or(by_name)
        .map(|collection| collection.id.as_str())
}

fn namespace<'a>(collection: &'a Collection, users: Option<&str>) -> Option<&'a str> {
    if users == Some(&collection.id) {
        return Some(USERS);
    }
    match &collection.instant {
        Some(instant) => {
            let namespace = instant.namespace.as_deref().unwrap_or(&collection.name);
            (!namespace.contains(DELETED)).then_some(namespace)
        }
        None if collection.system => {
            [FILES, STREAMS].into_iter().find(|namespace| *namespace == collection.name)
        }
        None if collection.is_view() => None,
        None => Some(&collection.name),
    }
}

/// What the values of a field surely are.
fn checked_type(field: &Field) -> Option<CheckedType> {
    match (&field.kind, field.column()) {
        (FieldKind::Date(_) | FieldKind::Autodate(_), _) => Some(CheckedType::Date),
        (FieldKind::Relation(_), _) => None,
        (_, ColumnKind::Text) => Some(CheckedType::String),
        (_, ColumnKind::Number) => Some(CheckedType::Number),
        (_, ColumnKind::Bool) => Some(CheckedType::Boolean),
        (_, ColumnKind::PrimaryKey | ColumnKind::List | ColumnKind::Json | ColumnKind::GeoPoint) => None,
    }
}
