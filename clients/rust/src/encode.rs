//! Percent-encoding of path segments and queries.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// As `encodeURIComponent` of JavaScript, which servers are used to.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'!')
    .remove(b'~')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// `text` as one segment of a path or one value of a query.
///
/// `.` and `..` become `%2E` and `%2E%2E`, so that no id can climb out of its path.
pub(crate) fn component(text: &str) -> String {
    match text {
        "." => "%2E".to_owned(),
        ".." => "%2E%2E".to_owned(),
        _ => utf8_percent_encode(text, COMPONENT).to_string(),
    }
}

/// `path` with the pairs appended as its query.
pub(crate) fn with_query<K: AsRef<str>, V: AsRef<str>>(path: &str, pairs: &[(K, V)]) -> String {
    let mut out = path.to_owned();
    let mut separator = if path.contains('?') { '&' } else { '?' };
    for (key, value) in pairs {
        out.push(separator);
        out.extend(utf8_percent_encode(key.as_ref(), COMPONENT));
        out.push('=');
        out.extend(utf8_percent_encode(value.as_ref(), COMPONENT));
        separator = '&';
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn queries_are_appended() {
        assert_eq!(with_query::<&str, &str>("/a", &[]), "/a");
        assert_eq!(with_query("/a?x=1", &[("y", "b c&d")]), "/a?x=1&y=b%20c%26d");
    }

    proptest! {
        #[test]
        fn a_component_stays_one_component(text in ".*") {
            let encoded = component(&text);
            prop_assert!(!encoded.contains(['/', '?', '#', '&', '=', '+', ' ', '%']) || encoded.contains('%'));
            prop_assert!(!encoded.contains(['/', '?', '#', '&', '=', '+', ' ']));
            prop_assert!(encoded != "." && encoded != "..");
            let decoded = percent_encoding::percent_decode_str(&encoded).decode_utf8().unwrap().into_owned();
            prop_assert_eq!(decoded, text);
        }
    }
}
