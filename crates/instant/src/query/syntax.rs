//! What a query says, before anybody has looked at a schema.

use ketch_model::{Object, Value};

use crate::invalid::Step;

/// A parsed query.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    pub forms: Vec<Form>,
    /// `$$ruleParams`: what rules may ask of this query.
    pub rule_params: Object,
}

/// A namespace, or a link below one.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    pub label: String,
    /// Where the form is in the query.
    pub path: Vec<Step>,
    pub options: Options,
    pub children: Vec<Form>,
}

/// The `$` of a form.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    pub filter: Option<Where>,
    pub order: Option<OrderBy>,
    pub page: Page,
    /// `None`: all.
    pub fields: Option<Vec<String>>,
    pub aggregate: Option<Aggregate>,
}

/// Which rows of those that match, in their order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// At most so many from the beginning (`limit`, `first`).
    pub first: Option<u64>,
    /// At most so many from the end.
    pub last: Option<u64>,
    pub offset: u64,
    pub after: Option<Cursor>,
    pub before: Option<Cursor>,
    /// Some key of these was given.
    pub is_given: bool,
}

/// A place between rows: the entity next to it and what that is ordered by.
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor {
    pub entity: String,
    pub attr: String,
    pub value: Value,
    pub created: i64,
    /// The entity itself is on the page.
    pub inclusive: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderBy {
    /// An attr's label, or `serverCreatedAt`.
    pub label: String,
    pub descending: bool,
}

/// Conditions; each array has at least one part.
#[derive(Debug, Clone, PartialEq)]
pub enum Where {
    All(Vec<Where>),
    Any(Vec<Where>),
    Condition(Condition),
}

/// Something asked of what a path leads to.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// Labels; all but the last are links.
    pub path: Vec<String>,
    /// All of them; at least one.
    pub checks: Vec<Check>,
    /// Where the condition is in the query.
    pub at: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Check {
    /// A scalar that is not null.
    Equal(Value),
    /// Scalars, null among them perhaps.
    In(Vec<Value>),
    /// A scalar that is not null.
    Not(Value),
    IsNull(bool),
    Compare(Comparator, Value),
    Like {
        pattern: String,
        cased: bool,
    },
    /// Of the entity itself: its id begins so. The path is empty.
    IdStartsWith(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparator {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Numbers instead of entities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aggregate {
    /// Instant's own `"count"`.
    Count,
    /// Ketch's extension.
    Table(AggregateTable),
}

/// Several numbers, for each combination of the values of some labels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AggregateTable {
    pub count: bool,
    pub measures: Vec<(Function, String)>,
    pub group_by: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    Sum,
    Average,
    Least,
    Greatest,
}

impl Function {
    pub const ALL: [Self; 4] = [Self::Sum, Self::Average, Self::Least, Self::Greatest];

    pub fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Average => "avg",
            Self::Least => "min",
            Self::Greatest => "max",
        }
    }
}

impl Check {
    /// The operator as it is written.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Equal(_) => "=",
            Self::In(_) => "$in",
            Self::Not(_) => "$not",
            Self::IsNull(_) => "$isNull",
            Self::Compare(Comparator::Less, _) => "$lt",
            Self::Compare(Comparator::LessOrEqual, _) => "$lte",
            Self::Compare(Comparator::Greater, _) => "$gt",
            Self::Compare(Comparator::GreaterOrEqual, _) => "$gte",
            Self::Like { cased: true, .. } => "$like",
            Self::Like { cased: false, .. } => "$ilike",
            Self::IdStartsWith(_) => "$entityIdStartsWith",
        }
    }

    /// Whether it may hold where the value, or a link on the way, is missing.
    pub fn holds_for_missing(&self) -> bool {
        match self {
            Self::Not(_) | Self::IsNull(true) => true,
            Self::In(values) => values.contains(&Value::Null),
            _ => false,
        }
    }
}
