//! The `where` of a form.

use ketch_model::{Value, json};

use super::{Trail, shown};
use crate::invalid::Issue;
use crate::query::syntax::{Check, Comparator, Condition, Where};

/// `and` in `or` in `and`: nobody needs more, and the reader recurses.
const MAX_DEPTH: usize = 64;
/// Conditions of one `where`, before those that can be are taken together.
const MAX_CONDITIONS: usize = 100_000;
/// Characters of a pattern: matching a text takes up to the product of the two lengths.
const MAX_PATTERN: usize = 500;

const OPERATORS: &str = "$in, $not, $ne, $isNull, $gt, $gte, $lt, $lte, $like, $ilike";

pub(super) fn read(value: &Value, at: &mut Trail) -> Result<Where, Issue> {
    let mut reader = Reader { at, depth: 0, count: 0 };
    reader.all(value)
}

struct Reader<'a> {
    at: &'a mut Trail,
    depth: usize,
    count: usize,
}

impl Reader<'_> {
    fn all(&mut self, value: &Value) -> Result<Where, Issue> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.at.issue(
                "supported-depth?",
                format!(
                    "The `where` is nested deeper than {MAX_DEPTH} levels. Flatten its `and`s and `or`s."
                ),
            ));
        }
        let mut parts = Vec::new();
        for (key, value) in self.at.object(value, "a `where`")? {
            self.at.enter(key.as_str());
            parts.push(self.entry(key, value)?);
            self.at.leave();
        }
        self.depth -= 1;
        Ok(match parts.len() {
            1 => parts.remove(0),
            _ => Where::All(parts),
        })
    }

    fn entry(&mut self, key: &str, value: &Value) -> Result<Where, Issue> {
        match (key, value) {
            ("or" | "and", Value::Array(items)) => {
                if items.is_empty() {
                    return Err(self.at.issue(
                        "non-empty-list?",
                        format!("Expected `{key}` to be a list of at least one condition."),
                    ));
                }
                let mut parts = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    self.at.enter(index);
                    parts.push(self.all(item)?);
                    self.at.leave();
                }
                Ok(if key == "or" { Where::Any(parts) } else { Where::All(parts) })
            }
            _ => self.condition(key, value).map(Where::Condition),
        }
    }

    fn condition(&mut self, key: &str, value: &Value) -> Result<Condition, Issue> {
        self.count += 1;
        if self.count > MAX_CONDITIONS {
            return Err(self.at.issue(
                "supported-size?",
                format!("The `where` has more than {MAX_CONDITIONS} conditions."),
            ));
        }
        let at = self.at.0.clone();
        if key == "$entityIdStartsWith" {
            let start = self.at.text(value, "the beginning of an id")?;
            return Ok(Condition {
                path: Vec::new(),
                checks: vec![Check::IdStartsWith(start.to_owned())],
                at,
            });
        }
        let path = key.split('.').map(str::to_owned).collect();
        let mut checks = Vec::new();
        match value {
            Value::Object(operators) => {
                for (operator, operand) in operators {
                    self.at.enter(operator.as_str());
                    checks.push(self.check(operator, operand)?);
                    self.at.leave();
                }
                if checks.is_empty() {
                    return Err(self.at.issue(
                        "supported-operators?",
                        format!("Expected an operator for `{key}`: one of {OPERATORS}."),
                    ));
                }
            }
            other => checks.push(Check::Equal(self.scalar(other, &format!("`{key}`"))?)),
        }
        Ok(Condition { path, checks, at })
    }

    fn check(&mut self, operator: &str, operand: &Value) -> Result<Check, Issue> {
        let what = format!("the operand of `{operator}`");
        Ok(match operator {
            "$in" | "in" => {
                let items = self.at.array(operand, &what)?;
                let mut values = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    if item.is_null() {
                        values.push(Value::Null);
                        continue;
                    }
                    self.at.enter(index);
                    values.push(self.scalar(item, "an item of `$in`")?);
                    self.at.leave();
                }
                Check::In(values)
            }
            "$not" | "$ne" => Check::Not(self.scalar(operand, &what)?),
            "$isNull" => Check::IsNull(self.at.flag(operand, &what)?),
            "$gt" => Check::Compare(Comparator::Greater, self.scalar(operand, &what)?),
            "$gte" => Check::Compare(Comparator::GreaterOrEqual, self.scalar(operand, &what)?),
            "$lt" => Check::Compare(Comparator::Less, self.scalar(operand, &what)?),
            "$lte" => Check::Compare(Comparator::LessOrEqual, self.scalar(operand, &what)?),
            "$like" | "$ilike" => {
                let pattern = self.at.text(operand, &what)?;
                if pattern.chars().count() > MAX_PATTERN {
                    return Err(self.at.issue(
                        "supported-size?",
                        format!("Expected {what} to have at most {MAX_PATTERN} characters."),
                    ));
                }
                Check::Like { pattern: pattern.to_owned(), cased: operator == "$like" }
            }
            other => {
                return Err(self.at.issue(
                    "supported-operators?",
                    format!("`{other}` is no operator of a `where`. Use one of {OPERATORS}."),
                ));
            }
        })
    }

    /// A value that can be compared, in canonical form.
    fn scalar(&self, value: &Value, what: &str) -> Result<Value, Issue> {
        match value {
            Value::String(_) | Value::Bool(_) => Ok(value.clone()),
            Value::Number(_) => Ok(json::canonical(value.clone())),
            Value::Null => Err(self.at.issue(
                "non-null?",
                format!(
                    "Expected {what} not to be null. Use `{{\"$isNull\": true}}` to ask for missing values."
                ),
            )),
            other => Err(self.at.issue(
                "scalar?",
                format!("Expected {what} to be a string, a number or a boolean, but got {}.", shown(other)),
            )),
        }
    }
}
