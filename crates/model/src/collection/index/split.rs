//! Cutting SQL text at separators that stand outside of quotes and parentheses.

/// The character that closes what this one opens.
fn closing_quote(open: char) -> Option<char> {
    match open {
        '`' | '"' | '\'' => Some(open),
        '[' => Some(']'),
        _ => None,
    }
}

/// The position after the quoted text that starts at `start`, where a quote character stands;
/// a doubled closing quote belongs to the text. `None` if it does not close.
fn quote_end(text: &str, start: usize, close: char) -> Option<usize> {
    let mut position = start + 1;
    loop {
        position += text[position..].find(close)? + close.len_utf8();
        if close == ']' || !text[position..].starts_with(close) {
            return Some(position);
        }
        position += close.len_utf8();
    }
}

/// Calls `visit` with each character outside of quotes and its position; `None` if a quote does not close.
fn outside_quotes(text: &str, mut visit: impl FnMut(usize, char) -> Option<()>) -> Option<()> {
    let mut position = 0;
    while let Some(character) = text[position..].chars().next() {
        if let Some(close) = closing_quote(character) {
            position = quote_end(text, position, close)?;
        } else {
            visit(position, character)?;
            position += character.len_utf8();
        }
    }
    Some(())
}

/// The items between commas outside of quotes and parentheses; `None` if either do not close.
pub(super) fn list(text: &str) -> Option<Vec<&str>> {
    let (mut items, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    outside_quotes(text, |position, character| {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            ',' if depth == 0 => {
                items.push(&text[start..position]);
                start = position + 1;
            }
            _ => {}
        }
        Some(())
    })?;
    items.push(&text[start..]);
    (depth == 0).then_some(items)
}

/// The names between dots, each bare or quoted as a whole; `None` if quotes stand elsewhere.
pub(super) fn path(text: &str) -> Option<Vec<String>> {
    let (mut names, mut start) = (Vec::new(), 0);
    outside_quotes(text, |position, character| {
        if character == '.' {
            names.push(name(&text[start..position])?);
            start = position + 1;
        }
        Some(())
    })?;
    names.push(name(&text[start..])?);
    Some(names)
}

fn name(text: &str) -> Option<String> {
    unquoted(text).or_else(|| {
        let is_quote = |c: char| matches!(c, '`' | '"' | '\'' | '[' | ']');
        (!text.contains(is_quote)).then(|| text.to_owned())
    })
}

/// The text inside quotes that enclose the whole; `None` if there are none.
pub(super) fn unquoted(text: &str) -> Option<String> {
    let close = closing_quote(text.chars().next()?)?;
    if quote_end(text, 0, close)? != text.len() {
        return None;
    }
    let inner = &text[1..text.len() - 1];
    Some(if close == ']' {
        inner.to_owned()
    } else {
        inner.replace(&format!("{close}{close}"), &close.to_string())
    })
}

pub(super) fn has_semicolon(text: &str) -> bool {
    let mut found = false;
    let closed = outside_quotes(text, |_, character| {
        found |= character == ';';
        Some(())
    });
    // What does not close cannot be told apart; the database will refuse it.
    found || closed.is_none() && text.contains(';')
}
