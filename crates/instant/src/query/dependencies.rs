//! What the answer of a query depends on: a change of anything else leaves it as it is.

use std::collections::{BTreeMap, BTreeSet};

/// What a query reads. Ids are those of collections and fields, which survive renames.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dependencies {
    /// By collection id. A record that comes or goes may change the answer, as may a change of one
    /// of the fields.
    pub collections: BTreeMap<String, CollectionDependency>,
    /// Links, by the ids of their collection and field: of a relation, wherever its ids are stored.
    pub links: BTreeSet<(String, String)>,
    /// Names that meant nothing: the answer changes if the schema gives them a meaning.
    pub unknown: BTreeSet<String>,
}

/// What is read of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionDependency {
    pub fields: Fields,
    /// Only records with these ids matter; `None`: any may.
    pub ids: Option<BTreeSet<String>>,
}

/// Fields, by id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fields {
    All,
    Some(BTreeSet<String>),
}

impl Dependencies {
    /// Notes that any record of a collection may matter, or only those with these ids.
    pub(crate) fn records(&mut self, collection: &str, ids: Option<BTreeSet<String>>) {
        match self.collections.get_mut(collection) {
            None => {
                let fields = Fields::Some(BTreeSet::new());
                self.collections.insert(collection.to_owned(), CollectionDependency { fields, ids });
            }
            Some(known) => {
                known.ids = match (known.ids.take(), ids) {
                    (Some(mut known), Some(more)) => {
                        known.extend(more);
                        Some(known)
                    }
                    _ => None,
                };
            }
        }
    }

    /// Notes a field of a collection whose records were noted.
    pub(crate) fn field(&mut self, collection: &str, field: &str) {
        if let Some(CollectionDependency { fields: Fields::Some(fields), .. }) =
            self.collections.get_mut(collection)
            && !fields.contains(field)
        {
            fields.insert(field.to_owned());
        }
    }

    /// Notes all fields of a collection whose records were noted.
    pub(crate) fn all_fields(&mut self, collection: &str) {
        if let Some(known) = self.collections.get_mut(collection) {
            known.fields = Fields::All;
        }
    }

    pub(crate) fn link(&mut self, collection: &str, field: &str) {
        self.links.insert((collection.to_owned(), field.to_owned()));
    }
}
