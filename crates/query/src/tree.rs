//! The query tree: what filters, rules and sorts of every dialect become.
//!
//! It is driver-neutral. `store::sql` renders it over a `Dialect`; it holds no SQL, and no text of a
//! client outside of values, which drivers bind.
//!
//! Truth has three values, as in SQL, but a predicate only asks whether it is *true*: unknown and
//! false drop a row alike. The one negation ([`Predicate::NoneViolates`]) counts unknown as no violation.
//!
//! A select is true to this reading: the root's rows are left-joined with all joins, the predicate
//! is asked of every combined row, and a record is found if any of its combined rows satisfies it.

use std::sync::Arc;

use ketch_model::fields::ColumnKind;
use ketch_model::{Cell, Collection};

/// A row source of a query. Unique in the whole query, subqueries included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Alias(pub u32);

impl Alias {
    /// The collection that the query selects from.
    pub const ROOT: Self = Self(0);
}

/// One field of one row source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Column {
    pub alias: Alias,
    /// Position in `collection.fields` of the alias's collection.
    pub field: usize,
    pub kind: ColumnKind,
    /// Whether a row that is there may hold SQL NULL: a json column, or any column of a view.
    pub nullable: bool,
}

/// One step into a JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JsonStep {
    Key(String),
    Index(u64),
}

/// Something that has a value in every row.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A bound value without a column's type affinity.
    Constant(Cell),
    /// A bound value that compares as if it were read from a column of the kind.
    Stored {
        value: Cell,
        kind: ColumnKind,
    },
    Column(Column),
    /// A value inside a json or geoPoint column; NULL if it is not there or JSON null. The empty
    /// path is the whole: a scalar becomes its bare value, all else is JSON text.
    Json {
        column: Column,
        path: Vec<JsonStep>,
    },
    /// The item that a row of [`JoinSource::Items`] stands for.
    Item(Alias),
    /// How many items a select, file or relation column holds; 0 or 1 for a single-valued one. Never NULL.
    Length(Column),
    /// ASCII lower case of the value as text.
    Lower(Box<Operand>),
    /// Kilometres between two points: longitude and latitude of each, in degrees.
    GeoDistance(Box<[Operand; 4]>),
    /// SQLite's `strftime`: format, time value, modifiers.
    Strftime(Vec<Operand>),
    /// 1 where the predicate is true, else 0.
    Truth(Box<Predicate>),
    /// The moment that a stored date text or JSON value names, in microseconds since 1970; NULL if
    /// it names none. See [`ketch_model::time::instant`].
    Instant(Column),
    /// Where the row stands in storage order: grows from row to row. Tables only.
    RowId(Alias),
}

/// How two operands are compared. NULL operands make the answer unknown unless said otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Test {
    Equal,
    /// Equal, with NULL equal to NULL alone. Never unknown.
    Same,
    /// Negation of [`Test::Same`].
    Different,
    /// Equal, where NULL counts as the empty text and column affinities count only if both sides
    /// have the same. Never unknown.
    LooselyEqual,
    /// Negation of [`Test::LooselyEqual`].
    LooselyDifferent,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// The right side is a pattern: `%` any text, `_` any character, `\` escapes; ASCII case is ignored.
    Like,
    NotLike,
    /// The left side contains the right side, in which `%` and `_` still match as in a pattern.
    Contains,
    NotContains,
    /// Like [`Test::Like`], where letter case counts.
    LikeCased,
    /// Like [`Test::Like`] without regard to the case of any letter.
    LikeUncased,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    pub left: Operand,
    pub test: Test,
    pub right: Operand,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Predicate {
    Always,
    Never,
    /// At least two parts, none of them constant.
    And(Vec<Predicate>),
    /// At least two parts, none of them constant.
    Or(Vec<Predicate>),
    Compare(Box<Comparison>),
    NoneViolates(Box<NoneViolates>),
    OneOf(Box<OneOf>),
    SomeRow(Box<SomeRow>),
    Tied(Box<Tied>),
}

/// Links tie the value to one of some ids. The same can be said with [`SomeRow`]; said so, an engine
/// begins with what is tied to the ids and not with all rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Tied {
    /// An id, or a column that holds one.
    pub operand: Operand,
    /// From the operand on; without any, the operand is one of the ids.
    pub by: Vec<Tie>,
    pub to: Vec<String>,
}

/// What ties an id to others.
#[derive(Debug, Clone, PartialEq)]
pub enum Tie {
    /// A link table; `forward`: the id is the source.
    Links { table: String, forward: bool },
    /// The others are records of the collection, whose field holds the id.
    Held { collection: Arc<Collection>, field: usize },
    /// The id is that of a record of the collection, whose field holds the other.
    Holds { collection: Arc<Collection>, field: usize },
}

/// The operand equals one of the values; NULL equals none.
#[derive(Debug, Clone, PartialEq)]
pub struct OneOf {
    pub operand: Operand,
    /// Numbers and texts.
    pub values: Vec<Cell>,
}

/// Some row of the joins satisfies the predicate. The joins belong to this predicate alone: the same
/// path in two of these may be satisfied by different rows.
#[derive(Debug, Clone, PartialEq)]
pub struct SomeRow {
    pub joins: Vec<Join>,
    pub predicate: Predicate,
}

/// No row of the joins makes the comparison false. The joins belong to this predicate alone.
#[derive(Debug, Clone, PartialEq)]
pub struct NoneViolates {
    pub joins: Vec<Join>,
    pub comparison: Comparison,
    /// Whether the row of NULLs that stands for no row at all counts. Where not, the comparison of
    /// the query that this one always stands beside is the same and has decided on that row.
    pub asks_missing_row: bool,
}

/// A row source beside the root. Where it has no row, its columns are NULL (a left join).
#[derive(Debug, Clone)]
pub struct Join {
    pub alias: Alias,
    pub source: JoinSource,
}

/// Which rows a join sees.
#[derive(Debug, Clone)]
pub enum JoinSource {
    /// Every record of the collection.
    All { collection: Arc<Collection> },
    /// The record with this id: a relation's target.
    ById { collection: Arc<Collection>, id: Operand },
    /// The records whose relation field holds the id `to`: a back-relation.
    Referrers {
        collection: Arc<Collection>,
        /// Position of the relation field in `collection.fields`.
        field: usize,
        /// Whether the field is multi-valued.
        list: bool,
        to: Operand,
        /// Whether there is at most one such record.
        unique: bool,
    },
    /// One row for each item of a list: a multi-valued column, or a bound JSON array.
    Items { list: Operand },
    /// The rows of a link table that tie something to the id `of`; each stands for the id at its
    /// other end ([`Operand::Item`]).
    Links {
        table: String,
        /// Whether `of` is the source, so that the items are targets.
        forward: bool,
        of: Operand,
    },
}

/// How records are reached from the ids of others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hop {
    /// Their relation field holds the id.
    Referrers { field: usize, list: bool },
    /// A link table ties them to it.
    Links { table: String, forward: bool },
}

/// Records reached from many parents at once. The predicate of the select is asked of all; its
/// order and page are those of each parent's own list.
#[derive(Debug, Clone)]
pub struct Linked {
    pub select: Select,
    pub hop: Hop,
    pub parents: Vec<String>,
}

/// A number computed over many records.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    Count,
    Sum(Operand),
    Average(Operand),
    Least(Operand),
    Greatest(Operand),
}

/// One part of the order of rows.
#[derive(Debug, Clone, PartialEq)]
pub enum Order {
    By {
        operand: Operand,
        descending: bool,
    },
    Random,
    /// Storage order; tables only.
    RowId {
        descending: bool,
    },
}

/// Where the rows of a query's root come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// The collection's table or view.
    Table,
    /// One row that is not stored: the would-be record of a create rule. `cells[i]` belongs to `collection.fields[i]`.
    Virtual(Vec<Cell>),
}

/// Records of one collection: which, in what order, which page.
#[derive(Debug, Clone)]
pub struct Select {
    pub collection: Arc<Collection>,
    pub source: Source,
    /// Each join comes after those that it depends on. Some may be needed by no predicate any more.
    pub joins: Vec<Join>,
    pub predicate: Predicate,
    /// Only records with these ids, if any are given. Their order means nothing.
    pub ids: Option<Vec<String>>,
    pub order: Vec<Order>,
    pub limit: Option<u64>,
    pub offset: u64,
}

impl PartialEq for Join {
    fn eq(&self, other: &Self) -> bool {
        self.alias == other.alias && self.source == other.source
    }
}

/// Collections are compared by id.
impl PartialEq for JoinSource {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All { collection }, Self::All { collection: other }) => collection.id == other.id,
            (Self::ById { collection, id }, Self::ById { collection: other, id: other_id }) => {
                collection.id == other.id && id == other_id
            }
            (
                Self::Referrers { collection, field, list, to, unique },
                Self::Referrers {
                    collection: other,
                    field: other_field,
                    list: other_list,
                    to: other_to,
                    unique: other_unique,
                },
            ) => {
                collection.id == other.id
                    && (field, list, to, unique) == (other_field, other_list, other_to, other_unique)
            }
            (Self::Items { list }, Self::Items { list: other }) => list == other,
            (
                Self::Links { table, forward, of },
                Self::Links { table: other, forward: other_forward, of: other_of },
            ) => (table, forward, of) == (other, other_forward, other_of),
            _ => false,
        }
    }
}

impl Join {
    /// The collection whose fields the join's columns are, `None` for items.
    pub fn collection(&self) -> Option<&Arc<Collection>> {
        match &self.source {
            JoinSource::All { collection }
            | JoinSource::ById { collection, .. }
            | JoinSource::Referrers { collection, .. } => Some(collection),
            JoinSource::Items { .. } | JoinSource::Links { .. } => None,
        }
    }

    /// Whether one row of what the join depends on may meet several rows of it.
    pub fn multiplies(&self) -> bool {
        match self.source {
            JoinSource::All { .. } | JoinSource::Items { .. } | JoinSource::Links { .. } => true,
            JoinSource::ById { .. } => false,
            JoinSource::Referrers { unique, .. } => !unique,
        }
    }

    /// The operand that ties the join to another row source, if any does.
    pub fn tie(&self) -> Option<&Operand> {
        match &self.source {
            JoinSource::All { .. } => None,
            JoinSource::ById { id, .. } => Some(id),
            JoinSource::Referrers { to, .. } => Some(to),
            JoinSource::Items { list } => Some(list),
            JoinSource::Links { of, .. } => Some(of),
        }
    }
}

impl Operand {
    /// Shows every row source that the value is read from, some perhaps twice.
    pub fn visit_aliases(&self, visit: &mut dyn FnMut(Alias)) {
        match self {
            Self::Constant(_) | Self::Stored { .. } => {}
            Self::Column(column)
            | Self::Length(column)
            | Self::Json { column, .. }
            | Self::Instant(column) => visit(column.alias),
            Self::Item(alias) | Self::RowId(alias) => visit(*alias),
            Self::Lower(inner) => inner.visit_aliases(visit),
            Self::GeoDistance(parts) => parts.iter().for_each(|part| part.visit_aliases(visit)),
            Self::Strftime(parts) => parts.iter().for_each(|part| part.visit_aliases(visit)),
            Self::Truth(predicate) => predicate.visit_aliases(visit),
        }
    }
}

impl Comparison {
    /// Shows every row source that the operands are read from, some perhaps twice.
    pub fn visit_aliases(&self, visit: &mut dyn FnMut(Alias)) {
        self.left.visit_aliases(visit);
        self.right.visit_aliases(visit);
    }
}

impl Predicate {
    pub fn compare(left: Operand, test: Test, right: Operand) -> Self {
        Self::Compare(Box::new(Comparison { left, test, right }))
    }

    pub fn is_always_true(&self) -> bool {
        matches!(self, Self::Always)
    }

    /// Whether no row can satisfy it: the caller may skip the query.
    pub fn is_never(&self) -> bool {
        matches!(self, Self::Never)
    }

    /// One of the values; nothing where there is none.
    pub fn one_of(operand: Operand, mut values: Vec<Cell>) -> Self {
        match values.len() {
            0 => Self::Never,
            1 => Self::compare(operand, Test::Equal, Operand::Constant(values.remove(0))),
            _ => Self::OneOf(Box::new(OneOf { operand, values })),
        }
    }

    /// Some row of the joins satisfies the predicate; without joins, the row at hand.
    pub fn some_row(joins: Vec<Join>, predicate: Self) -> Self {
        match predicate {
            Self::Never => Self::Never,
            predicate if joins.is_empty() => predicate,
            predicate => Self::SomeRow(Box::new(SomeRow { joins, predicate })),
        }
    }

    /// Shows every row source that the predicate needs from outside, some perhaps twice.
    pub fn visit_aliases(&self, visit: &mut dyn FnMut(Alias)) {
        match self {
            Self::Always | Self::Never => {}
            Self::And(parts) | Self::Or(parts) => {
                parts.iter().for_each(|part| part.visit_aliases(visit));
            }
            Self::Compare(comparison) => comparison.visit_aliases(visit),
            Self::NoneViolates(none) => {
                visit_outer(&none.joins, |outer| none.comparison.visit_aliases(outer), visit);
            }
            Self::OneOf(one_of) => one_of.operand.visit_aliases(visit),
            Self::Tied(tied) => tied.operand.visit_aliases(visit),
            Self::SomeRow(some) => {
                visit_outer(&some.joins, |outer| some.predicate.visit_aliases(outer), visit);
            }
        }
    }

    /// Both; constants vanish and nested conjunctions become flat.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Never, _) | (_, Self::Never) => Self::Never,
            (Self::Always, other) | (other, Self::Always) => other,
            (Self::And(mut parts), Self::And(more)) => {
                parts.extend(more);
                Self::And(parts)
            }
            (Self::And(mut parts), other) => {
                parts.push(other);
                Self::And(parts)
            }
            (part, Self::And(mut more)) => {
                more.insert(0, part);
                Self::And(more)
            }
            (part, other) => Self::And(vec![part, other]),
        }
    }

    /// Either; constants vanish and nested disjunctions become flat.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Always, _) | (_, Self::Always) => Self::Always,
            (Self::Never, other) | (other, Self::Never) => other,
            (Self::Or(mut parts), Self::Or(more)) => {
                parts.extend(more);
                Self::Or(parts)
            }
            (Self::Or(mut parts), other) => {
                parts.push(other);
                Self::Or(parts)
            }
            (part, Self::Or(mut more)) => {
                more.insert(0, part);
                Self::Or(more)
            }
            (part, other) => Self::Or(vec![part, other]),
        }
    }
}

/// Shows what `inner` and the joins need that is none of the joins.
fn visit_outer(joins: &[Join], inner: impl Fn(&mut dyn FnMut(Alias)), visit: &mut dyn FnMut(Alias)) {
    let mut outer = |alias: Alias| {
        if joins.iter().all(|join| join.alias != alias) {
            visit(alias);
        }
    };
    inner(&mut outer);
    for join in joins {
        if let Some(tie) = join.tie() {
            tie.visit_aliases(&mut outer);
        }
    }
}

impl Select {
    /// All records of the collection.
    pub fn all(collection: Arc<Collection>) -> Self {
        Self {
            collection,
            source: Source::Table,
            joins: Vec::new(),
            predicate: Predicate::Always,
            ids: None,
            order: Vec::new(),
            limit: None,
            offset: 0,
        }
    }

    /// Keeps the records with these ids only.
    #[must_use]
    pub fn only_ids(mut self, ids: Vec<String>) -> Self {
        self.ids = Some(match self.ids.take() {
            Some(before) => before.into_iter().filter(|id| ids.contains(id)).collect(),
            None => ids,
        });
        self
    }

    /// One page: at most `limit` records after the first `offset`.
    #[must_use]
    pub fn page(mut self, limit: u64, offset: u64) -> Self {
        self.limit = Some(limit);
        self.offset = offset;
        self
    }

    /// Runs over one row that is not stored; `cells[i]` belongs to `collection.fields[i]`.
    ///
    /// Nothing can refer to such a row yet: like the original, a rule that asks for back-relations
    /// of the would-be record is never satisfied.
    #[must_use]
    pub fn over_virtual(mut self, cells: Vec<Cell>) -> Self {
        if self.asks_referrers_of_root() {
            self.predicate = Predicate::Never;
        }
        self.source = Source::Virtual(cells);
        self
    }

    /// Whether no record can be found: the caller may skip the query.
    pub fn is_never(&self) -> bool {
        self.predicate.is_never() || self.ids.as_ref().is_some_and(Vec::is_empty)
    }

    fn asks_referrers_of_root(&self) -> bool {
        self.joins.iter().any(|join| match &join.source {
            JoinSource::Referrers { to: Operand::Column(to), .. } => to.alias == Alias::ROOT,
            _ => false,
        })
    }
}
