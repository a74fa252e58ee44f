//! What surrounds a rule while it is asked.

use ketch_model::Value as Json;

use crate::error::EvaluationError;
use crate::syntax::ast::Variable;
use crate::time::Timestamp;
use crate::value::{Map, Value};

/// What rules can ask about the request.
#[derive(Debug, Clone)]
pub struct Request {
    pub time: Timestamp,
    /// Labels that a create or update writes, without `id`.
    pub modified_fields: Option<Vec<Json>>,
    pub ip: Option<String>,
    pub origin: Option<String>,
}

/// Where an evaluation finds things. All of it is there before: nothing here waits.
///
/// `None` means *not known*, which partial evaluation carries into its answer and evaluation reports
/// as an error. A guest is known: `auth` is null then, and its fields read as null.
pub trait Environment {
    /// The value of `data`, `newData`, `linkedData`, `actions`, `auth` or `ruleParams`.
    fn variable(&self, variable: Variable) -> Option<Value<'_>>;

    /// One field of such a variable. Override it where the whole would have to be built first.
    fn field(&self, variable: Variable, name: &str) -> Option<Value<'_>> {
        match self.variable(variable)? {
            Value::Map(Map::Json(object)) => Some(object.get(name).map_or(Value::Null, Value::from_json)),
            _ => Some(Value::Null),
        }
    }

    /// The distinct values at the end of a link path; for `auth` the path begins with `$user`.
    fn reference(&self, object: Variable, path: &str) -> Option<&[Json]>;

    fn request(&self) -> Option<&Request>;

    /// Takes from a bucket. The error for an empty one is [`EvaluationError::rate_limited`].
    fn limit(&self, bucket: &str, key: &str, amount: u64) -> Result<bool, EvaluationError>;
}
