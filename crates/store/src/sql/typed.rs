//! What statements that an operator typed are about, by their first word, as the original decides.

/// Words that begin statements which write.
const WRITES: [&str; 8] = ["INSERT", "CREATE", "UPDATE", "DELETE", "DROP", "DETACH", "ALTER", "REPLACE"];

/// Whether the text begins with a word of a writing statement. Others may write too (`WITH …`).
pub fn is_write(text: &str) -> bool {
    let text = text.trim_start();
    WRITES.iter().any(|word| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)))
}

/// Whether the text asks for the database to be written anew, which no transaction can do.
pub fn is_vacuum(text: &str) -> bool {
    text.trim_matches(|character: char| character.is_whitespace() || character == ';')
        .eq_ignore_ascii_case("VACUUM")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_word_decides() {
        for text in ["insert into t", "  UpDate t set a = 1", "\nreplace into t", "dropx"] {
            assert!(is_write(text), "{text}");
        }
        for text in ["select 1", "with x as (select 1) insert into t", "-- c\ndelete from t", "", "ins", "ü"]
        {
            assert!(!is_write(text), "{text}");
        }
        assert!(is_vacuum(" Vacuum ;\n") && !is_vacuum("VACUUM INTO 'x'"));
    }
}
