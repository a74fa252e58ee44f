//! Values while a rule is evaluated. They borrow from records and rules where they can.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::ops::Deref;
use std::sync::Arc;

use ketch_model::{Object, Value as Json};

use crate::error::EvaluationError;
use crate::time::{Duration, Timestamp};
use crate::types::Types;

/// A text that is cheap to clone.
#[derive(Debug, Clone)]
pub enum Text<'a> {
    Borrowed(&'a str),
    Shared(Arc<str>),
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Shared(text) => text,
        }
    }
}

impl Borrow<str> for Text<'_> {
    fn borrow(&self) -> &str {
        self
    }
}

/// What an expression made, with how deep lists and maps lie inside each other in it. Binds could
/// build values of any depth, and nothing that walks a value could then do so safely.
#[derive(Debug)]
pub struct Made<T> {
    items: Vec<T>,
    depth: u16,
}

impl<T> Deref for Made<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items
    }
}

/// Lists and maps of expressions inside each other.
const DEPTH_MAX: u16 = 64;

/// One level more than the deepest part.
fn depth_above<'v, 'a: 'v>(parts: impl Iterator<Item = &'v Value<'a>>) -> Result<u16, EvaluationError> {
    let depth = parts.map(Value::depth).max().unwrap_or(0) + 1;
    if depth > DEPTH_MAX {
        return Err(EvaluationError::failed(format!("a list or map nests deeper than {DEPTH_MAX} levels")));
    }
    Ok(depth)
}

/// A JSON array, or what an expression made.
#[derive(Debug, Clone)]
pub enum List<'a> {
    Json(&'a [Json]),
    Made(Arc<Made<Value<'a>>>),
}

impl<'a> List<'a> {
    pub fn len(&self) -> usize {
        match self {
            Self::Json(items) => items.len(),
            Self::Made(items) => items.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn get(&self, index: usize) -> Option<Value<'a>> {
        match self {
            Self::Json(items) => items.get(index).map(Value::from_json),
            Self::Made(items) => items.get(index).cloned(),
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = Value<'a>> + '_ {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

/// A JSON object, in which every key that is missing reads as null, or a map that an expression
/// wrote, in which a missing key is an error.
#[derive(Debug, Clone)]
pub enum Map<'a> {
    Json(&'a Object),
    Made(Arc<Made<(Value<'a>, Value<'a>)>>),
}

impl<'a> Map<'a> {
    pub fn len(&self) -> usize {
        match self {
            Self::Json(object) => object.len(),
            Self::Made(entries) => entries.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a key that is there.
    pub fn get(&self, key: &Value<'_>) -> Option<Value<'a>> {
        match self {
            Self::Json(object) => match key {
                Value::String(key) => object.get(&**key).map(Value::from_json),
                _ => None,
            },
            Self::Made(entries) => {
                entries.iter().find(|(own, _)| own.equals(key)).map(|(_, value)| value.clone())
            }
        }
    }

    /// The keys as a list. No key is a list itself.
    pub(crate) fn key_list(&self) -> List<'a> {
        List::Made(Arc::new(Made { items: self.keys(), depth: 1 }))
    }

    pub fn keys(&self) -> Vec<Value<'a>> {
        match self {
            Self::Json(object) => object.keys().map(|key| Value::String(Text::Borrowed(key))).collect(),
            Self::Made(entries) => entries.iter().map(|(key, _)| key.clone()).collect(),
        }
    }
}

/// A value as it is written in an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(Arc<str>),
    Bytes(Arc<[u8]>),
}

#[derive(Debug, Clone)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(Text<'a>),
    Bytes(Arc<[u8]>),
    List(List<'a>),
    Map(Map<'a>),
    Timestamp(Timestamp),
    Duration(Duration),
    /// What `type()` answers: a set of exactly one type.
    Type(Types),
}

impl<'a> Value<'a> {
    /// JSON integers are ints; numbers with a fraction, and those beyond an int, are doubles.
    pub fn from_json(json: &'a Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => match number.as_i64() {
                Some(value) => Self::Int(value),
                None => Self::Double(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Self::String(Text::Borrowed(text)),
            Json::Array(items) => Self::List(List::Json(items)),
            Json::Object(object) => Self::Map(Map::Json(object)),
        }
    }

    pub fn from_object(object: &'a Object) -> Self {
        Self::Map(Map::Json(object))
    }

    pub(crate) fn from_literal(literal: &'a Literal) -> Self {
        match literal {
            Literal::Null => Self::Null,
            Literal::Bool(value) => Self::Bool(*value),
            Literal::Int(value) => Self::Int(*value),
            Literal::Uint(value) => Self::Uint(*value),
            Literal::Double(value) => Self::Double(*value),
            Literal::String(text) => Self::String(Text::Borrowed(text)),
            Literal::Bytes(bytes) => Self::Bytes(bytes.clone()),
        }
    }

    pub(crate) fn text(text: impl Into<Arc<str>>) -> Self {
        Self::String(Text::Shared(text.into()))
    }

    /// Fails for one that would be too deep.
    pub(crate) fn list(items: Vec<Value<'a>>) -> Result<Self, EvaluationError> {
        let depth = depth_above(items.iter())?;
        Ok(Self::List(List::Made(Arc::new(Made { items, depth }))))
    }

    /// Keys are distinct. Fails for one that would be too deep.
    pub(crate) fn map(items: Vec<(Value<'a>, Value<'a>)>) -> Result<Self, EvaluationError> {
        let depth = depth_above(items.iter().map(|(_, value)| value))?;
        Ok(Self::Map(Map::Made(Arc::new(Made { items, depth }))))
    }

    fn depth(&self) -> u16 {
        match self {
            Self::List(List::Made(made)) => made.depth,
            Self::Map(Map::Made(made)) => made.depth,
            _ => 0,
        }
    }

    /// A set of exactly one type.
    pub fn types(&self) -> Types {
        match self {
            Self::Null => Types::NULL,
            Self::Bool(_) => Types::BOOL,
            Self::Int(_) => Types::INT,
            Self::Uint(_) => Types::UINT,
            Self::Double(_) => Types::DOUBLE,
            Self::String(_) => Types::STRING,
            Self::Bytes(_) => Types::BYTES,
            Self::List(_) => Types::LIST,
            Self::Map(_) => Types::MAP,
            Self::Timestamp(_) => Types::TIMESTAMP,
            Self::Duration(_) => Types::DURATION,
            Self::Type(_) => Types::TYPE,
        }
    }

    /// Equality never fails: values of different types differ, numbers compare by what they are.
    pub fn equals(&self, other: &Value<'_>) -> bool {
        match (self, other) {
            (Self::Null, Value::Null) => true,
            (Self::Bool(left), Value::Bool(right)) => left == right,
            (Self::String(left), Value::String(right)) => **left == **right,
            (Self::Bytes(left), Value::Bytes(right)) => left == right,
            (Self::Type(left), Value::Type(right)) => left == right,
            (Self::List(left), Value::List(right)) => {
                left.len() == right.len()
                    && left.iter().zip(right.iter()).all(|(left, right)| left.equals(&right))
            }
            (Self::Map(left), Value::Map(right)) => {
                left.len() == right.len()
                    && left.keys().iter().all(|key| match (left.get(key), right.get(key)) {
                        (Some(left), Some(right)) => left.equals(&right),
                        _ => false,
                    })
            }
            _ => self.compare(other) == Some(Some(Ordering::Equal)),
        }
    }

    /// The order of two values. `None`: values of these types have no order. `Some(None)`: a NaN is
    /// among them, which is not less, equal or greater.
    pub fn compare(&self, other: &Value<'_>) -> Option<Option<Ordering>> {
        Some(match (self, other) {
            (Self::Bool(left), Value::Bool(right)) => Some(left.cmp(right)),
            (Self::Int(left), Value::Int(right)) => Some(left.cmp(right)),
            (Self::Uint(left), Value::Uint(right)) => Some(left.cmp(right)),
            (Self::Double(left), Value::Double(right)) => left.partial_cmp(right),
            (Self::Int(left), Value::Uint(right)) => Some(i128::from(*left).cmp(&i128::from(*right))),
            (Self::Uint(left), Value::Int(right)) => Some(i128::from(*left).cmp(&i128::from(*right))),
            (Self::Int(left), Value::Double(right)) => compare_mixed(i128::from(*left), *right),
            (Self::Uint(left), Value::Double(right)) => compare_mixed(i128::from(*left), *right),
            (Self::Double(left), Value::Int(right)) => {
                compare_mixed(i128::from(*right), *left).map(Ordering::reverse)
            }
            (Self::Double(left), Value::Uint(right)) => {
                compare_mixed(i128::from(*right), *left).map(Ordering::reverse)
            }
            (Self::String(left), Value::String(right)) => Some((**left).cmp(&**right)),
            (Self::Bytes(left), Value::Bytes(right)) => Some(left.cmp(right)),
            (Self::Timestamp(left), Value::Timestamp(right)) => Some(left.cmp(right)),
            (Self::Duration(left), Value::Duration(right)) => Some(left.cmp(right)),
            _ => return None,
        })
    }

    /// About how much walking the value costs, for the budget. What is more than a budget is not
    /// counted to its end: values may hold the same part many times over.
    pub(crate) fn weight(&self) -> usize {
        let mut total = 0;
        self.weigh(&mut total);
        total
    }

    fn weigh(&self, total: &mut usize) {
        *total += 1;
        if *total > WEIGHT_MAX {
            return;
        }
        match self {
            Self::String(text) => *total += text.len() / 32,
            Self::Bytes(bytes) => *total += bytes.len() / 32,
            Self::List(list) => list.iter().take_while(|item| weigh_in(item, total)).for_each(drop),
            Self::Map(map) => {
                // A lookup in a map that an expression wrote walks it.
                if let Map::Made(entries) = map {
                    *total = total.saturating_add(entries.len().saturating_mul(entries.len()));
                }
                let keys = map.keys();
                let values = keys.iter().filter_map(|key| map.get(key));
                values.take_while(|value| weigh_in(value, total)).for_each(drop);
            }
            _ => {}
        }
    }
}

/// More than any budget.
const WEIGHT_MAX: usize = 1_000_000;

fn weigh_in(value: &Value<'_>, total: &mut usize) -> bool {
    value.weigh(total);
    *total <= WEIGHT_MAX
}

/// An integer against a double without rounding either.
fn compare_mixed(integer: i128, double: f64) -> Option<Ordering> {
    if double.is_nan() {
        return None;
    }
    // Beyond this, no 64-bit integer is near.
    const FAR: f64 = 1e20;
    if double.abs() >= FAR {
        return Some(if double > 0.0 { Ordering::Less } else { Ordering::Greater });
    }
    let whole = double.trunc();
    #[allow(clippy::cast_possible_truncation)] // below 1e20 a whole double fits
    let order = integer.cmp(&(whole as i128));
    Some(order.then_with(|| 0.0_f64.total_cmp(&((double - whole) + 0.0))))
}
