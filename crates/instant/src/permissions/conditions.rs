//! What is left of a rule as a predicate on rows, where that says exactly the same.
//!
//! A test that could raise says the same only where the column's type, or another part of the rule,
//! rules out the values that it raises for: `data.age != null && data.age > 17`.

use std::collections::BTreeSet;
use std::sync::Arc;

use ketch_cel::{Condition, Constant, FieldTest, Operator};
use ketch_model::collection::{Attrs, Direction};
use ketch_model::fields::ColumnKind;
use ketch_model::{Cell, Collection, Value, json};
use ketch_query::Predicate;
use ketch_query::tree::{Alias, Comparison, NoneViolates, Operand, Test, Tie, Tied};
use ketch_store::sql::relations::{self, RelationKind};

use super::ways::{self, Stop};
use crate::query::Aliases;
use crate::query::names::{self, Form, Named, Place};

/// Larger numbers are not told apart by all who compare them.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

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
            Condition::Reference { path, constant, negated } => {
                self.reference(path, constant, *negated, aliases)
            }
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

    fn reference(
        &self,
        path: &str,
        constant: &Constant,
        negated: bool,
        aliases: &mut Aliases,
    ) -> Option<Predicate> {
        let nothing = Some(if negated { Predicate::Always } else { Predicate::Never });
        if *constant == Constant::Null {
            // Null is at the end of no path.
            return nothing;
        }
        let mut labels: Vec<&str> = path.split('.').collect();
        let last = labels.pop()?;
        let mut joins = Vec::new();
        let mut here = Stop {
            namespace: self.namespace.to_owned(),
            collection: self.collection.clone(),
            alias: self.at,
        };
        for label in &labels {
            let Some(Named::Link(link)) = names::find(self.attrs, &here.namespace, label) else {
                return nothing;
            };
            match ways::follow(&link, &here, aliases, &mut joins) {
                Some(next) => here = next,
                None => return nothing,
            }
        }
        let holds = match names::find(self.attrs, &here.namespace, last) {
            None => return nothing,
            Some(Named::Blob(blob)) => {
                let Some(place) = blob.place else { return nothing };
                let is_ours = here.collection.fields[place.field].attr.is_some() || blob.is_id();
                Subject::Value { place, is_ours, at: here.alias }.equal(constant)?
            }
            Some(Named::Link(link)) => {
                let Some(to) = ways::follow(&link, &here, aliases, &mut joins) else { return nothing };
                let Constant::String(id) = constant else { return nothing };
                let ids = names::id_column(&to.collection, to.alias);
                Predicate::compare(ids, Test::Equal, text(id))
            }
        };
        if !negated {
            let follows = match (labels.as_slice(), constant) {
                ([link], Constant::String(id)) if last == names::ID => self.own_link(link, id),
                _ => None,
            };
            let some = Predicate::some_row(joins, holds);
            return Some(match follows {
                Some(follows) if !some.is_never() => follows.and(some),
                _ => some,
            });
        }
        match holds {
            Predicate::Never => Some(Predicate::Always),
            Predicate::Compare(comparison) => {
                let comparison = Comparison { test: Test::Different, ..*comparison };
                if joins.is_empty() {
                    return Some(Predicate::compare(comparison.left, comparison.test, comparison.right));
                }
                let none = NoneViolates { joins, comparison, asks_missing_row: true };
                Some(Predicate::NoneViolates(Box::new(none)))
            }
            _ => None,
        }
    }

    /// What `x in data.ref('owner.id')` says of the row: that its own column holds x, or that its id is
    /// tied to x. An index may find it then.
    fn own_link(&self, label: &str, id: &str) -> Option<Predicate> {
        let Some(Named::Link(link)) = names::find(self.attrs, self.namespace, label) else { return None };
        let (owner, field) = link.place.as_ref()?;
        let forward = link.direction == Direction::Forward;
        let by = match (link.kept()?, forward) {
            (RelationKind::List, _) => return None,
            (RelationKind::One, true) => {
                let column = ways::column(self.at, *field, ColumnKind::Text);
                return Some(Predicate::compare(column, Test::Equal, text(id)));
            }
            (RelationKind::One, false) => Tie::Held { collection: owner.clone(), field: *field },
            (RelationKind::Table, forward) => {
                Tie::Links { table: relations::table_name(&owner.fields[*field].id), forward }
            }
        };
        let own = names::id_column(self.collection, self.at);
        Some(Predicate::Tied(Box::new(Tied { id: own, by, to: vec![id.to_owned()] })))
    }
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
