//! SQL's `LIKE` with a say about letter case, for engines that have but one kind.

/// Whether letter case counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    Counts,
    Ignored,
}

/// Whether the whole text fits the pattern: `%` is any text, `_` any character, and a backslash takes
/// the next character as it is. The time is at most the product of the lengths.
pub fn matches(text: &str, pattern: &str, case: Case) -> bool {
    let text = characters(text, case);
    let pattern = parts(pattern, case);
    // Where the text stood at the last `%`, and what follows that in the pattern.
    let mut retry: Option<(usize, usize)> = None;
    let (mut at, mut part) = (0, 0);
    while at < text.len() {
        match pattern.get(part) {
            Some(Part::Any) => {
                retry = Some((at, part + 1));
                part += 1;
            }
            Some(Part::One) => (at, part) = (at + 1, part + 1),
            Some(Part::Exactly(wanted)) if *wanted == text[at] => (at, part) = (at + 1, part + 1),
            _ => match retry {
                Some((from, after)) => {
                    retry = Some((from + 1, after));
                    (at, part) = (from + 1, after);
                }
                None => return false,
            },
        }
    }
    pattern[part..].iter().all(|part| *part == Part::Any)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Any,
    One,
    Exactly(char),
}

fn characters(text: &str, case: Case) -> Vec<char> {
    text.chars().flat_map(|character| fold(character, case)).collect()
}

fn parts(pattern: &str, case: Case) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '%' if parts.last() == Some(&Part::Any) => {}
            '%' => parts.push(Part::Any),
            '_' => parts.push(Part::One),
            character => {
                let literal = if character == '\\' { characters.next().unwrap_or('\\') } else { character };
                parts.extend(fold(literal, case).map(Part::Exactly));
            }
        }
    }
    parts
}

/// A letter in lower case, if case is ignored; letters that become several stay as they are, so
/// that `_` remains one character.
fn fold(character: char, case: Case) -> impl Iterator<Item = char> {
    let mut lower = character.to_lowercase();
    let folded = match (case, lower.next(), lower.next()) {
        (Case::Ignored, Some(lower), None) => lower,
        _ => character,
    };
    std::iter::once(folded)
}

/// A pattern that only the texts fit that begin with this one.
pub fn starting_with(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 1);
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let rows = [
            ("abc", "abc", true, true),
            ("abc", "ABC", false, true),
            ("Äpfel", "äp%", false, true),
            ("abc", "a_c", true, true),
            ("abc", "a_", false, false),
            ("abc", "%", true, true),
            ("", "%", true, true),
            ("", "", true, true),
            ("", "_", false, false),
            ("abcbc", "%bc", true, true),
            ("a%c", "a\\%c", true, true),
            ("abc", "a\\%c", false, false),
            ("a\nb", "a_b", true, true),
            ("aXbXc", "a%x%c", false, true),
            ("x\\", "x\\", true, true),
        ];
        for (text, pattern, cased, uncased) in rows {
            assert_eq!(matches(text, pattern, Case::Counts), cased, "{text} {pattern}");
            assert_eq!(matches(text, pattern, Case::Ignored), uncased, "{text} {pattern}");
        }
        assert!(matches("50%_\\x", &starting_with("50%_\\"), Case::Counts));
        assert!(!matches("50a_\\x", &starting_with("50%_\\"), Case::Counts));
    }

    #[test]
    fn a_hostile_pattern_takes_no_longer_than_the_product() {
        let text = "a".repeat(5_000);
        assert!(!matches(&text, &format!("{}b", "%a".repeat(1_000)), Case::Counts));
    }
}
