//! Labels of a namespace: what they name and where that is stored.

use std::sync::Arc;

use ketch_model::attr::{Attr, CheckedType};
use ketch_model::collection::{AttrEntry, Attrs, Direction};
use ketch_model::fields::ColumnKind;
use ketch_model::{Collection, Field, FieldKind};
use ketch_query::tree::{Alias, Column, Hop, Operand};
use ketch_store::sql::relations::{self, RelationKind};

pub(crate) const ID: &str = "id";

/// What a label names.
pub(crate) enum Named {
    Blob(Blob),
    Link(Link),
}

/// A value of an entity.
#[derive(Debug, Clone)]
pub(crate) struct Blob {
    /// `None` for the id of a namespace that nobody has named it of.
    pub(crate) attr: Option<Arc<Attr>>,
    pub(crate) label: String,
    /// `None`: nothing is stored of it.
    pub(crate) place: Option<Place>,
}

/// A column of an entity's row and how it holds the value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) field: usize,
    pub(crate) kind: ColumnKind,
    pub(crate) form: Form,
    pub(crate) nullable: bool,
}

/// How a column holds a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// The bare text of a string.
    Text,
    Number,
    /// 1 and 0.
    Flag,
    /// JSON text; SQL NULL is missing.
    Json,
    /// The normalised text of a date, `''` for none.
    Date,
    /// A JSON array or object that is always there.
    Structure,
}

/// A relation, seen from one side.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) attr: Arc<Attr>,
    pub(crate) direction: Direction,
    /// The relation's collection and field; `None` if nothing is stored of it.
    pub(crate) place: Option<(Arc<Collection>, usize)>,
    pub(crate) target_namespace: String,
    /// `None` if no entity of the namespace was ever stored.
    pub(crate) target: Option<Arc<Collection>>,
}

/// What the label names in the namespace, if anything.
pub(crate) fn find(attrs: &Attrs, namespace: &str, label: &str) -> Option<Named> {
    if label == ID {
        return Some(Named::Blob(id_of(attrs, namespace)));
    }
    let (entry, direction) = attrs.find(namespace, label)?;
    if !entry.attr.is_link() {
        // A value that is named from the other side is no value of this namespace.
        return (direction == Direction::Forward).then(|| Named::Blob(blob(entry)));
    }
    let target_namespace = match direction {
        Direction::Forward => &entry.attr.reverse.as_ref()?.namespace,
        Direction::Reverse => &entry.attr.forward.namespace,
    };
    Some(Named::Link(Link {
        attr: entry.attr.clone(),
        direction,
        place: entry.place.clone(),
        target: attrs.collection(target_namespace).cloned(),
        target_namespace: target_namespace.clone(),
    }))
}

/// The `id` of a namespace.
pub(crate) fn id_of(attrs: &Attrs, namespace: &str) -> Blob {
    let entry = attrs.forward(namespace, ID);
    let field = attrs.collection(namespace).and_then(|collection| collection.field_index(ID));
    Blob {
        attr: entry.map(|entry| entry.attr.clone()),
        label: ID.to_owned(),
        place: field.map(|field| Place {
            field,
            kind: ColumnKind::PrimaryKey,
            form: Form::Text,
            nullable: false,
        }),
    }
}

fn blob(entry: &AttrEntry) -> Blob {
    let place = entry
        .place
        .as_ref()
        .and_then(|(collection, index)| visible_place(&collection.fields[*index], *index));
    Blob { attr: Some(entry.attr.clone()), label: entry.attr.forward.label.clone(), place }
}

/// Where the values of a field are. Whatever an attr says, a secret is no value.
pub(crate) fn visible_place(field: &Field, index: usize) -> Option<Place> {
    let is_secret = field.hidden || matches!(field.kind, FieldKind::Password(_));
    (!is_secret).then(|| place(field, index))
}

fn place(field: &Field, index: usize) -> Place {
    let kind = field.column();
    let form = match kind {
        ColumnKind::Text if matches!(field.kind, FieldKind::Date(_) | FieldKind::Autodate(_)) => Form::Date,
        ColumnKind::Text | ColumnKind::PrimaryKey => Form::Text,
        ColumnKind::Number => Form::Number,
        ColumnKind::Bool => Form::Flag,
        ColumnKind::Json => Form::Json,
        ColumnKind::List | ColumnKind::GeoPoint => Form::Structure,
    };
    Place { field: index, kind, form, nullable: field.nullable || kind == ColumnKind::Json }
}

impl Place {
    pub(crate) fn column(self, alias: Alias) -> Column {
        Column { alias, field: self.field, kind: self.kind, nullable: self.nullable }
    }
}

impl Blob {
    pub(crate) fn is_indexed(&self) -> bool {
        self.attr.as_ref().is_some_and(|attr| attr.index)
    }

    pub(crate) fn checked_type(&self) -> Option<CheckedType> {
        self.attr.as_ref().and_then(|attr| attr.checked_type)
    }

    pub(crate) fn is_id(&self) -> bool {
        self.label == ID
    }

    /// Whether it is compared as a moment.
    pub(crate) fn is_moment(&self) -> bool {
        self.is_indexed() && self.checked_type() == Some(CheckedType::Date)
    }

    /// What comparisons and orders look at; `None` if nothing is stored.
    pub(crate) fn operand(&self, alias: Alias) -> Option<Operand> {
        let column = self.place?.column(alias);
        Some(if self.is_moment() { Operand::Instant(column) } else { Operand::Column(column) })
    }
}

impl Link {
    /// Whether an entity has at most one.
    pub(crate) fn is_single(&self) -> bool {
        match self.direction {
            Direction::Forward => !self.attr.is_many(),
            Direction::Reverse => self.attr.unique,
        }
    }

    pub(crate) fn field(&self) -> Option<&Field> {
        self.place.as_ref().map(|(collection, field)| &collection.fields[*field])
    }

    pub(crate) fn kept(&self) -> Option<RelationKind> {
        self.field().map(relations::kind)
    }

    /// How the far side is reached from ids of the near one, where that is not a column of the near one.
    pub(crate) fn hop(&self) -> Option<Hop> {
        let (_, index) = self.place.as_ref()?;
        let field = self.field()?;
        let forward = self.direction == Direction::Forward;
        match (relations::kind(field), forward) {
            (RelationKind::Table, forward) => {
                Some(Hop::Links { table: relations::table_name(&field.id), forward })
            }
            (RelationKind::One, false) => Some(Hop::Referrers { field: *index, list: false }),
            (RelationKind::List, false) => Some(Hop::Referrers { field: *index, list: true }),
            (RelationKind::One | RelationKind::List, true) => None,
        }
    }
}

/// The id of an entity at an alias.
pub(crate) fn id_column(collection: &Collection, alias: Alias) -> Operand {
    let field = collection.field_index(ID).unwrap_or_default();
    Operand::Column(Column { alias, field, kind: ColumnKind::PrimaryKey, nullable: false })
}
