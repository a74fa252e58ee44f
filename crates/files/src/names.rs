//! The name that an upload is stored by.

use ketch_model::ids;

use crate::mime;
use crate::sniff;

/// Bytes of the client's name that are looked at, from its end.
const LONGEST_ORIGINAL: usize = 300;
/// Characters of the part before the suffix.
const LONGEST_BASE: usize = 100;
/// A shorter base is filled up with random characters.
const SHORTEST_BASE: usize = 3;
/// Characters of the extension, without its dot, from its end.
const LONGEST_EXTENSION: usize = 20;
const SUFFIX: usize = 10;
const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// The content type of a file by its first bytes, with a charset for plain, XML and HTML text.
/// More than the first [`sniff::HEAD`] bytes are not looked at; a whole small file may be given.
pub fn sniff(head: &[u8]) -> String {
    sniff::content_type(head).into_owned()
}

/// The name to store an upload by: `base_<10 random characters>.ext`, at most 132 bytes of ASCII,
/// without path separators and never starting with a dot. `content_type` gives an extension to a
/// name without one.
pub fn stored_name(original: &str, content_type: &str) -> String {
    let original = tail(file_part(original), LONGEST_ORIGINAL);
    let (base, extension) = split(original);
    let extension = clean_extension(extension);
    let mut base = snake_case(base.trim_matches('.'));
    if base.len() < SHORTEST_BASE {
        base.push_str(&ids::random_text(SUFFIX, ALPHABET));
    }
    base.truncate(LONGEST_BASE);
    let extension = if extension.is_empty() { mime::extension(content_type) } else { &extension };
    let dot = if extension.is_empty() { "" } else { "." };
    format!("{base}_{}{dot}{extension}", ids::random_text(SUFFIX, ALPHABET))
}

/// The client's name as it is kept beside the file: without folders, at most 300 bytes.
pub fn kept_name(original: &str) -> &str {
    let name = file_part(original);
    let mut end = name.len().min(LONGEST_ORIGINAL);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    &name[..end]
}

/// What follows the last slash; slashes at the end are no part of a name.
fn file_part(name: &str) -> &str {
    let name = name.trim_end_matches('/');
    name.rsplit('/').next().unwrap_or_default()
}

/// The end of a text, of at most so many bytes.
fn tail(text: &str, bytes: usize) -> &str {
    let mut start = text.len().saturating_sub(bytes);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

/// Splits before the last dot, or before the one in front of that: `a.tar.gz` is `a` and `.tar.gz`.
fn split(name: &str) -> (&str, &str) {
    let Some(last) = name.rfind('.') else {
        return (name, "");
    };
    let at = name[..last].rfind('.').unwrap_or(last);
    name.split_at(at)
}

fn clean_extension(extension: &str) -> String {
    let kept = |c: &char| c.is_ascii_alphanumeric() || "_.*-+=#".contains(*c);
    let clean: String = extension.chars().filter(kept).collect();
    let clean = clean.trim_matches('.');
    tail(clean, LONGEST_EXTENSION).trim_start_matches('.').to_owned()
}

/// `My Photo (1)` is `my_photo_1`, `CamelCase` is `camel_case`, `HTMLParser` is `htmlparser`.
fn snake_case(text: &str) -> String {
    let mut snake = String::with_capacity(text.len() + 8);
    let mut before = None;
    for c in text.chars() {
        if !c.is_ascii_alphanumeric() {
            before = None;
            continue;
        }
        let starts_word = match before {
            None => true,
            Some(before) => c.is_ascii_uppercase() && !char::is_ascii_uppercase(&before),
        };
        if starts_word && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
        before = Some(c);
    }
    snake
}

#[cfg(test)]
mod tests;
