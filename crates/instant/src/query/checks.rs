//! What is asked of a value or of the ids of a link, as predicates.

use ketch_model::attr::CheckedType;
use ketch_model::time::instant;
use ketch_model::{Cell, Value, json};
use ketch_query::Predicate;
use ketch_query::tree::{Alias, Operand, Test};

use super::compiler::{below, shape_issue, type_issue};
use super::names::{Blob, Form, Place};
use super::parse::shown;
use super::syntax::{Check, Comparator};
use crate::invalid::{Issue, Step};

/// What a condition is about.
pub(super) enum Subject {
    Value {
        blob: Blob,
        alias: Alias,
    },
    /// Ids of linked entities; NULL and `''` are none.
    Ids {
        ids: Operand,
        label: String,
    },
}

/// What a check asks of one row; `path` is where the condition is in the query.
pub(super) fn predicate(
    subject: &Subject,
    namespace: &str,
    check: &Check,
    path: &[Step],
) -> Result<Predicate, Issue> {
    match subject {
        Subject::Value { blob, alias } => OfValue { blob, alias: *alias, namespace, path }.predicate(check),
        Subject::Ids { ids, label } => of_ids(ids, &format!("{namespace}.{label}"), check, path),
    }
}

fn constant(cell: Cell) -> Operand {
    Operand::Constant(cell)
}

fn of_ids(ids: &Operand, name: &str, check: &Check, path: &[Step]) -> Result<Predicate, Issue> {
    let id = |value: &Value| id_of(value, name, path);
    let compare = |test, cell| Predicate::compare(ids.clone(), test, constant(cell));
    Ok(match check {
        Check::Equal(value) => compare(Test::Equal, id(value)?),
        Check::Not(value) => compare(Test::Different, id(value)?),
        Check::In(values) => {
            let cells = values.iter().map(id).collect::<Result<Vec<_>, _>>()?;
            Predicate::one_of(ids.clone(), cells)
        }
        Check::IsNull(true) => compare(Test::LooselyEqual, Cell::text("")),
        // NULL is not greater than anything.
        Check::IsNull(false) => compare(Test::Greater, Cell::text("")),
        Check::Compare(..) | Check::Like { .. } => return Err(not_indexed(name, check, path)),
        Check::IdStartsWith(_) => Predicate::Never,
    })
}

fn id_of(value: &Value, name: &str, path: &[Step]) -> Result<Cell, Issue> {
    match value {
        Value::String(id) if !id.is_empty() => Ok(Cell::text(id.as_str())),
        other => Err(shape_issue(
            "uuid?",
            path.to_vec(),
            format!("Expected the value of `{name}` to be a uuid, but got {}.", shown(other)),
        )),
    }
}

fn not_indexed(name: &str, check: &Check, path: &[Step]) -> Issue {
    type_issue(
        "indexed?",
        below(path, &[check.name()]),
        format!("The `{name}` attribute is not indexed. Only indexed attributes can use `{}`.", check.name()),
    )
}

struct OfValue<'a> {
    blob: &'a Blob,
    alias: Alias,
    namespace: &'a str,
    path: &'a [Step],
}

impl OfValue<'_> {
    fn name(&self) -> String {
        format!("{}.{}", self.namespace, self.blob.label)
    }

    fn predicate(&self, check: &Check) -> Result<Predicate, Issue> {
        match check {
            Check::Equal(value) => Ok(match self.operand_value(value)? {
                Some(cell) => self.compare(Test::Equal, cell),
                None => Predicate::Never,
            }),
            Check::Not(value) => Ok(match self.operand_value(value)? {
                Some(cell) => self.compare_or(Test::Different, cell, Predicate::Always),
                None => Predicate::Always,
            }),
            Check::In(values) => self.one_of(values),
            Check::IsNull(wanted) => Ok(self.is_null(*wanted)),
            Check::Compare(comparator, value) => {
                self.require_order(check)?;
                let Some(cell) = self.operand_value(value)? else { return Ok(Predicate::Never) };
                let test = match comparator {
                    Comparator::Less => Test::Less,
                    Comparator::LessOrEqual => Test::LessOrEqual,
                    Comparator::Greater => Test::Greater,
                    Comparator::GreaterOrEqual => Test::GreaterOrEqual,
                };
                Ok(self.compare(test, cell))
            }
            Check::Like { pattern, cased } => {
                if self.require_order(check)? != CheckedType::String {
                    return Err(type_issue(
                        "string?",
                        below(self.path, &[check.name()]),
                        format!(
                            "Only string attributes can use `{}`, and `{}` is none.",
                            check.name(),
                            self.name()
                        ),
                    ));
                }
                let test = if *cased { Test::LikeCased } else { Test::LikeUncased };
                Ok(self.compare(test, Cell::text(pattern.as_str())))
            }
            // Asked of entities, never of values.
            Check::IdStartsWith(_) => Ok(Predicate::Never),
        }
    }

    fn compare(&self, test: Test, cell: Cell) -> Predicate {
        self.compare_or(test, cell, Predicate::Never)
    }

    /// Compares what is stored; the other predicate where nothing ever is.
    fn compare_or(&self, test: Test, cell: Cell, missing: Predicate) -> Predicate {
        match self.blob.operand(self.alias) {
            Some(operand) => Predicate::compare(operand, test, constant(cell)),
            None => missing,
        }
    }

    fn one_of(&self, values: &[Value]) -> Result<Predicate, Issue> {
        let mut cells = Vec::with_capacity(values.len());
        let mut or_null = false;
        for value in values {
            if value.is_null() {
                if !self.blob.is_indexed() || self.blob.is_id() {
                    return Err(type_issue(
                        "indexed?",
                        below(self.path, &["$in"]),
                        format!(
                            "The `{}` attribute is not indexed. Only indexed attributes can look for null with `$in`.",
                            self.name()
                        ),
                    ));
                }
                or_null = true;
            } else {
                cells.extend(self.operand_value(value)?);
            }
        }
        let mut predicate = match self.blob.operand(self.alias) {
            Some(operand) => Predicate::one_of(operand, cells),
            None => Predicate::Never,
        };
        if or_null {
            predicate = predicate.or(self.is_null(true));
        }
        Ok(predicate)
    }

    fn is_null(&self, wanted: bool) -> Predicate {
        let Some(place) = self.blob.place else {
            return if wanted { Predicate::Always } else { Predicate::Never };
        };
        let column = Operand::Column(place.column(self.alias));
        let test = if wanted { Test::Same } else { Test::Different };
        let missing = Predicate::compare(column.clone(), test, constant(Cell::Null));
        let empty = match place.form {
            Form::Json => "null",
            Form::Date => "",
            Form::Text | Form::Number | Form::Flag | Form::Structure => return missing,
        };
        let empty = Predicate::compare(column, test, constant(Cell::text(empty)));
        if wanted { missing.or(empty) } else { missing.and(empty) }
    }

    /// The type of an attr that has an order.
    fn require_order(&self, check: &Check) -> Result<CheckedType, Issue> {
        if !self.blob.is_indexed() {
            return Err(not_indexed(&self.name(), check, self.path));
        }
        self.blob.checked_type().ok_or_else(|| {
            type_issue(
                "checked-data-type?",
                below(self.path, &[check.name()]),
                format!(
                    "The `{}` attribute has no enforced type. Only attributes with one can use `{}`.",
                    self.name(),
                    check.name()
                ),
            )
        })
    }

    /// The value as the column is compared with it; `None` if no entity can hold it.
    fn operand_value(&self, value: &Value) -> Result<Option<Cell>, Issue> {
        if self.blob.is_id() {
            return id_of(value, &self.name(), self.path).map(Some);
        }
        if let Some(checked) = self.blob.checked_type() {
            self.require_type(checked, value)?;
        }
        if self.blob.is_moment() {
            return Ok(instant::of_value(value).map(Cell::Integer));
        }
        Ok(self.blob.place.and_then(|place| stored(place, value)))
    }

    fn require_type(&self, checked: CheckedType, value: &Value) -> Result<(), Issue> {
        let fits = match checked {
            CheckedType::String => value.is_string(),
            CheckedType::Number => value.is_number(),
            CheckedType::Boolean => value.is_boolean(),
            CheckedType::Date => instant::of_value(value).is_some(),
        };
        if fits {
            return Ok(());
        }
        let expected = match checked {
            CheckedType::String => "string?",
            CheckedType::Number => "number?",
            CheckedType::Boolean => "boolean?",
            CheckedType::Date => "date?",
        };
        let given = match value {
            Value::String(_) => "string",
            Value::Number(_) => "number",
            Value::Bool(_) => "boolean",
            _ => "json",
        };
        Err(type_issue(
            expected,
            self.path.to_vec(),
            format!(
                "The data type of `{}` is `{}`, but the query got value {} of type `{given}`.",
                self.name(),
                checked.name(),
                shown(value)
            ),
        ))
    }
}

/// A scalar in the form in which a column holds it.
pub(super) fn stored(place: Place, value: &Value) -> Option<Cell> {
    let number = |value: &Value| match value.as_i64() {
        Some(integer) => Some(Cell::Integer(integer)),
        None => value.as_f64().map(Cell::Real),
    };
    match (place.form, value) {
        (Form::Text | Form::Date, Value::String(text)) => Some(Cell::text(text.as_str())),
        (Form::Number | Form::Json, Value::Number(_)) => number(value),
        (Form::Flag, Value::Bool(flag)) => Some(Cell::Integer(i64::from(*flag))),
        (Form::Json, Value::String(_) | Value::Bool(_)) => Some(Cell::Text(json::to_text(value))),
        _ => None,
    }
}
