//! What is left of a rule as a predicate on rows, where that says exactly the same.
//!
//! A test that could raise says the same only where the column's type, or another part of the rule,
//! rules out the values that it raises for: `data.age != null && data.age > 17`.

use std::collections::BTreeSet;
use std::sync::Arc;

use ketch_cel::{Condition, Constant, EndTest, FieldTest, Operator};
use ketch_model::collection::{Attrs, Direction};
use ketch_model::fields::ColumnKind;
use ketch_model::{Cell, Collection, Value, json};
use ketch_query::Predicate;
use ketch_query::tree::{Alias, Join, NoneViolates, Operand, Test};
use ketch_store::sql::relations::RelationKind;

use super::ways::{self, Stop};
use crate::query::Aliases;
use crate::query::names::{self, Form, Named, Place};
use crate::query::ties;

/// Larger numbers are not told apart by all who compare them.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
/// That none of many values is at the end of a path is asked of rows: each would be a subquery.
const NONE_OF_MAX: usize = 16;

/// Where a condition is asked.
pub(super) struct Rows<'a> {
    pub(super) attrs: &'a Attrs,
    pub(super) namespace: &'a str,
    pub(super) collection: &'a Arc<Collection>,
    pub(super) at: Alias,
}

/// Fields that are not null wherever the part at hand matters.
type Guards<'c> = BTreeSet<&'c str>;

/// The predicate that is true exactly where the condition is, if it can never raise; else `None`.
pub(super) fn exact(rows: &Rows<'_>, condition: &Condition, aliases: &mut Aliases) -> Option<Predicate> {
    rows.exact(condition, &Guards::new(), aliases)
}

/// A predicate that holds wherever the rule may answer true or raise.
pub(super) fn possible(rows: &Rows<'_>, condition: &Condition, aliases: &mut Aliases) -> Predicate {
    rows.possible(condition, &Guards::new(), aliases)
}

/// Something that holds wherever the rule may answer true or raise, by which an engine can begin with
/// links. `rows` must be at the root.
pub(super) fn hint(rows: &Rows<'_>, condition: &Condition) -> Option<Predicate> {
    rows.hint(condition)
}

/// The field that the condition is a test of against null.
fn null_test<'c>(condition: &'c Condition, wanted: &FieldTest) -> Option<&'c str> {
    match condition {
        Condition::Field { field, test } if test == wanted => Some(field),
        _ => None,
    }
}

fn guarded<'c>(parts: &'c [Condition], guards: &Guards<'c>, test: &FieldTest) -> Guards<'c> {
    let more = parts.iter().filter_map(|part| null_test(part, test));
    guards.iter().copied().chain(more).collect()
}

impl Rows<'_> {
    fn exact(&self, condition: &Condition, guards: &Guards<'_>, aliases: &mut Aliases) -> Option<Predicate> {
        match condition {
            Condition::All(parts) => {
                let guards = guarded(parts, guards, &FieldTest::NotEqual(Constant::Null));
                parts.iter().try_fold(Predicate::Always, |all, part| {
                    Some(all.and(self.exact(part, &guards, aliases)?))
                })
            }
            Condition::Any(parts) => {
                let guards = guarded(parts, guards, &FieldTest::Equal(Constant::Null));
                parts
                    .iter()
                    .try_fold(Predicate::Never, |any, part| Some(any.or(self.exact(part, &guards, aliases)?)))
            }
            Condition::Field { field, test } => self.field(field, test, guards),
            Condition::Reference { path, test } => self.reference(path, test, aliases),
            Condition::Raises | Condition::Opaque => None,
        }
    }

    fn possible(&self, condition: &Condition, guards: &Guards<'_>, aliases: &mut Aliases) -> Predicate {
        if let Some(exact) = self.exact(condition, guards, aliases) {
            return exact;
        }
        match condition {
            // A part that is false decides, also beside one that raises.
            Condition::All(parts) => {
                let guards = guarded(parts, guards, &FieldTest::NotEqual(Constant::Null));
                parts
                    .iter()
                    .fold(Predicate::Always, |all, part| all.and(self.possible(part, &guards, aliases)))
            }
            Condition::Any(parts) => {
                let guards = guarded(parts, guards, &FieldTest::Equal(Constant::Null));
                parts.iter().fold(Predicate::Never, |any, part| any.or(self.possible(part, &guards, aliases)))
            }
            _ => Predicate::Always,
        }
    }

    /// Where the values of a field of `data` are.
    fn subject(&self, field: &str) -> Subject {
        match names::find(self.attrs, self.namespace, field) {
            Some(Named::Blob(blob)) => blob.place.map_or(Subject::Missing, |place| {
                let definition = &self.collection.fields[place.field];
                Subject::Value { place, is_ours: definition.attr.is_some(), at: self.at }
            }),
            Some(Named::Link(link)) => match (&link.place, link.kept(), link.direction) {
                (Some((owner, index)), Some(RelationKind::One), Direction::Forward)
                    if owner.id == self.collection.id =>
                {
                    Subject::Link(ways::column(self.at, *index, ColumnKind::Text))
                }
                _ => Subject::Missing,
            },
            None => Subject::Missing,
        }
    }

    fn field(&self, field: &str, test: &FieldTest, guards: &Guards<'_>) -> Option<Predicate> {
        let subject = self.subject(field);
        let has_value = guards.contains(field) || subject.is_never_null();
        match test {
            FieldTest::Equal(constant) => subject.equal(constant),
            FieldTest::NotEqual(constant) => subject.different(constant),
            FieldTest::OneOf(constants) => subject.one_of(constants),
            FieldTest::NoneOf(constants) => constants
                .iter()
                .try_fold(Predicate::Always, |all, constant| Some(all.and(subject.different(constant)?))),
            FieldTest::Is(wanted) => match &subject {
                Subject::Value { place, .. } if place.form == Form::Flag && has_value => {
                    subject.equal(&Constant::Bool(*wanted))
                }
                _ => None,
            },
            FieldTest::Order(operator, constant) if has_value => subject.order(*operator, constant),
            FieldTest::Order(..) | FieldTest::Contains(_) | FieldTest::Lacks(_) => None,
        }
    }

    fn reference(&self, path: &str, test: &EndTest, aliases: &mut Aliases) -> Option<Predicate> {
        match test {
            EndTest::HasAny(constants) => {
                let Some(end) = self.end(path, aliases) else { return Some(Predicate::Never) };
                // Null is at the end of no path.
                let constants: Vec<Constant> =
                    constants.iter().filter(|constant| **constant != Constant::Null).cloned().collect();
                Some(Predicate::some_row(end.joins, end.subject.one_of(&constants)?))
            }
            EndTest::HasNone(constants) => {
                if constants.len() > NONE_OF_MAX {
                    return None;
                }
                constants.iter().try_fold(Predicate::Always, |all, constant| {
                    Some(all.and(self.lacks(path, constant, aliases)?))
                })
            }
            EndTest::Some => {
                let Some(end) = self.end(path, aliases) else { return Some(Predicate::Never) };
                Some(Predicate::some_row(end.joins, end.subject.is_null(false)))
            }
            EndTest::Nothing => {
                let Some(end) = self.end(path, aliases) else { return Some(Predicate::Always) };
                none(end.joins, end.subject.is_null(true))
            }
        }
    }

    /// The constant is at no end of the path.
    fn lacks(&self, path: &str, constant: &Constant, aliases: &mut Aliases) -> Option<Predicate> {
        if *constant == Constant::Null {
            return Some(Predicate::Always);
        }
        let Some(end) = self.end(path, aliases) else { return Some(Predicate::Always) };
        none(end.joins, end.subject.different(constant)?)
    }

    /// What a path leads to; `None`: nothing, whatever is stored.
    fn end(&self, path: &str, aliases: &mut Aliases) -> Option<End> {
        let mut labels: Vec<&str> = path.split('.').collect();
        let last = labels.pop()?;
        let mut joins = Vec::new();
        let mut here = Stop {
            namespace: self.namespace.to_owned(),
            collection: self.collection.clone(),
            alias: self.at,
        };
        for label in labels {
            let Some(Named::Link(link)) = names::find(self.attrs, &here.namespace, label) else {
                return None;
            };
            here = ways::follow(&link, &here, aliases, &mut joins)?;
        }
        let subject = match names::find(self.attrs, &here.namespace, last)? {
            Named::Blob(blob) => {
                let place = blob.place?;
                let is_ours = here.collection.fields[place.field].attr.is_some() || blob.is_id();
                Subject::Value { place, is_ours, at: here.alias }
            }
            Named::Link(link) => {
                let to = ways::follow(&link, &here, aliases, &mut joins)?;
                Subject::Value {
                    place: names::id_of(self.attrs, &to.namespace).place?,
                    is_ours: true,
                    at: to.alias,
                }
            }
        };
        Some(End { joins, subject })
    }

    /// What follows of the condition for the links of the row: see [`ViewPolicy::hint`].
    ///
    /// [`ViewPolicy::hint`]: crate::query::ViewPolicy::hint
    fn hint(&self, condition: &Condition) -> Option<Predicate> {
        match condition {
            Condition::All(parts) => parts.iter().filter_map(|part| self.hint(part)).reduce(Predicate::and),
            Condition::Any(parts) => {
                let hints: Option<Vec<Predicate>> = parts.iter().map(|part| self.hint(part)).collect();
                hints?.into_iter().reduce(Predicate::or)
            }
            Condition::Field { field, test: FieldTest::Equal(constant) } => {
                self.tied(field, std::slice::from_ref(constant))
            }
            Condition::Field { field, test: FieldTest::OneOf(constants) } => self.tied(field, constants),
            Condition::Reference { path, test: EndTest::HasAny(constants) } => self.tied(path, constants),
            _ => None,
        }
    }

    fn tied(&self, path: &str, constants: &[Constant]) -> Option<Predicate> {
        let ids: Option<Vec<String>> = constants
            .iter()
            .map(|constant| match constant {
                Constant::String(id) => Some(id.to_string()),
                _ => None,
            })
            .collect();
        let path: Vec<&str> = path.split('.').collect();
        ties::tied(self.attrs, self.namespace, self.collection, &path, ids?)
    }
}

/// No row of the joins makes the predicate false, which must be one comparison.
fn none(joins: Vec<Join>, otherwise: Predicate) -> Option<Predicate> {
    match otherwise {
        otherwise if joins.is_empty() => Some(otherwise),
        Predicate::Always => Some(Predicate::Always),
        Predicate::Compare(comparison) => {
            let none = NoneViolates { joins, comparison: *comparison, asks_missing_row: true };
            Some(Predicate::NoneViolates(Box::new(none)))
        }
        _ => None,
    }
}

/// What stands at the end of a path.
struct End {
    joins: Vec<Join>,
    subject: Subject,
}

/// What a test looks at.
enum Subject {
    /// Nothing is stored: the value is null.
    Missing,
    /// `is_ours`: JSON is written in one way only, so that equal texts are equal values.
    Value { place: Place, is_ours: bool, at: Alias },
    /// The id of a linked entity; `''` and NULL are none.
    Link(Operand),
}

fn text(text: &str) -> Operand {
    Operand::Constant(Cell::text(text))
}

fn always(holds: bool) -> Predicate {
    if holds { Predicate::Always } else { Predicate::Never }
}

impl Subject {
    fn is_never_null(&self) -> bool {
        match self {
            Self::Missing | Self::Link(_) => false,
            Self::Value { place, .. } => {
                !place.nullable && matches!(place.form, Form::Text | Form::Number | Form::Flag)
            }
        }
    }

    fn is_null(&self, wanted: bool) -> Predicate {
        match self {
            Self::Missing => always(wanted),
            Self::Link(column) => {
                let test = if wanted { Test::LooselyEqual } else { Test::LooselyDifferent };
                Predicate::compare(column.clone(), test, text(""))
            }
            Self::Value { place, at, .. } => {
                let column = Operand::Column(place.column(*at));
                let test = if wanted { Test::Same } else { Test::Different };
                let missing = Predicate::compare(column.clone(), test, Operand::Constant(Cell::Null));
                let empty = match place.form {
                    Form::Json => "null",
                    Form::Date => "",
                    Form::Text | Form::Number | Form::Flag | Form::Structure => return missing,
                };
                let empty = Predicate::compare(column, test, text(empty));
                if wanted { missing.or(empty) } else { missing.and(empty) }
            }
        }
    }

    /// The constant as the column holds it. `Err`: no row holds it.
    fn cell(&self, constant: &Constant) -> Option<Result<Cell, ()>> {
        let number = |cell: Cell, size: f64| (size.abs() < EXACT_MAX).then_some(Ok(cell));
        let Self::Value { place, is_ours, .. } = self else {
            return Some(match (self, constant) {
                (Self::Link(_), Constant::String(id)) if !id.is_empty() => Ok(Cell::text(&**id)),
                _ => Err(()),
            });
        };
        if place.form == Form::Json && !is_ours {
            return None;
        }
        match (place.form, constant) {
            (Form::Number | Form::Json, Constant::Int(value)) => number(Cell::Integer(*value), *value as f64),
            (Form::Number | Form::Json, Constant::Double(value)) => number(Cell::Real(*value), *value),
            (Form::Text, Constant::String(value)) => Some(Ok(Cell::text(&**value))),
            (Form::Date, Constant::String(value)) if !value.is_empty() => Some(Ok(Cell::text(&**value))),
            (Form::Flag, Constant::Bool(value)) => Some(Ok(Cell::Integer(i64::from(*value)))),
            (Form::Json, Constant::String(value)) => {
                Some(Ok(Cell::Text(json::to_text(&Value::from(&**value)))))
            }
            (Form::Json, Constant::Bool(value)) => {
                Some(Ok(Cell::text(if *value { "true" } else { "false" })))
            }
            _ => Some(Err(())),
        }
    }

    fn operand(&self) -> Option<Operand> {
        match self {
            Self::Missing => None,
            Self::Link(column) => Some(column.clone()),
            Self::Value { place, at, .. } => Some(Operand::Column(place.column(*at))),
        }
    }

    fn equal(&self, constant: &Constant) -> Option<Predicate> {
        if *constant == Constant::Null {
            return Some(self.is_null(true));
        }
        Some(match (self.cell(constant)?, self.operand()) {
            (Ok(cell), Some(operand)) => Predicate::compare(operand, Test::Equal, Operand::Constant(cell)),
            _ => Predicate::Never,
        })
    }

    fn different(&self, constant: &Constant) -> Option<Predicate> {
        if *constant == Constant::Null {
            return Some(self.is_null(false));
        }
        Some(match (self.cell(constant)?, self.operand()) {
            (Ok(cell), Some(operand)) => {
                Predicate::compare(operand, Test::Different, Operand::Constant(cell))
            }
            _ => Predicate::Always,
        })
    }

    fn one_of(&self, constants: &[Constant]) -> Option<Predicate> {
        let mut cells = Vec::new();
        let mut null = Predicate::Never;
        for constant in constants {
            if *constant == Constant::Null {
                null = self.is_null(true);
            } else if let Ok(cell) = self.cell(constant)? {
                cells.push(cell);
            }
        }
        Some(match self.operand() {
            Some(operand) => Predicate::one_of(operand, cells).or(null),
            None => null,
        })
    }

    fn order(&self, operator: Operator, constant: &Constant) -> Option<Predicate> {
        let Self::Value { place, .. } = self else { return None };
        let fits = match place.form {
            Form::Number => matches!(constant, Constant::Int(_) | Constant::Double(_)),
            Form::Text => matches!(constant, Constant::String(_)),
            _ => false,
        };
        let test = match operator {
            Operator::Less => Test::Less,
            Operator::LessOrEqual => Test::LessOrEqual,
            Operator::Greater => Test::Greater,
            Operator::GreaterOrEqual => Test::GreaterOrEqual,
            _ => return None,
        };
        match (fits.then(|| self.cell(constant))??, self.operand()) {
            (Ok(cell), Some(operand)) => Some(Predicate::compare(operand, test, Operand::Constant(cell))),
            _ => None,
        }
    }
}
