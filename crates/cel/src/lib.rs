//! The rule language of the Instant front: parser, checker, evaluator, rules documents.
//!
//! A rule is an expression of CEL that answers whether something may be done:
//!
//! ```text
//! auth.id != null && (auth.id == data.owner || auth.id in data.ref('editors.id'))
//! data.status in ['open', 'new'] && size(newData.title) < 100
//! request.modifiedFields.all(field, field in ['title', 'body'])
//! timestamp(data.due) > request.time || rateLimit.late.limit(auth.id)
//! ```
//!
//! | | |
//! | --- | --- |
//! | values | null, bool, int, uint, double, string, bytes, list, map, timestamp, duration |
//! | operators | `?:`, `\|\|`, `&&`, `== != < <= > >= in`, `+ -`, `* / %`, `! -`, `.field`, `[index]` |
//! | macros | `has`, `all`, `exists`, `exists_one`, `filter`, `map`, `cel.bind` |
//! | functions | `size`, `matches`, conversions, parts of times, string and `math` extensions |
//! | of Instant | `data.ref`, `linkedData.ref`, `auth.ref`, `rateLimit.bucket.limit`, `getTime`, `timestamp(ms)` |
//!
//! It differs from plain CEL where Instant does. A key that a JSON object lacks reads as null, so that
//! `has` is always true of one; fields of a guest's `auth` read as null; `timestamp` takes milliseconds.
//! Only `true` allows. What raises an error answers nothing at all, except that `&&`, `||`, `all` and
//! `exists` look past an error that cannot matter.
//!
//! [`Rules`] compiles a whole document and finds the rule for an action; [`CompiledRule`] answers for
//! one entity; [`CompiledRule::partial`] folds a rule to a [`Condition`] on the row that a query can use.
//! Rules come from outside: the length, nesting, work and memory of each are bounded.
//!
//! The parser is our own: the one of the `cel` package overflows the stack on 90 brackets.

mod check;
mod compile;
pub mod condition;
pub mod environment;
pub mod error;
mod evaluate;
pub mod expression;
pub mod facts;
pub mod functions;
mod meter;
mod operators;
mod partial;
pub mod rule;
pub mod rules;
pub mod syntax;
pub mod time;
pub mod types;
pub mod value;

pub use compile::BindError;
pub use condition::{Condition, Constant, EndTest, FieldTest, Residual};
pub use environment::{Environment, Request};
pub use error::{EvaluationError, FailureKind, RuleError};
pub use expression::{Binds, Expression};
pub use facts::Facts;
pub use rule::CompiledRule;
pub use rules::{Action, Decision, Found, LinkAction, RuleProblem, Rules};
pub use syntax::ast::{Operator, Variable};
pub use types::Types;
pub use value::Value;
