//! Which joins a predicate cannot do without: where one has no row, the predicate is not true.
//! Such a join needs not be a left join, and its columns are not NULL for want of a row.

use ketch_model::Cell;
use ketch_query::Predicate;
use ketch_query::tree::{Comparison, Operand, Test};

use crate::sql::aliases::Aliases;

/// Adds the row sources without which the predicate cannot be true.
pub(super) fn rejected_by(predicate: &Predicate, found: &mut Aliases) {
    match predicate {
        Predicate::Always | Predicate::Never | Predicate::NoneViolates(_) | Predicate::SomeRow(_) => {}
        Predicate::OneOf(one_of) => add_null_sources(&one_of.operand, found),
        Predicate::Tied(tied) => add_null_sources(&tied.operand, found),
        Predicate::And(parts) => parts.iter().for_each(|part| rejected_by(part, found)),
        Predicate::Or(parts) => {
            let mut common: Option<Aliases> = None;
            for part in parts {
                let mut own = Aliases::default();
                rejected_by(part, &mut own);
                common = Some(match common {
                    Some(before) => before.intersection(&own),
                    None => own,
                });
            }
            found.extend(&common.unwrap_or_default());
        }
        Predicate::Compare(comparison) => rejected_by_comparison(comparison, found),
    }
}

fn rejected_by_comparison(comparison: &Comparison, found: &mut Aliases) {
    let Comparison { left, test, right } = comparison;
    match test {
        Test::Same => add_opposite(left, right, is_value, found),
        Test::LooselyEqual => add_opposite(left, right, is_text, found),
        Test::LooselyDifferent => add_opposite(left, right, is_nothing, found),
        Test::Different => {}
        Test::Equal
        | Test::Less
        | Test::LessOrEqual
        | Test::Greater
        | Test::GreaterOrEqual
        | Test::Like
        | Test::NotLike
        | Test::LikeCased
        | Test::LikeUncased
        | Test::Contains
        | Test::NotContains => add_both(left, right, found),
    }
}

/// Adds the row sources without which the comparison cannot be false.
pub(super) fn rejected_by_violation(comparison: &Comparison, found: &mut Aliases) {
    let Comparison { left, test, right } = comparison;
    match test {
        Test::Different => add_opposite(left, right, is_value, found),
        Test::LooselyEqual => add_opposite(left, right, is_nothing, found),
        Test::LooselyDifferent => add_opposite(left, right, is_text, found),
        Test::Same => {}
        Test::Equal
        | Test::Less
        | Test::LessOrEqual
        | Test::Greater
        | Test::GreaterOrEqual
        | Test::Like
        | Test::NotLike
        | Test::LikeCased
        | Test::LikeUncased
        | Test::Contains
        | Test::NotContains => add_both(left, right, found),
    }
}

/// For a test that NULL on either side leaves NULL.
fn add_both(left: &Operand, right: &Operand, found: &mut Aliases) {
    add_null_sources(left, found);
    add_null_sources(right, found);
}

/// For a test that knows NULL: with one operand of this kind, the other one must not be NULL.
fn add_opposite(left: &Operand, right: &Operand, is_kind: fn(&Operand) -> bool, found: &mut Aliases) {
    if is_kind(right) {
        add_null_sources(left, found);
    }
    if is_kind(left) {
        add_null_sources(right, found);
    }
}

/// Adds the row sources that make the operand NULL if they have no row.
fn add_null_sources(operand: &Operand, found: &mut Aliases) {
    match operand {
        Operand::Column(column) | Operand::Json { column, .. } | Operand::Instant(column) => {
            found.insert(column.alias);
        }
        Operand::Item(alias) | Operand::RowId(alias) => {
            found.insert(*alias);
        }
        Operand::Lower(inner) => add_null_sources(inner, found),
        Operand::GeoDistance(parts) => parts.iter().for_each(|part| add_null_sources(part, found)),
        Operand::Strftime(parts) => parts.iter().for_each(|part| add_null_sources(part, found)),
        Operand::Constant(_) | Operand::Stored { .. } | Operand::Length(_) | Operand::Truth(_) => {}
    }
}

fn value_of(operand: &Operand) -> Option<&Cell> {
    match operand {
        Operand::Constant(value) | Operand::Stored { value, .. } => Some(value),
        _ => None,
    }
}

/// A known value that is not NULL.
fn is_value(operand: &Operand) -> bool {
    value_of(operand).is_some_and(|value| *value != Cell::Null)
}

/// A known NULL or empty text.
fn is_nothing(operand: &Operand) -> bool {
    value_of(operand).is_some_and(|value| match value {
        Cell::Null => true,
        Cell::Text(text) => text.is_empty(),
        _ => false,
    })
}

/// A known value that is neither NULL nor the empty text.
fn is_text(operand: &Operand) -> bool {
    value_of(operand).is_some() && !is_nothing(operand)
}
