//! Shapes of addresses: e-mail, web, domain names.

use std::net::IpAddr;
use std::sync::LazyLock;

use regex::Regex;

/// Letters beyond ASCII that addresses may hold.
fn is_wide(character: char) -> bool {
    matches!(character, '\u{a0}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{ffef}')
}

/// Whether the text has the shape of an e-mail address with a domain of two labels or more.
pub fn is_email(text: &str) -> bool {
    text.rsplit_once('@').is_some_and(|(local, domain)| is_local_part(local) && is_mail_domain(domain))
}

fn is_local_part(local: &str) -> bool {
    if let Some(quoted) = local.strip_prefix('"') {
        return quoted.strip_suffix('"').is_some_and(is_quoted);
    }
    let is_atom_character =
        |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || is_wide(c);
    local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom_character))
}

fn is_quoted(inner: &str) -> bool {
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        let fits = match character {
            '\\' => characters.next().is_some_and(|escaped| escaped.is_ascii() || is_wide(escaped)),
            '"' | ' ' | '\t' | '\r' | '\n' | '\0' => false,
            _ => character.is_ascii() || is_wide(character),
        };
        if !fits {
            return false;
        }
    }
    true
}

fn is_mail_domain(domain: &str) -> bool {
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    let Some((labels, top)) = domain.rsplit_once('.') else { return false };
    let is_inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '~') || is_wide(c);
    let is_edge = |c: char| c.is_ascii_alphanumeric() || is_wide(c);
    let is_top_edge = |c: char| c.is_ascii_alphabetic() || is_wide(c);
    labels.split('.').all(|label| is_label(label, is_edge, is_inner)) && is_label(top, is_top_edge, is_inner)
}

fn is_label(label: &str, is_edge: impl Fn(char) -> bool, is_inner: impl Fn(char) -> bool) -> bool {
    label.chars().all(is_inner)
        && label.starts_with(&is_edge)
        && label.chars().next_back().is_some_and(is_edge)
}

/// Whether the text is a domain name of two labels or more, each of at most 63 characters, at most 255 in all.
pub fn is_domain(text: &str) -> bool {
    let is_edge = |c: char| c.is_ascii_alphanumeric();
    let is_inner = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let Some((labels, top)) = text.rsplit_once('.') else { return false };
    text.len() <= 255
        && (1..=63).contains(&top.len())
        && top.bytes().all(|byte| byte.is_ascii_alphabetic())
        && labels.split('.').all(|label| label.len() <= 63 && is_label(label, is_edge, is_inner))
}

/// The longest address, in characters.
const MAX_URL: usize = 2083;

/// An address, with or without scheme and user; the host in brackets is captured.
const URL: &str = concat!(
    r"^((ftp|tcp|udp|wss?|https?)://)?(\S+(:\S*)?@)?(",
    // An IPv4 address.
    r"([1-9][0-9]?|1[0-9][0-9]|2[01][0-9]|22[0-3]|24[0-9]|25[0-5])(\.([0-9]{1,2}|1[0-9][0-9]|2[0-4][0-9]|25[0-5])){2}",
    r"(?:\.([0-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5]))",
    // An address in brackets.
    r"|(\[(?P<address>[0-9A-Fa-f:.]+)\])",
    // A name.
    r"|(([a-zA-Z0-9]([a-zA-Z0-9_-]+)?[a-zA-Z0-9]([-.][a-zA-Z0-9]+)*)",
    r"|(((www\.)|([a-zA-Z0-9]+([-_.]?[a-zA-Z0-9])*[a-zA-Z0-9]\.[a-zA-Z0-9]+))?))?",
    r"(([a-zA-Z\x{a1}-\x{ffff}0-9]+-?-?)*[a-zA-Z\x{a1}-\x{ffff}0-9]+)(?:\.([a-zA-Z\x{a1}-\x{ffff}]{1,}))?",
    r")\.?(:([0-9]{1,5}))?((/|\?|#)[^\s]*)?$",
);

/// Whether the text has the shape of an address of the web. The scheme may be missing.
pub fn is_url(text: &str) -> bool {
    static SHAPE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(URL).ok());
    let length = text.chars().count();
    if text.len() <= 3
        || length >= MAX_URL
        || !has_sound_escapes(text)
        || of_url(text).starts_with('.')
        || is_bare_word(text)
    {
        return false;
    }
    let Some(captures) = SHAPE.as_ref().and_then(|shape| shape.captures(text)) else { return false };
    captures.name("address").is_none_or(|address| address.as_str().parse::<IpAddr>().is_ok())
}

/// Without a scheme or port only a dot tells an address from a word.
fn is_bare_word(text: &str) -> bool {
    let path = text.split(['?', '#']).next().unwrap_or_default();
    !text.contains(':') && !text.starts_with("//") && !path.is_empty() && !path.contains('.')
}

/// Whether every percent sign before the query begins an escape, and none stands in the host.
fn has_sound_escapes(text: &str) -> bool {
    let path = text.split('?').next().unwrap_or_default();
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_hexdigit);
    let bytes = path.as_bytes();
    !of_url(text).contains('%')
        && !text.contains(|c: char| c.is_ascii_control())
        && bytes
            .iter()
            .enumerate()
            .all(|(at, byte)| *byte != b'%' || (is_digit(bytes.get(at + 1)) && is_digit(bytes.get(at + 2))))
}

/// The host of an address with its port, without user and password; empty if there is none.
pub fn of_url(text: &str) -> &str {
    let Some((_, rest)) = text.split_once("://") else { return "" };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}
