//! Which test a sign becomes, and the pattern of `~`.

use ketch_model::Cell;

use crate::filter::Sign;
use crate::resolve::term::{Nullness, Term};
use crate::tree::Test;

/// A sign over two terms.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    Always,
    Never,
    Test(Test),
    /// A test against the empty text; the term on this side is the one to test.
    WithEmpty {
        left: bool,
        test: Test,
    },
    /// A test against this pattern instead of the right term.
    Pattern(Test, String),
}

/// The test for a sign. `apart`: inside the search for violating rows.
pub fn decide(left: &Term, sign: Sign, right: &Term, apart: bool) -> Decision {
    match sign {
        Sign::Equal | Sign::NotEqual => equality(left, sign == Sign::Equal, right, apart),
        Sign::Less => Decision::Test(Test::Less),
        Sign::LessOrEqual => Decision::Test(Test::LessOrEqual),
        Sign::Greater => Decision::Test(Test::Greater),
        Sign::GreaterOrEqual => Decision::Test(Test::GreaterOrEqual),
        Sign::Like => like(right, Test::Like, Test::Contains),
        Sign::NotLike => like(right, Test::NotLike, Test::NotContains),
    }
}

fn equality(left: &Term, equal: bool, right: &Term, apart: bool) -> Decision {
    let pick = |yes: Test, no: Test| if equal { yes } else { no };
    let nullness = |term: &Term| if apart { term.nullness_apart() } else { term.nullness() };
    match (nullness(left), nullness(right)) {
        (Nullness::Strict, _) | (_, Nullness::Strict) => Decision::Test(pick(Test::Same, Test::Different)),
        (Nullness::Empty, Nullness::Empty) => {
            if equal {
                Decision::Always
            } else {
                Decision::Never
            }
        }
        (Nullness::Known, Nullness::Empty) => {
            Decision::WithEmpty { left: true, test: pick(Test::Equal, Test::Different) }
        }
        (Nullness::Empty, Nullness::Known) => {
            Decision::WithEmpty { left: false, test: pick(Test::Equal, Test::Different) }
        }
        (Nullness::Known, _) | (_, Nullness::Known) => Decision::Test(pick(Test::Equal, Test::Different)),
        (Nullness::Empty, _) => {
            Decision::WithEmpty { left: false, test: pick(Test::LooselyEqual, Test::LooselyDifferent) }
        }
        (_, Nullness::Empty) => {
            Decision::WithEmpty { left: true, test: pick(Test::LooselyEqual, Test::LooselyDifferent) }
        }
        _ => Decision::Test(pick(Test::LooselyEqual, Test::LooselyDifferent)),
    }
}

fn like(right: &Term, constant: Test, column: Test) -> Decision {
    let text = match right {
        Term::Bound(Cell::Null | Cell::Blob(_)) => return Decision::Never,
        Term::Bound(Cell::Text(text)) => text.clone(),
        Term::Bound(Cell::Integer(integer)) => integer.to_string(),
        Term::Bound(Cell::Real(number)) => number.to_string(),
        Term::Flag(flag) => flag.to_string(),
        _ => return Decision::Test(column),
    };
    Decision::Pattern(constant, pattern(&text))
}

/// The pattern of a constant: as it is if it has a `%` of its own, else "contains it".
pub fn pattern(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 2);
    escaped.push('%');
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '%' => return text.to_owned(),
            '_' => escaped.push_str("\\_"),
            '\\' => {
                escaped.push('\\');
                // What is escaped already stays so.
                escaped.push(match characters.peek() {
                    Some('\\' | '%' | '_') => characters.next().unwrap_or('\\'),
                    _ => '\\',
                });
            }
            other => escaped.push(other),
        }
    }
    escaped.push('%');
    escaped
}

#[cfg(test)]
mod tests {
    use super::pattern;

    #[test]
    fn patterns() {
        let table = [
            ("a", "%a%"),
            ("", "%%"),
            ("a_b", r"%a\_b%"),
            (r"a\_b", r"%a\_b%"),
            (r"a\\_b", r"%a\\\_b%"),
            (r"a\xb", r"%a\\xb%"),
            (r"\", r"%\\%"),
            (r"\%", r"%\%%"),
            ("%", "%"),
            (r"\\%", r"\\%"),
            ("a%_", "a%_"),
            (r"100\%", r"%100\%%"),
            ("p_%", "p_%"),
        ];
        for (text, expected) in table {
            assert_eq!(pattern(text), expected, "{text:?}");
        }
    }
}
