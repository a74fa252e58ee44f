//! The characters of a SQL text: what is quoted, what is a comment, how deep the parentheses are.
//!
//! It agrees with SQLite about where quotes and comments end; all safety of view queries rests on that.

/// What a character of a SQL text belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Outside of quotes and comments.
    Code,
    /// A quote or what it holds: `'…'`, `"…"`, `` `…` ``, `[…]`.
    Quoted,
    /// `-- …` up to the end of the line, or `/* … */`.
    Comment,
}

/// Each character of the text with its byte position and what it belongs to.
pub(super) fn characters(text: &str) -> impl Iterator<Item = (usize, char, Part)> {
    let mut state = State::Code;
    let mut characters = text.char_indices().peekable();
    std::iter::from_fn(move || {
        let (position, character) = characters.next()?;
        let next = characters.peek().map(|&(_, next)| next);
        let (part, after) = state.step(character, next);
        state = after;
        Some((position, character, part))
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Code,
    /// Until this character; a doubled one ends and opens the quote, which comes to the same.
    Quote(char),
    LineComment,
    /// `true` for the `*` of the opening: `/*/` does not close itself.
    BlockComment(bool),
    /// The last character of a block comment.
    BlockEnd,
}

impl State {
    fn step(self, character: char, next: Option<char>) -> (Part, Self) {
        match self {
            Self::Code => match (character, next) {
                ('\'' | '"' | '`', _) => (Part::Quoted, Self::Quote(character)),
                ('[', _) => (Part::Quoted, Self::Quote(']')),
                ('-', Some('-')) => (Part::Comment, Self::LineComment),
                ('/', Some('*')) => (Part::Comment, Self::BlockComment(true)),
                _ => (Part::Code, Self::Code),
            },
            Self::Quote(end) if character == end => (Part::Quoted, Self::Code),
            Self::Quote(_) => (Part::Quoted, self),
            Self::LineComment if character == '\n' => (Part::Comment, Self::Code),
            Self::LineComment => (Part::Comment, self),
            Self::BlockComment(true) => (Part::Comment, Self::BlockComment(false)),
            Self::BlockComment(false) if character == '*' && next == Some('/') => {
                (Part::Comment, Self::BlockEnd)
            }
            Self::BlockComment(false) => (Part::Comment, self),
            Self::BlockEnd => (Part::Comment, Self::Code),
        }
    }
}

/// The query without surrounding blanks and semicolons, if it is one statement that cannot break
/// out of the parentheses it will be put into. The error is for the person who wrote it.
pub(super) fn single_query(text: &str) -> Result<&str, String> {
    let query = text.trim_matches(|character: char| character == ';' || character.is_whitespace());
    if query.contains('\0') {
        return Err("unrecognized token: \"\\0\"".to_owned());
    }
    let mut open = Vec::new();
    let mut unclosed_quote = None;
    for (position, character, part) in characters(query) {
        match (part, character) {
            (Part::Quoted, _) => {
                unclosed_quote.get_or_insert(position);
                continue;
            }
            // A semicolon in a comment is harmless, but nobody loses by its refusal.
            (Part::Code | Part::Comment, ';') => {
                return Err("multiple statements are not supported".to_owned());
            }
            (Part::Code, '(') => open.push(position),
            (Part::Code, ')') if open.pop().is_none() => return Err(unbalanced(&query[position..])),
            _ => {}
        }
        unclosed_quote = None;
    }
    if let Some(position) = open.first() {
        return Err(unbalanced(&query[*position..]));
    }
    if let Some(position) = unclosed_quote.filter(|_| !ends_quote(query)) {
        return Err(unbalanced(&query[position..]));
    }
    Ok(query)
}

/// Whether the text holds no second statement and closes what it opens.
pub(in super::super) fn is_single_statement(text: &str) -> bool {
    single_query(text).is_ok_and(|query| query.len() == text.trim().len())
}

fn unbalanced(rest: &str) -> String {
    format!("unbalanced parenthesis or quoted expression: {rest:?}")
}

/// Whether a text whose last character is quoted also closes that quote.
fn ends_quote(text: &str) -> bool {
    // One more character tells: outside of quotes it is code.
    let extended = format!("{text} ");
    characters(&extended).last().is_some_and(|(_, _, part)| part != Part::Quoted)
}

/// The text with every comment replaced by a blank.
pub(super) fn without_comments(text: &str) -> String {
    let mut bare = String::with_capacity(text.len());
    let mut in_comment = false;
    for (_, character, part) in characters(text) {
        if part != Part::Comment {
            bare.push(character);
        } else if !in_comment {
            bare.push(' ');
        }
        in_comment = part == Part::Comment;
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_one_statement() {
        assert_eq!(single_query(" ; select 1 ;; \n"), Ok("select 1"));
        assert_eq!(
            single_query("select ';' as a, \";\" b, [;], `;`"),
            Ok("select ';' as a, \";\" b, [;], `;`")
        );
        assert_eq!(single_query("select 'it''s;'"), Ok("select 'it''s;'"));
        assert_eq!(single_query("select '--', 1"), Ok("select '--', 1"));
    }

    #[test]
    fn refuses_a_second_statement() {
        for text in [
            "select 1; select 2",
            "select 1 /* it's */ ; drop table x /* ' */",
            "select 1 -- it's\n ; drop table x",
            "select 1 /*/ ' */ ; drop table x --'",
            "select [']; drop table x --']",
            "select 1 as \"a\"\";\"\"\" ; drop table x",
        ] {
            assert_eq!(single_query(text), Err("multiple statements are not supported".to_owned()), "{text}");
        }
    }

    #[test]
    fn refuses_to_be_broken_out_of() {
        for text in
            ["select 1) union (select 2", "select (1", "select 1)", "select 'a", "select (')'", "select [a"]
        {
            assert!(single_query(text).is_err_and(|error| error.starts_with("unbalanced")), "{text}");
        }
    }

    #[test]
    fn drops_comments() {
        assert_eq!(without_comments("a--b\n from /* x */c/**/'--d'"), "a  from  c '--d'");
    }
}
