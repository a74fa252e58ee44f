//! Kinds of text.

use std::borrow::Cow;

use super::json;

/// The type of text, `None` for bytes that no text has; `cut` says that more bytes follow.
pub(super) fn content_type(head: &[u8], cut: bool) -> Option<Cow<'static, str>> {
    if let Some(charset) = wide_charset(head) {
        return Some(Cow::Owned(format!("text/plain; charset={charset}")));
    }
    if head.iter().any(|byte| matches!(byte, 0..=8 | 0x0B | 0x0E..=0x1A | 0x1C..=0x1F)) {
        return None;
    }
    let body = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    if let Some(found) = markup(body) {
        return Some(found);
    }
    let found = script(body)
        .or_else(|| json::content_type(head, cut))
        .or_else(|| head.starts_with(b"{\\rtf").then_some("text/rtf"))
        .or_else(|| subtitles(body))
        .or_else(|| card(body))
        .or_else(|| separated(head, b',', cut).then_some("text/csv"))
        .or_else(|| separated(head, b'\t', cut).then_some("text/tab-separated-values"));
    Some(found.map_or_else(|| with_charset("text/plain", charset(head).map(str::to_owned)), Cow::Borrowed))
}

fn with_charset(kind: &'static str, charset: Option<String>) -> Cow<'static, str> {
    match charset {
        Some(charset) => Cow::Owned(format!("{kind}; charset={charset}")),
        None => Cow::Borrowed(kind),
    }
}

/// Charsets of more than one byte a character, by their marks.
fn wide_charset(head: &[u8]) -> Option<&'static str> {
    // The longer marks begin with the shorter ones.
    [
        (&b"\0\0\xFE\xFF"[..], "utf-32be"),
        (b"\xFF\xFE\0\0", "utf-32le"),
        (b"\xFE\xFF", "utf-16be"),
        (b"\xFF\xFE", "utf-16le"),
    ]
    .into_iter()
    .find(|(mark, _)| head.starts_with(mark))
    .map(|(_, charset)| charset)
}

/// UTF-8 if it can be, a last character cut short included.
fn charset(head: &[u8]) -> Option<&'static str> {
    match std::str::from_utf8(head) {
        Ok(_) => Some("utf-8"),
        Err(error) if error.error_len().is_none() => Some("utf-8"),
        Err(_) if head.iter().all(|byte| !(0x80..0xA0).contains(byte)) => Some("iso-8859-1"),
        Err(_) => None,
    }
}

fn markup(body: &[u8]) -> Option<Cow<'static, str>> {
    let text = body.trim_ascii_start();
    if is_xml(text) {
        let kind = xml_kind(text);
        if kind != "text/xml" {
            return Some(Cow::Borrowed(kind));
        }
        let declared = text.split(|byte| *byte == b'>').next().and_then(|line| attribute(line, b"encoding="));
        return Some(with_charset(kind, Some(declared.unwrap_or_else(|| "utf-8".to_owned()))));
    }
    if is_svg(text) {
        return Some(Cow::Borrowed("image/svg+xml"));
    }
    if is_html(text) {
        let declared = attribute(text, b"charset=").map(|charset| charset.to_ascii_lowercase());
        let charset = declared.or_else(|| charset(text).map(str::to_owned));
        return Some(with_charset("text/html", charset));
    }
    // The original knows the short tag only with a blank after it.
    let is_php = starts_ignoring_case(text, b"<?php") || text.starts_with(b"<? ");
    is_php.then_some(Cow::Borrowed("text/x-php"))
}

fn is_xml(text: &[u8]) -> bool {
    starts_ignoring_case(text, b"<?xml")
}

/// The kinds of XML, by what its first kilobytes name.
fn xml_kind(text: &[u8]) -> &'static str {
    let has = |wanted: &[u8]| text.windows(wanted.len()).any(|window| window == wanted);
    if has(b"<svg") {
        "image/svg+xml"
    } else if has(b"<rss") {
        "application/rss+xml"
    } else if has(b"<feed") && has(b"http://www.w3.org/2005/Atom") {
        "application/atom+xml"
    } else if has(b"<kml") && has(b"/kml/2.") {
        "application/vnd.google-earth.kml+xml"
    } else if has(b"<gpx") && has(b"http://www.topografix.com/GPX/1/") {
        "application/gpx+xml"
    } else {
        "text/xml"
    }
}

/// A drawing without an XML line must say its namespace; comments may stand before it.
fn is_svg(mut text: &[u8]) -> bool {
    while let Some(rest) = text.strip_prefix(b"<!--") {
        let Some(end) = rest.windows(3).position(|window| window == b"-->") else {
            return false;
        };
        text = rest[end + 3..].trim_ascii_start();
    }
    let Some(tag) = text.strip_prefix(b"<svg").and_then(|rest| rest.split(|byte| *byte == b'>').next())
    else {
        return false;
    };
    let namespaces: [&[u8]; 2] =
        [b"xmlns=\"http://www.w3.org/2000/svg\"", b"xmlns='http://www.w3.org/2000/svg'"];
    namespaces.iter().any(|namespace| tag.windows(namespace.len()).any(|window| window == *namespace))
}

fn is_html(text: &[u8]) -> bool {
    const TAGS: [&str; 17] = [
        "<!DOCTYPE HTML",
        "<HTML",
        "<HEAD",
        "<SCRIPT",
        "<IFRAME",
        "<H1",
        "<DIV",
        "<FONT",
        "<TABLE",
        "<A",
        "<STYLE",
        "<TITLE",
        "<B",
        "<BODY",
        "<BR",
        "<P",
        "<!--",
    ];
    TAGS.iter().any(|tag| {
        starts_ignoring_case(text, tag.as_bytes()) && matches!(text.get(tag.len()), Some(b' ' | b'>'))
    })
}

fn starts_ignoring_case(text: &[u8], start: &[u8]) -> bool {
    text.get(..start.len()).is_some_and(|given| given.eq_ignore_ascii_case(start))
}

/// What follows `name=`, quoted or not.
fn attribute(text: &[u8], name: &[u8]) -> Option<String> {
    let start = text.windows(name.len()).position(|window| window.eq_ignore_ascii_case(name))? + name.len();
    let value = text[start..].trim_ascii_start();
    let value = value.strip_prefix(b"\"").or_else(|| value.strip_prefix(b"'")).unwrap_or(value);
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:+".contains(byte);
    let value: Vec<u8> = value.iter().copied().take_while(is_part).take(40).collect();
    String::from_utf8(value).ok().filter(|value| !value.is_empty())
}

/// Scripts, by the interpreter that their first line names.
fn script(body: &[u8]) -> Option<&'static str> {
    let line = body.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let line = std::str::from_utf8(line).ok()?;
    let mut words = line.split_ascii_whitespace();
    let mut program = words.next()?.rsplit('/').next()?;
    if program == "env" {
        program = words.find(|word| !word.starts_with('-'))?;
    }
    match program {
        "sh" | "bash" | "zsh" | "dash" | "ash" | "ksh" | "csh" | "tcsh" | "fish" => {
            Some("text/x-shellscript")
        }
        "node" | "nodejs" => Some("text/javascript"),
        "lua" => Some("text/x-lua"),
        "perl" => Some("text/x-perl"),
        "php" => Some("text/x-php"),
        "ruby" => Some("text/x-ruby"),
        "tclsh" | "wish" => Some("text/x-tcl"),
        _ if program
            .strip_prefix("python")
            .is_some_and(|version| version.chars().all(|c| c.is_ascii_digit() || c == '.')) =>
        {
            Some("text/x-python")
        }
        _ => None,
    }
}

fn subtitles(body: &[u8]) -> Option<&'static str> {
    if let Some(rest) = body.strip_prefix(b"WEBVTT") {
        return matches!(rest.first(), None | Some(b' ' | b'\t' | b'\n' | b'\r')).then_some("text/vtt");
    }
    let mut lines = body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let is_first = lines.next()? == b"1";
    let (from, to) = std::str::from_utf8(lines.next()?).ok()?.split_once(" --> ")?;
    let has_text = lines.next().is_some_and(|line| !line.is_empty());
    (is_first && is_time(from) && is_time(to) && has_text).then_some("application/x-subrip")
}

/// `00:02:16,612`
fn is_time(text: &str) -> bool {
    let mut places = text.bytes().zip(b"00:00:00,000");
    text.len() == 12
        && places.all(|(given, place)| if *place == b'0' { given.is_ascii_digit() } else { given == *place })
}

fn card(body: &[u8]) -> Option<&'static str> {
    let mut lines = body.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let kind = match lines.next()? {
        b"BEGIN:VCALENDAR" => "text/calendar",
        b"BEGIN:VCARD" => "text/vcard",
        _ => return None,
    };
    // The file must go on after its first line.
    lines.next().is_some_and(|line| !line.is_empty()).then_some(kind)
}

/// Whether the text is a table: at least two lines of the same number of values, at least two.
fn separated(text: &[u8], separator: u8, cut: bool) -> bool {
    let mut width = 0;
    let mut rows = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let Some((values, after)) = row(rest, separator) else {
            // A quote that never ends: wrong, unless the end is only out of sight.
            return cut && rows >= 2;
        };
        // The last line of a longer file may be cut short.
        if after.is_empty() && cut && rows >= 2 {
            break;
        }
        rest = after;
        match values {
            // Blank lines and notes do not count.
            0 => continue,
            1 => return false,
            _ if rows == 0 => width = values,
            _ if values != width => return false,
            _ => {}
        }
        rows += 1;
    }
    rows >= 2
}

/// Counts the values of the first row and answers what follows it; `None` if a quote stays open.
fn row(text: &[u8], separator: u8) -> Option<(usize, &[u8])> {
    if text[0] == b'\n' {
        return Some((0, &text[1..]));
    }
    if text.starts_with(b"\r\n") {
        return Some((0, &text[2..]));
    }
    let is_note = text[0] == b'#';
    let mut values = 1;
    let mut at = 0;
    let mut value_start = true;
    while at < text.len() {
        let byte = text[at];
        if value_start && byte == b'"' && !is_note {
            at += 1 + quoted(&text[at + 1..])?;
            value_start = false;
            continue;
        }
        at += 1;
        value_start = false;
        if byte == b'\n' {
            break;
        }
        if byte == separator {
            values += 1;
            value_start = true;
        }
    }
    Some((if is_note { 0 } else { values }, &text[at..]))
}

/// The length of a quoted value's rest, its closing quote included; doubled quotes belong to it.
fn quoted(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        at += text.get(at..)?.iter().position(|byte| *byte == b'"')? + 1;
        if text.get(at) != Some(&b'"') {
            return Some(at);
        }
        at += 1;
    }
}
