//! The text part of a mail, made of its HTML.

/// Elements that begin and end a line of their own.
const BLOCKS: [&str; 17] = [
    "p",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "table",
    "tr",
    "blockquote",
    "pre",
    "hr",
    "section",
];
/// Elements whose content is not for reading.
const UNREAD: [&str; 4] = ["style", "script", "head", "title"];

/// The words of an HTML fragment, a paragraph a line; links as `words: address`.
pub(crate) fn of_html(html: &str) -> String {
    let mut writer = Writer::default();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        writer.words(&rest[..start]);
        rest = &rest[start..];
        if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        let Some(end) = tag_end(rest) else { break };
        let tag = Tag::read(&rest[1..end]);
        rest = &rest[end + 1..];
        if !tag.closes && UNREAD.contains(&tag.name.as_str()) {
            let closing = format!("</{}", tag.name);
            rest = find_ignoring_case(rest, &closing).map_or("", |at| &rest[at..]);
            continue;
        }
        writer.tag(&tag);
    }
    if !rest.starts_with('<') {
        writer.words(rest);
    }
    writer.finish()
}

/// Where the tag that the text starts with ends: at the first `>` outside quotes.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    text.char_indices().find_map(|(at, letter)| {
        match quote {
            Some(open) if letter == open => quote = None,
            Some(_) => {}
            None if letter == '"' || letter == '\'' => quote = Some(letter),
            None if letter == '>' => return Some(at),
            None => {}
        }
        None
    })
}

fn find_ignoring_case(text: &str, lower: &str) -> Option<usize> {
    text.to_ascii_lowercase().find(lower)
}

struct Tag {
    name: String,
    closes: bool,
    href: Option<String>,
}

impl Tag {
    fn read(inner: &str) -> Self {
        let (closes, inner) = match inner.strip_prefix('/') {
            Some(inner) => (true, inner),
            None => (false, inner),
        };
        let end = inner.find(|c: char| c.is_whitespace() || c == '/').unwrap_or(inner.len());
        let name = inner[..end].to_ascii_lowercase();
        let href = if name == "a" && !closes { attribute(&inner[end..], "href") } else { None };
        Self { name, closes, href }
    }
}

/// The value of an attribute in what follows a tag's name.
fn attribute(text: &str, name: &str) -> Option<String> {
    let mut rest = text;
    while let Some(at) = find_ignoring_case(rest, name) {
        let starts_word = rest[..at].ends_with(char::is_whitespace);
        let after = rest[at + name.len()..].trim_start();
        rest = &rest[at + name.len()..];
        let Some(value) = after.strip_prefix('=').filter(|_| starts_word) else { continue };
        let value = value.trim_start();
        let value = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split(quote).next(),
            _ => value.split(char::is_whitespace).next(),
        };
        return value.map(unescaped);
    }
    None
}

#[derive(Default)]
struct Writer {
    text: String,
    /// A space is due before the next word.
    space: bool,
    /// The link that is open: its address, and where its words began.
    link: Option<(String, usize)>,
}

impl Writer {
    fn words(&mut self, raw: &str) {
        for letter in unescaped(raw).chars() {
            if letter.is_whitespace() {
                self.space = true;
                continue;
            }
            if self.space && !self.text.is_empty() && !self.text.ends_with('\n') {
                self.text.push(' ');
            }
            self.space = false;
            self.text.push(letter);
        }
    }

    fn line(&mut self) {
        self.space = false;
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn tag(&mut self, tag: &Tag) {
        match tag.name.as_str() {
            "br" => {
                self.space = false;
                self.text.push('\n');
            }
            "a" if tag.closes => self.end_link(),
            "a" => {
                self.end_link();
                self.link = tag.href.clone().map(|href| (href, self.text.len()));
            }
            name if BLOCKS.contains(&name) => {
                self.line();
                if name == "li" && !tag.closes {
                    self.text.push_str("- ");
                }
            }
            _ => {}
        }
    }

    fn end_link(&mut self) {
        let Some((href, start)) = self.link.take() else { return };
        let words = self.text.get(start..).unwrap_or_default().trim();
        if href.is_empty() || words == href || href.starts_with('#') {
            return;
        }
        let separator = if words.is_empty() { "" } else { ": " };
        self.text.push_str(separator);
        self.text.push_str(&href);
        // The next word must not become a part of the address.
        self.space = true;
    }

    fn finish(mut self) -> String {
        self.end_link();
        self.line();
        self.text
    }
}

/// Text with its character references resolved; unknown ones stay.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        plain.push_str(&rest[..start]);
        rest = &rest[start..];
        let reference =
            rest.find(';').filter(|end| *end <= 10).and_then(|end| Some((character(&rest[1..end])?, end)));
        match reference {
            Some((letter, end)) => {
                plain.push(letter);
                rest = &rest[end + 1..];
            }
            None => {
                plain.push('&');
                rest = &rest[1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|letter| !letter.is_control());
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_mail_reads_well_without_html() {
        let html = "<p>Hello &lt;Anna&gt;,</p>\n<p>Click\n below.</p>\n<p>\n  <a class=\"btn\" \
                    href=\"http://x/#/a?b=1&amp;c=2\" target='_blank'>Reset</a> now\n</p>\n<p>Thanks,<br/>\n Team</p>";
        assert_eq!(
            of_html(html),
            "Hello <Anna>,\nClick below.\nReset: http://x/#/a?b=1&c=2 now\nThanks,\nTeam\n"
        );
    }

    #[test]
    fn what_is_not_read_is_left_out() {
        assert_eq!(of_html("<style>p{a:b}</style><!-- <p>no</p> -->yes<script>no</SCRIPT>!"), "yes!\n");
        assert_eq!(of_html("<ul><li>a<li>b</ul>"), "- a\n- b\n");
        assert_eq!(of_html("<a href=http://x>http://x</a>"), "http://x\n");
        assert_eq!(of_html("1 &lt; 2 & &unknown; &#65;&#x42;&#0;"), "1 < 2 & &unknown; AB&#0;\n");
        assert_eq!(of_html("broken <a href=\"x"), "broken\n");
    }

    proptest! {
        #[test]
        fn hostile_html(html in "[<>a-c/\"'= &#;!é-]{0,60}") {
            let _ = of_html(&html);
        }
    }
}
