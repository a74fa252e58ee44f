//! The collection itself: what a table holds and who may see it.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::auth::AuthOptions;
use super::index::Index;
use crate::fields::Field;

pub const SUPERUSERS: &str = "_superusers";

#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    pub id: String,
    pub name: String,
    /// Made by the server: its name, rules and system fields are locked.
    pub system: bool,
    /// In the order of the collection's JSON.
    pub fields: Vec<Field>,
    /// `CREATE INDEX` statements as the user wrote them.
    pub indexes: Vec<String>,
    /// A rule: `None` superusers only, empty everybody, else a filter that must match.
    pub list_rule: Option<String>,
    pub view_rule: Option<String>,
    pub create_rule: Option<String>,
    pub update_rule: Option<String>,
    pub delete_rule: Option<String>,
    pub created: String,
    pub updated: String,
    pub kind: CollectionKind,
    /// Set for a collection that was born through the Instant dialect.
    pub instant: Option<InstantProperties>,
    /// The `type` that a submission asked for, where it is not that of `kind`: a fault to report.
    pub(super) refused_type: Option<String>,
    /// Position of each field by name; kept by [`Collection::index_fields`].
    field_indexes: HashMap<String, usize>,
    /// Forgotten by [`Collection::index_fields`].
    parsed_indexes: Parsed,
    /// Positions of the fields in the order of their names; kept by [`Collection::index_fields`].
    name_order: Vec<usize>,
}

/// The statements of `indexes` that could be read, once somebody has asked.
#[derive(Debug, Clone, Default)]
struct Parsed(OnceLock<Vec<Index>>);

/// It says nothing that `indexes` does not.
impl PartialEq for Parsed {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// What only collections that were born through the Instant dialect know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstantProperties {
    /// The namespace, where the collection could not be named like it.
    pub namespace: Option<String>,
}

/// The hidden field of collections born through the Instant dialect that holds when a record was made.
pub const CREATED_AT: &str = "_ketch_created";

#[derive(Debug, Clone, PartialEq)]
pub enum CollectionKind {
    Base,
    Auth(Box<AuthOptions>),
    View { query: String },
}

impl CollectionKind {
    /// The `type` in a collection's JSON.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Auth(_) => "auth",
            Self::View { .. } => "view",
        }
    }
}

impl Collection {
    /// A collection without id, name and fields, closed to everybody but superusers.
    pub fn blank(kind: CollectionKind) -> Self {
        Self {
            id: String::new(),
            name: String::new(),
            system: false,
            fields: Vec::new(),
            indexes: Vec::new(),
            list_rule: None,
            view_rule: None,
            create_rule: None,
            update_rule: None,
            delete_rule: None,
            created: String::new(),
            updated: String::new(),
            kind,
            instant: None,
            refused_type: None,
            field_indexes: HashMap::new(),
            parsed_indexes: Parsed::default(),
            name_order: Vec::new(),
        }
    }

    /// The `type` in the collection's JSON.
    pub fn type_name(&self) -> &'static str {
        self.kind.type_name()
    }

    pub fn field_index(&self, name: &str) -> Option<usize> {
        self.field_indexes.get(name).copied()
    }

    pub fn field(&self, name: &str) -> Option<&Field> {
        self.field_index(name).map(|index| &self.fields[index])
    }

    pub fn field_by_id(&self, id: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.id == id)
    }

    /// Must follow every change of `fields` or `indexes`.
    pub fn index_fields(&mut self) {
        self.field_indexes =
            self.fields.iter().enumerate().map(|(index, field)| (field.name.clone(), index)).collect();
        self.parsed_indexes = Parsed::default();
        self.name_order = (0..self.fields.len()).collect();
        self.name_order.sort_by(|&left, &right| self.fields[left].name.cmp(&self.fields[right].name));
    }

    /// Positions of the fields in the order of their names.
    pub fn fields_by_name(&self) -> &[usize] {
        &self.name_order
    }

    /// The collection's indexes; statements that cannot be read are left out.
    pub fn parsed_indexes(&self) -> &[Index] {
        // Most starts of a server never ask.
        self.parsed_indexes
            .0
            .get_or_init(|| self.indexes.iter().filter_map(|statement| Index::parse(statement)).collect())
    }

    /// The unique index of just this column (any letter case), if there is one.
    pub fn has_unique_single_index(&self, column: &str) -> Option<&Index> {
        self.parsed_indexes().iter().find(|index| index.is_unique_of(column))
    }

    pub fn auth(&self) -> Option<&AuthOptions> {
        match &self.kind {
            CollectionKind::Auth(options) => Some(options),
            _ => None,
        }
    }

    pub fn is_auth(&self) -> bool {
        matches!(self.kind, CollectionKind::Auth(_))
    }

    pub fn is_view(&self) -> bool {
        matches!(self.kind, CollectionKind::View { .. })
    }

    pub fn is_superusers(&self) -> bool {
        self.name == SUPERUSERS
    }

    /// The query of a view.
    pub fn view_query(&self) -> Option<&str> {
        match &self.kind {
            CollectionKind::View { query } => Some(query),
            _ => None,
        }
    }

    /// The five record rules by their JSON keys, in the order of the JSON.
    pub fn rules(&self) -> [(&'static str, &Option<String>); 5] {
        [
            ("listRule", &self.list_rule),
            ("viewRule", &self.view_rule),
            ("createRule", &self.create_rule),
            ("updateRule", &self.update_rule),
            ("deleteRule", &self.delete_rule),
        ]
    }
}
