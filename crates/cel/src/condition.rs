//! What is left of a rule once everything but the row is known: a form that queries can be made of.

use std::sync::Arc;

use crate::error::EvaluationError;
use crate::syntax::ast::Operator;
use crate::value::{List, Value};

/// A scalar that a field is compared with. Numbers compare by what they are, int or double.
#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    String(Arc<str>),
}

impl Constant {
    /// A scalar that JSON can hold.
    pub(crate) fn of(value: &Value<'_>) -> Option<Self> {
        Some(match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(value) => Self::Int(*value),
            Value::Uint(value) => Self::Int(i64::try_from(*value).ok()?),
            Value::Double(value) if value.is_finite() => Self::Double(*value),
            Value::String(text) => Self::String((**text).into()),
            _ => return None,
        })
    }

    /// All items of a list, of which there may be so many.
    pub(crate) fn all_of(list: &List<'_>, limit: usize) -> Option<Vec<Self>> {
        if list.len() > limit {
            return None;
        }
        list.iter().map(|item| Self::of(&item)).collect()
    }
}

/// A test of one field of `data`. A missing field is null; it is not an error.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldTest {
    /// Exact: null equals null alone, values of different types differ.
    Equal(Constant),
    /// Exact negation of [`Self::Equal`]: null differs from every other constant.
    NotEqual(Constant),
    /// Exact: equal to one of them. Never empty.
    OneOf(Vec<Constant>),
    /// Exact negation of [`Self::OneOf`].
    NoneOf(Vec<Constant>),
    /// The field is this bool. Raises for anything else than a bool.
    Is(bool),
    /// Less, or one of its kin, than a number or string. Raises where the field is of another type:
    /// null as well.
    Order(Operator, Constant),
    /// The field is an array with this element, or an object with this key. Raises for other types.
    Contains(Constant),
    /// Such an array or object without it. Raises for other types.
    Lacks(Constant),
}

/// A test of the values of `data.ref(path)`. All of them are exact and none raises.
#[derive(Debug, Clone, PartialEq)]
pub enum EndTest {
    /// Some value is one of these. Never empty.
    HasAny(Vec<Constant>),
    /// Exact negation of [`Self::HasAny`].
    HasNone(Vec<Constant>),
    /// There is a value.
    Some,
    /// There is none.
    Nothing,
}

/// When a rule allows a row: the condition is true exactly where the rule answers true, unless
/// [`Self::is_opaque`]. Where it is not true, the rule denies or, if [`Self::may_raise`], fails.
///
/// There is no negation: it is pushed into the tests. A test that raises counts as not true, here as
/// in the rule, where `&&` and `||` look past an error that does not matter.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// At least two parts.
    All(Vec<Condition>),
    /// At least two parts.
    Any(Vec<Condition>),
    Field {
        field: Arc<str>,
        test: FieldTest,
    },
    Reference {
        path: Arc<str>,
        test: EndTest,
    },
    /// Never true: the rule raises if it comes to this.
    Raises,
    /// Says nothing: the rule must be asked for the row.
    Opaque,
}

/// A rule with everything folded that does not depend on the row.
#[derive(Debug, Clone, PartialEq)]
pub enum Residual {
    Always,
    Never,
    /// The rule raises this for every row.
    Fails(EvaluationError),
    When(Condition),
}

impl Condition {
    /// Whether some part says nothing, so that rows must be asked one by one.
    pub fn is_opaque(&self) -> bool {
        self.any_leaf(&|leaf| *leaf == Self::Opaque)
    }

    /// Whether the rule may fail for a row rather than deny it.
    pub fn may_raise(&self) -> bool {
        self.any_leaf(&Self::leaf_may_raise)
    }

    fn any_leaf(&self, ask: &dyn Fn(&Self) -> bool) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.any_leaf(ask)),
            leaf => ask(leaf),
        }
    }

    fn leaf_may_raise(&self) -> bool {
        match self {
            Self::Raises | Self::Opaque => true,
            Self::Field { test, .. } => matches!(
                test,
                FieldTest::Is(_) | FieldTest::Order(..) | FieldTest::Contains(_) | FieldTest::Lacks(_)
            ),
            _ => false,
        }
    }

    /// A condition without opaque and raising parts that every row meets for which the rule answers
    /// true or fails. So a query may leave out the rows that do not meet it and ask the rule for the
    /// others; nothing changes but the work. `None`: every row must be asked.
    pub fn prefilter(&self) -> Option<Self> {
        match self {
            Self::All(parts) => {
                let mut kept: Vec<Self> = parts.iter().filter_map(Self::prefilter).collect();
                if kept.len() > 1 { Some(Self::All(kept)) } else { kept.pop() }
            }
            Self::Any(parts) => parts.iter().map(Self::prefilter).collect::<Option<Vec<_>>>().map(Self::Any),
            leaf => (!leaf.leaf_may_raise()).then(|| leaf.clone()),
        }
    }
}
