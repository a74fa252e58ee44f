//! Joins for paths. Paths with a common beginning share its joins.

use std::sync::Arc;

use ketch_model::fields::ColumnKind;
use ketch_model::{Cell, Collection};

use crate::resolve::path::{FieldAt, Hop, Leaf, Path, Start, field_at};
use crate::tree::{Alias, Column, Join, JoinSource, Operand};

/// The row that a filter is about.
#[derive(Debug, Clone)]
pub struct Base {
    pub alias: Alias,
    pub collection: Arc<Collection>,
}

/// What keeps two joins apart that see the same rows.
#[derive(Debug, Clone, PartialEq)]
enum Label {
    Hop,
    Each,
    All(String),
}

/// The joins of one query.
#[derive(Debug, Default)]
pub struct Joiner {
    joins: Vec<Join>,
    /// One for each join.
    labels: Vec<Label>,
    /// The last alias that was given out.
    last: u32,
}

/// What a path became.
#[derive(Debug)]
pub struct Joined {
    pub operand: Operand,
    /// The flag that a client must find true: `emailVisibility` beside an email.
    pub visibility: Option<Column>,
}

/// The row that a path has come to.
struct Position {
    alias: Option<Alias>,
    collection: Option<Arc<Collection>>,
    id: Operand,
}

impl Position {
    fn column(&self, at: FieldAt) -> Column {
        // A path that has no row has no column either: its leaf is a known list.
        let alias = self.alias.unwrap_or(Alias::ROOT);
        Column { alias, field: at.field, kind: at.kind, nullable: at.nullable }
    }
}

impl Joiner {
    /// The joins so far, each after those it depends on.
    pub fn into_joins(self) -> Vec<Join> {
        self.joins
    }

    /// The operand of a path over joins of the query. `crossed` learns each related row source.
    pub fn shared(
        &mut self,
        base: &Base,
        path: &Path,
        crossed: &mut dyn FnMut(Alias, &Arc<Collection>),
    ) -> Joined {
        let mut position = start(base, &path.start);
        for hop in &path.hops {
            position = self.hop(position, hop, None);
            if let (
                Some(alias),
                Hop::ToOne { collection, .. } | Hop::ToMany { collection, .. } | Hop::Back { collection, .. },
            ) = (position.alias, hop)
            {
                crossed(alias, collection);
            }
        }
        self.leaf(&position, &path.leaf, None)
    }

    /// The operand of a path over joins of its own, from its first multi-valued hop on.
    pub fn apart(&mut self, base: &Base, path: &Path, joins: &mut Vec<Join>) -> Operand {
        let mut position = start(base, &path.start);
        let mut own = false;
        for hop in &path.hops {
            own |= hop.is_multiple();
            position = self.hop(position, hop, own.then_some(&mut *joins));
        }
        self.leaf(&position, &path.leaf, Some(joins)).operand
    }

    fn hop(&mut self, from: Position, hop: &Hop, mut own: Option<&mut Vec<Join>>) -> Position {
        let collection = hop.collection().clone();
        let (source, label) = match hop {
            Hop::All { label, .. } => {
                (JoinSource::All { collection: collection.clone() }, Label::All(label.clone()))
            }
            Hop::Known { id, .. } => {
                let id = Operand::Constant(Cell::Text(id.clone()));
                (JoinSource::ById { collection: collection.clone(), id }, Label::Hop)
            }
            Hop::KnownMany { ids, .. } => {
                let list = Operand::Constant(Cell::Text(ids.clone()));
                let items = self.join(JoinSource::Items { list }, Label::Hop, own.as_deref_mut());
                (JoinSource::ById { collection: collection.clone(), id: Operand::Item(items) }, Label::Hop)
            }
            Hop::ToOne { field, .. } => {
                let id = Operand::Column(self.relation(&from, *field));
                (JoinSource::ById { collection: collection.clone(), id }, Label::Hop)
            }
            Hop::ToMany { field, .. } => {
                let list = Operand::Column(self.relation(&from, *field));
                let items = self.join(JoinSource::Items { list }, Label::Hop, own.as_deref_mut());
                (JoinSource::ById { collection: collection.clone(), id: Operand::Item(items) }, Label::Hop)
            }
            Hop::Back { field, unconditional, .. } => {
                let list = collection.fields[*field].is_multiple();
                let source = JoinSource::Referrers {
                    collection: collection.clone(),
                    field: *field,
                    list,
                    to: from.id,
                    unique: *unconditional,
                };
                (source, Label::Hop)
            }
        };
        let alias = self.join(source, label, own);
        at(alias, collection)
    }

    fn relation(&self, from: &Position, field: usize) -> Column {
        let at = match &from.collection {
            Some(collection) => field_at(collection, field),
            None => FieldAt { field, kind: ColumnKind::Text, nullable: false },
        };
        from.column(at)
    }

    fn leaf(&mut self, position: &Position, leaf: &Leaf, own: Option<&mut Vec<Join>>) -> Joined {
        let mut visible = None;
        let operand = match leaf {
            Leaf::Column { at, visibility } => {
                visible = visibility.map(|flag| position.column(flag));
                Operand::Column(position.column(*at))
            }
            Leaf::Json { at, path } => Operand::Json { column: position.column(*at), path: path.clone() },
            Leaf::Length(at) => Operand::Length(position.column(*at)),
            Leaf::Each { at, .. } => {
                let list = Operand::Column(position.column(*at));
                Operand::Item(self.join(JoinSource::Items { list }, Label::Each, own))
            }
            Leaf::EachKnown { list, .. } => {
                let list = Operand::Constant(Cell::Text(list.clone()));
                Operand::Item(self.join(JoinSource::Items { list }, Label::Each, own))
            }
        };
        Joined { operand, visibility: visible }
    }

    /// The join with the source: one that is there, or a new one.
    fn join(&mut self, source: JoinSource, label: Label, own: Option<&mut Vec<Join>>) -> Alias {
        if own.is_none()
            && let Some(found) = self
                .joins
                .iter()
                .zip(&self.labels)
                .find(|(join, other)| **other == label && join.source == source)
        {
            return found.0.alias;
        }
        self.last += 1;
        let alias = Alias(self.last);
        match own {
            Some(joins) => joins.push(Join { alias, source }),
            None => {
                self.joins.push(Join { alias, source });
                self.labels.push(label);
            }
        }
        alias
    }
}

fn start(base: &Base, start: &Start) -> Position {
    match start {
        Start::Base => at(base.alias, base.collection.clone()),
        Start::Id(id) => {
            Position { alias: None, collection: None, id: Operand::Constant(Cell::Text(id.clone())) }
        }
        Start::Nothing => Position { alias: None, collection: None, id: Operand::Constant(Cell::Null) },
    }
}

fn at(alias: Alias, collection: Arc<Collection>) -> Position {
    let id = Operand::Column(id_column(alias, &collection));
    Position { alias: Some(alias), collection: Some(collection), id }
}

/// The id of a row source's rows.
pub fn id_column(alias: Alias, collection: &Collection) -> Column {
    // Every collection has an id; the first field stands in for one that was built without.
    let field = collection.field_index("id").unwrap_or_default();
    Column { alias, field, kind: ColumnKind::PrimaryKey, nullable: collection.is_view() }
}
