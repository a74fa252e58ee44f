//! Texts cut to size, and without secrets.

use std::borrow::Cow;

/// The longest beginning of a text that has at most so many bytes and ends with a whole character.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let mut end = bytes;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// A URL, or its query, without the values of parameters that are called like tokens or signatures.
pub(crate) fn without_secrets(url: &str) -> Cow<'_, str> {
    let query = url.find('?').map_or(0, |mark| mark + 1);
    let is_secret = |part: &str| {
        part.split_once('=').is_some_and(|(name, value)| {
            let name = name.to_ascii_lowercase();
            !value.is_empty() && ["token", "signature"].iter().any(|secret| name.contains(secret))
        })
    };
    if !url[query..].split('&').any(is_secret) {
        return Cow::Borrowed(url);
    }
    let shown = |part: &str| match part.split_once('=') {
        Some((name, _)) if is_secret(part) => format!("{name}=***"),
        _ => part.to_owned(),
    };
    let parts: Vec<String> = url[query..].split('&').map(shown).collect();
    Cow::Owned(format!("{}{}", &url[..query], parts.join("&")))
}

#[cfg(test)]
mod tests {
    use super::{cut, without_secrets};

    #[test]
    fn tokens_are_not_shown() {
        for (url, shown) in [
            ("a=1&token=abc&b=2", "a=1&token=***&b=2"),
            ("/admin/users?refresh_token=abc", "/admin/users?refresh_token=***"),
            ("/f/x.png?a&Token=1&signature=2", "/f/x.png?a&Token=***&signature=***"),
            ("/token=abc/x?token=", "/token=abc/x?token="),
            ("/x?filter=a%3Db", "/x?filter=a%3Db"),
            ("", ""),
        ] {
            assert_eq!(without_secrets(url), shown);
        }
    }

    #[test]
    fn whole_characters() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abc", 2), "ab");
        assert_eq!(cut("aü", 2), "a");
        assert_eq!(cut("ü", 0), "");
    }
}
