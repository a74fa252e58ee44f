//! Plain text of an HTML fragment, cut to a length: the `:excerpt(max, withEllipsis)` modifier.

use super::entities;

/// Elements that are left out with all that is in them.
const SKIPPED: &[&str] = &[
    "applet", "button", "dialog", "form", "iframe", "noscript", "object", "option", "picture", "script",
    "select", "style", "svg", "template", "textarea", "title",
];

/// Elements whose content is text up to their end tag, whatever it looks like.
const RAW: &[&str] =
    &["iframe", "noembed", "noframes", "noscript", "script", "style", "textarea", "title", "xmp"];

/// Elements that do not separate words.
const INLINE: &[&str] = &[
    "a", "abbr", "acronym", "b", "bdo", "big", "body", "br", "cite", "code", "em", "embed", "frame",
    "frameset", "head", "html", "i", "img", "input", "label", "q", "small", "span", "strike", "strong",
    "sub", "sup", "time",
];

/// Elements that mean nothing outside of a table.
const TABLE_PARTS: &[&str] = &["caption", "col", "colgroup", "tbody", "td", "tfoot", "th", "thead", "tr"];

/// Elements that are over where they begin.
const EMPTY: &[&str] = &[
    "area", "base", "br", "col", "embed", "frame", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
];

/// The first `max` characters of the text, trimmed; `...` follows if `ellipsis` and something was cut.
pub(super) fn excerpt(html: &str, max: usize, ellipsis: bool) -> String {
    let mut text = Collapsed::new(max);
    collect(html, &mut text);
    let cut = text.overflow;
    let mut plain = text.finish();
    if cut && ellipsis {
        plain.push_str("...");
    }
    plain
}

/// Text with its white space collapsed, up to a number of characters.
struct Collapsed {
    text: String,
    /// How many more characters there is room for.
    room: usize,
    /// White space came after the last character.
    space: bool,
    overflow: bool,
}

impl Collapsed {
    fn new(room: usize) -> Self {
        Self { text: String::new(), room, space: false, overflow: false }
    }

    fn push(&mut self, character: char) {
        if matches!(character, ' ' | '\t' | '\n' | '\r' | '\x0c') {
            self.space = true;
            return;
        }
        if self.text.is_empty() && character.is_whitespace() {
            return;
        }
        if std::mem::take(&mut self.space) && !self.text.is_empty() {
            self.put(' ');
        }
        self.put(character);
    }

    fn put(&mut self, character: char) {
        if self.room == 0 {
            // White space at the very end does not count as something that was cut.
            self.overflow |= !character.is_whitespace();
        } else {
            self.room -= 1;
            self.text.push(character);
        }
    }

    fn finish(mut self) -> String {
        self.text.truncate(self.text.trim_end().len());
        self.text
    }
}

fn collect(html: &str, text: &mut Collapsed) {
    let mut rest = html;
    // The skipped element that we are in, and how many of its kind are open.
    let mut skipping: Option<(String, usize)> = None;
    let mut tables = 0_usize;
    while let Some(character) = rest.chars().next() {
        if text.overflow {
            return;
        }
        if character == '<'
            && let Some((tag, length)) = tag(rest)
        {
            rest = &rest[length..];
            let Tag { name, kind } = tag;
            let Some(name) = name else { continue };
            if let Some((skipped, depth)) = &mut skipping {
                if *skipped == name {
                    *depth = if kind == Kind::Close { *depth - 1 } else { *depth + 1 };
                    if *depth == 0 {
                        skipping = None;
                    }
                }
                continue;
            }
            if kind == Kind::Open && RAW.contains(&name.as_str()) {
                let (content, after) = raw_content(rest, &name);
                rest = after;
                if !SKIPPED.contains(&name.as_str()) {
                    text.push(' ');
                    content.chars().for_each(|character| text.push(character));
                    text.push(' ');
                }
                continue;
            }
            if SKIPPED.contains(&name.as_str()) {
                if kind == Kind::Open {
                    skipping = Some((name, 1));
                }
                continue;
            }
            if name == "table" {
                tables = if kind == Kind::Close { tables.saturating_sub(1) } else { tables + 1 };
            }
            let table_part = TABLE_PARTS.contains(&name.as_str());
            let unopened = kind == Kind::Close && EMPTY.contains(&name.as_str());
            if !INLINE.contains(&name.as_str()) && (!table_part || tables > 0) && !unopened {
                text.push(' ');
            }
            continue;
        }
        let (character, length) = match character {
            '&' => entities::decode(rest).unwrap_or(('&', 1)),
            other => (other, other.len_utf8()),
        };
        rest = &rest[length..];
        if skipping.is_none() {
            text.push(character);
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Open,
    Close,
}

struct Tag {
    /// Lower case; `None` for comments and declarations.
    name: Option<String>,
    kind: Kind,
}

/// The tag, comment or declaration that starts the text and its length; `None` if `<` is just a character.
/// What is not ended reaches to the end of the text.
fn tag(text: &str) -> Option<(Tag, usize)> {
    let nameless = |length| Some((Tag { name: None, kind: Kind::Open }, length));
    let ended = |mark: &str, from: usize| {
        text.get(from..).and_then(|rest| rest.find(mark)).map_or(text.len(), |at| from + at + mark.len())
    };
    if text.starts_with("<!--") {
        return nameless(ended("-->", 4));
    }
    let (start, kind) = match text.as_bytes().get(1)? {
        b'!' | b'?' => return nameless(ended(">", 2)),
        b'/' => (2, Kind::Close),
        _ => (1, Kind::Open),
    };
    match text.as_bytes().get(start) {
        Some(byte) if byte.is_ascii_alphabetic() => {}
        // "</ x>" is a comment, "</" at the end and "< x" are text.
        Some(_) if kind == Kind::Close => return nameless(ended(">", 2)),
        _ => return None,
    }
    let bytes = text.as_bytes();
    let mut at = start;
    while at < bytes.len() && !matches!(bytes[at], b' ' | b'\t' | b'\n' | b'\r' | b'\x0c' | b'/' | b'>') {
        at += 1;
    }
    let name = text[start..at].to_ascii_lowercase();
    Some((Tag { name: Some(name), kind }, attributes(bytes, at)))
}

/// Where the tag ends whose attributes start here: quoted values may hold `>`.
fn attributes(bytes: &[u8], mut at: usize) -> usize {
    let mut value = false;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'>' => return at + 1,
            quote @ (b'"' | b'\'') if value => {
                let end = bytes[at + 1..].iter().position(|byte| byte == quote);
                at = end.map_or(bytes.len(), |end| at + 1 + end);
                value = false;
            }
            b'=' => value = true,
            byte if byte.is_ascii_whitespace() => {}
            _ => value = false,
        }
        at += 1;
    }
    bytes.len()
}

/// The content of an element that holds text only, and what follows its end tag.
fn raw_content<'a>(text: &'a str, name: &str) -> (&'a str, &'a str) {
    let mut from = 0;
    while let Some(found) = text[from..].find("</") {
        let start = from + found;
        let after = start + 2;
        if text.get(after..after + name.len()).is_some_and(|end| end.eq_ignore_ascii_case(name)) {
            let end = attributes(text.as_bytes(), after + name.len());
            return (&text[..start], &text[end..]);
        }
        from = after;
    }
    (text, "")
}
