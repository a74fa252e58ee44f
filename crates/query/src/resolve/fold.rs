//! Comparisons of two known values, answered at once: rules that look at the request alone cost no query.
//!
//! Follows SQLite's comparison rules; where its answer depends on how it prints numbers, nothing is
//! folded and the query decides.

use std::cmp::Ordering;

use ketch_model::Cell;
use ketch_model::fields::ColumnKind;

use crate::like::Case;
use crate::tree::{Comparison, Operand, Test};

/// Longer texts and patterns are left to the driver, which has limits for them.
const MAX_LIKE_TEXT: usize = 10_000;
const MAX_LIKE_PATTERN: usize = 500;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Affinity {
    None,
    Text,
    Numeric,
}

/// Whether the comparison is true, `None` if only a query can tell. Unknown is not true.
pub fn fold(comparison: &Comparison) -> Option<bool> {
    let (left, left_affinity) = known(&comparison.left)?;
    let (right, right_affinity) = known(&comparison.right)?;
    let null = matches!(left, Cell::Null) || matches!(right, Cell::Null);
    let compare = || with_affinity(left, left_affinity, right, right_affinity);
    Some(match comparison.test {
        Test::Same => compare_nulls(left, right, compare)?,
        Test::Different => !compare_nulls(left, right, compare)?,
        Test::LooselyEqual => order(or_empty(left), or_empty(right)) == Ordering::Equal,
        Test::LooselyDifferent => order(or_empty(left), or_empty(right)) != Ordering::Equal,
        _ if null => false,
        Test::Equal => compare()? == Ordering::Equal,
        Test::Less => compare()? == Ordering::Less,
        Test::LessOrEqual => compare()? != Ordering::Greater,
        Test::Greater => compare()? == Ordering::Greater,
        Test::GreaterOrEqual => compare()? != Ordering::Less,
        Test::Like => like(left, right)?,
        Test::NotLike => !like(left, right)?,
        Test::LikeCased => crate::like::matches(text(left)?, text(right)?, Case::Counts),
        Test::LikeUncased => crate::like::matches(text(left)?, text(right)?, Case::Ignored),
        Test::Contains | Test::NotContains => return None,
    })
}

fn compare_nulls(left: &Cell, right: &Cell, compare: impl Fn() -> Option<Ordering>) -> Option<bool> {
    match (left, right) {
        (Cell::Null, Cell::Null) => Some(true),
        (Cell::Null, _) | (_, Cell::Null) => Some(false),
        _ => Some(compare()? == Ordering::Equal),
    }
}

fn known(operand: &Operand) -> Option<(&Cell, Affinity)> {
    match operand {
        Operand::Constant(value) => Some((value, Affinity::None)),
        Operand::Stored { value, kind } => Some((
            value,
            match kind {
                ColumnKind::Text | ColumnKind::PrimaryKey => Affinity::Text,
                _ => Affinity::Numeric,
            },
        )),
        _ => None,
    }
}

fn text(cell: &Cell) -> Option<&str> {
    match cell {
        Cell::Text(text) => Some(text),
        _ => None,
    }
}

fn or_empty(cell: &Cell) -> &Cell {
    const EMPTY: &Cell = &Cell::Text(String::new());
    match cell {
        Cell::Null => EMPTY,
        other => other,
    }
}

/// The order of two values that are not NULL, after the affinities have had their say.
fn with_affinity(
    left: &Cell,
    left_affinity: Affinity,
    right: &Cell,
    right_affinity: Affinity,
) -> Option<Ordering> {
    use Affinity::{None as Nothing, Numeric, Text};
    match (left_affinity, right_affinity) {
        (Numeric, Nothing | Text) | (Nothing | Text, Numeric) => {
            let (left, right) = (numeric(left)?, numeric(right)?);
            Some(order(&left, &right))
        }
        (Text, Nothing) | (Nothing, Text) => Some(order(&textual(left)?, &textual(right)?)),
        _ => Some(order(left, right)),
    }
}

/// A text that looks like a number becomes one; `None` where the spelling is unusual.
fn numeric(cell: &Cell) -> Option<Cell> {
    let Cell::Text(text) = cell else { return Some(cell.clone()) };
    if let Ok(integer) = text.parse::<i64>() {
        return Some(Cell::Integer(integer));
    }
    let plain =
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    if plain {
        return text.parse::<f64>().ok().map(Cell::Real);
    }
    // "1e3", " 5" and the like: SQLite may take them for numbers.
    let suspicious =
        text.trim_start().starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
    if suspicious { None } else { Some(cell.clone()) }
}

fn textual(cell: &Cell) -> Option<Cell> {
    match cell {
        Cell::Integer(integer) => Some(Cell::Text(integer.to_string())),
        Cell::Real(_) => None,
        other => Some(other.clone()),
    }
}

/// Numbers come before texts, texts before blobs.
fn order(left: &Cell, right: &Cell) -> Ordering {
    match (left, right) {
        (Cell::Integer(left), Cell::Integer(right)) => left.cmp(right),
        (Cell::Integer(left), Cell::Real(right)) => real_order(*left as f64, *right),
        (Cell::Real(left), Cell::Integer(right)) => real_order(*left, *right as f64),
        (Cell::Real(left), Cell::Real(right)) => real_order(*left, *right),
        (Cell::Text(left), Cell::Text(right)) => left.as_bytes().cmp(right.as_bytes()),
        (Cell::Blob(left), Cell::Blob(right)) => left.cmp(right),
        _ => class(left).cmp(&class(right)),
    }
}

fn real_order(left: f64, right: f64) -> Ordering {
    left.partial_cmp(&right).unwrap_or(Ordering::Equal)
}

fn class(cell: &Cell) -> u8 {
    match cell {
        Cell::Null => 0,
        Cell::Integer(_) | Cell::Real(_) => 1,
        Cell::Text(_) => 2,
        Cell::Blob(_) => 3,
    }
}

fn like(text: &Cell, pattern: &Cell) -> Option<bool> {
    let Cell::Text(pattern) = pattern else { return None };
    let text = match text {
        Cell::Text(text) => text.clone(),
        Cell::Integer(integer) => integer.to_string(),
        _ => return None,
    };
    if text.len() > MAX_LIKE_TEXT || pattern.len() > MAX_LIKE_PATTERN || text.contains('\0') {
        return None;
    }
    Some(matches(&text, pattern))
}

/// One place of a pattern.
enum Piece {
    Any,
    One,
    Exactly(char),
}

fn matches(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    let mut pieces = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        pieces.push(match character {
            '%' => Piece::Any,
            '_' => Piece::One,
            '\\' => match characters.next() {
                Some(escaped) => Piece::Exactly(escaped),
                // A pattern that ends in the escape matches nothing.
                None => return false,
            },
            other => Piece::Exactly(other),
        });
    }
    let (mut at, mut piece) = (0, 0);
    // Where to go on if the rest after the last `%` does not fit: one character further.
    let mut retry: Option<(usize, usize)> = None;
    while at < text.len() {
        match pieces.get(piece) {
            Some(Piece::Any) => {
                retry = Some((at, piece));
                piece += 1;
                continue;
            }
            Some(Piece::One) => {
                (at, piece) = (at + 1, piece + 1);
                continue;
            }
            Some(Piece::Exactly(expected)) if expected.eq_ignore_ascii_case(&text[at]) => {
                (at, piece) = (at + 1, piece + 1);
                continue;
            }
            _ => {}
        }
        match retry {
            Some((start, any)) => {
                retry = Some((start + 1, any));
                (at, piece) = (start + 1, any + 1);
            }
            None => return false,
        }
    }
    pieces[piece..].iter().all(|piece| matches!(piece, Piece::Any))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_patterns() {
        for (text, pattern, expected) in [
            ("abc", "%b%", true),
            ("abc", "b", false),
            ("ABC", "abc", true),
            ("É", "é", false),
            ("a_b", r"%a\_b%", true),
            ("axb", r"%a\_b%", false),
            ("aXbXc", "a%b%c", true),
            ("aab", "%ab", true),
            ("", "%", true),
            ("", "_", false),
            ("ab", "_", false),
            ("a", "%\\", false),
            ("mississippi", "m%iss%ip%i", true),
        ] {
            assert_eq!(matches(text, pattern), expected, "{text:?} like {pattern:?}");
        }
    }

    #[test]
    fn affinities() {
        let five = || Operand::Constant(Cell::Text("5".into()));
        let stored = |value, kind| Operand::Stored { value, kind };
        let equal = |left, right| fold(&Comparison { left, test: Test::Equal, right });
        assert_eq!(equal(five(), Operand::Constant(Cell::Real(5.0))), Some(false));
        assert_eq!(equal(stored(Cell::Integer(5), ColumnKind::Number), five()), Some(true));
        assert_eq!(
            equal(stored(Cell::text("5"), ColumnKind::Text), Operand::Constant(Cell::Integer(5))),
            Some(true)
        );
        assert_eq!(
            equal(stored(Cell::text("5"), ColumnKind::Text), Operand::Constant(Cell::Real(5.0))),
            None
        );
        assert_eq!(equal(Operand::Constant(Cell::Null), five()), Some(false));
    }
}
