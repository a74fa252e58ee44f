//! Tells whether a string literal holds SQL. Statements are known by their first words, parts of
//! statements by words in capitals, so that sentences for people pass.

const STARTS: &[(&str, &str)] = &[
    ("SELECT", "FROM"),
    ("INSERT", "INTO"),
    ("REPLACE", "INTO"),
    ("UPDATE", "SET"),
    ("DELETE", "FROM"),
    ("CREATE", "TABLE"),
    ("CREATE", "INDEX"),
    ("CREATE", "VIEW"),
    ("CREATE", "TRIGGER"),
    ("ALTER", "TABLE"),
    ("DROP", "TABLE"),
    ("DROP", "INDEX"),
    ("DROP", "VIEW"),
    ("WITH", "SELECT"),
];

/// Words of parts of statements, in capitals and with something after them.
const WORDS: &[&str] = &["FROM", "JOIN", "PRAGMA", "RETURNING", "SAVEPOINT", "SELECT", "VALUES", "WHERE"];
const PHRASES: &[&str] = &["BEGIN IMMEDIATE", "GROUP BY", "INSERT INTO", "ON CONFLICT", "ORDER BY"];

pub(crate) fn is_sql(text: &str) -> bool {
    is_statement(text)
        || WORDS.iter().any(|word| has_word(text, word))
        || PHRASES.iter().any(|phrase| text.contains(phrase))
}

fn is_statement(text: &str) -> bool {
    let mut words = text.split(|sign| !is_word_sign(sign)).filter(|word| !word.is_empty());
    let Some(first) = words.next() else { return false };
    let rest: Vec<&str> = words.collect();
    STARTS.iter().any(|(start, later)| {
        // Statements are written in one case: "Delete … from …" is a sentence.
        let in_capitals = first == *start && rest.contains(later);
        let in_small = first == start.to_lowercase() && rest.contains(&later.to_lowercase().as_str());
        in_capitals || (in_small && looks_like_code(text))
    })
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let follows = text[at + word.len()..].chars().next();
        !text[..at].ends_with(is_word_sign) && follows.is_some_and(|sign| !is_word_sign(sign))
    })
}

fn is_word_sign(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

/// In small letters a statement looks like a sentence, but sentences have no such signs.
fn looks_like_code(text: &str) -> bool {
    text.contains(['*', '=', '?', '(', '{', '"', '_'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_and_parts_are_sql() {
        for text in [
            "SELECT id FROM posts",
            "select * from posts",
            "INSERT INTO {table} VALUES (?)",
            "CREATE UNIQUE INDEX `x` ON `y` (`z`)",
            "update posts set a = 1",
            " WHERE a = ",
            " ORDER BY {}",
            "PRAGMA journal_mode = WAL",
            "SELECT 1",
            "SAVEPOINT s{depth}",
        ] {
            assert!(is_sql(text), "{text}");
        }
    }

    #[test]
    fn sentences_and_names_are_not() {
        for text in [
            "",
            "select",
            "DELETE",
            "PATCH",
            "Failed to select a value from the list",
            "select one from the list",
            "Delete the record from the collection",
            "update the settings and set a password",
            "WHERE",
            "order by",
            "the SELECTION",
        ] {
            assert!(!is_sql(text), "{text}");
        }
    }
}
