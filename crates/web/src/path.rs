//! URL paths: cleaning of doubled slashes and dot segments, on the text as sent (escapes untouched).

use std::borrow::Cow;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The cleaned path, borrowed where nothing had to change. Always starts with one slash; a
/// trailing slash stays.
pub fn clean(path: &str) -> Cow<'_, str> {
    if is_clean(path) {
        return Cow::Borrowed(path);
    }
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            other => segments.push(other),
        }
    }
    let mut cleaned = String::with_capacity(path.len());
    for segment in &segments {
        cleaned.push('/');
        cleaned.push_str(segment);
    }
    if cleaned.is_empty() || path.ends_with('/') {
        cleaned.push('/');
    }
    Cow::Owned(cleaned)
}

fn is_clean(path: &str) -> bool {
    let bytes = path.as_bytes();
    if bytes.first() != Some(&b'/') {
        return false;
    }
    let mut index = 0;
    while index < bytes.len() {
        if bytes[index] == b'/' {
            match &bytes[index + 1..] {
                [b'/', ..] | [b'.'] | [b'.', b'/', ..] | [b'.', b'.'] | [b'.', b'.', b'/', ..] => {
                    return false;
                }
                _ => {}
            }
        }
        index += 1;
    }
    true
}

/// Whether every `%` is followed by two hexadecimal digits.
pub fn has_valid_escapes(path: &str) -> bool {
    let bytes = path.as_bytes();
    bytes.iter().enumerate().filter(|(_, byte)| **byte == b'%').all(|(index, _)| {
        matches!(bytes.get(index + 1..index + 3), Some(digits) if digits.iter().all(u8::is_ascii_hexdigit))
    })
}

/// The path with its escapes resolved; `None` if that is not UTF-8.
pub fn decode(path: &str) -> Option<Cow<'_, str>> {
    percent_encoding::percent_decode_str(path).decode_utf8().ok()
}

/// The path with U+FFFD in the place of escaped bytes that are not UTF-8; `None` if there are none.
pub fn repaired(path: &str) -> Option<String> {
    if !path.contains('%') || decode(path).is_some() {
        return None;
    }
    // Slash by slash, so that only the separators that were sent as such separate.
    let segments = path.split('/').map(|segment| {
        let decoded = percent_encoding::percent_decode_str(segment).decode_utf8_lossy();
        utf8_percent_encode(&decoded, NON_ALPHANUMERIC).to_string()
    });
    Some(segments.collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cleans_as_servers_do() {
        for (path, cleaned) in [
            ("/api/health", "/api/health"),
            ("/api//health", "/api/health"),
            ("/api/./health", "/api/health"),
            ("/../x", "/x"),
            ("//", "/"),
            ("/", "/"),
            ("", "/"),
            ("/api/health/..", "/api"),
            ("/api/health/../", "/api/"),
            ("/a/...", "/a/..."),
            ("/.well-known/x", "/.well-known/x"),
            ("/a/..b/.c", "/a/..b/.c"),
            ("/%2e%2e/x", "/%2e%2e/x"),
            ("x/y", "/x/y"),
        ] {
            assert_eq!(clean(path), cleaned, "{path}");
        }
    }

    #[test]
    fn escapes() {
        assert!(has_valid_escapes("/a%2Fb"));
        assert!(!has_valid_escapes("/a%zz"));
        assert!(!has_valid_escapes("/a%2"));
        assert_eq!(decode("/%ff"), None);
        assert_eq!(repaired("/a%20b"), None);
        assert_eq!(repaired("/a/%ff%2F").as_deref(), Some("/a/%EF%BF%BD%2F"));
    }

    proptest! {
        #[test]
        fn cleaning_is_final(path in "[/.a%]{0,24}") {
            let once = clean(&path).into_owned();
            prop_assert!(once.starts_with('/'));
            prop_assert!(!once.contains("//"));
            let again = clean(&once);
            prop_assert!(matches!(again, Cow::Borrowed(_)), "{} -> {}", path, once);
        }
    }
}
