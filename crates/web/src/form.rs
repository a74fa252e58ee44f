//! `application/x-www-form-urlencoded` text: query strings and form bodies.

/// The decoded pairs of a query string in order. `+` is a space. Pairs with a malformed escape or
/// a semicolon are left out; bytes that are not UTF-8 become U+FFFD.
pub fn pairs(text: &[u8]) -> impl Iterator<Item = (String, String)> {
    text.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty() && !pair.contains(&b';')).filter_map(
        |pair| {
            let middle = pair.iter().position(|&byte| byte == b'=');
            let (name, value) = match middle {
                Some(middle) => (&pair[..middle], &pair[middle + 1..]),
                None => (pair, &[][..]),
            };
            Some((decode(name)?, decode(value)?))
        },
    )
}

/// Whether [`pairs`] would leave nothing out.
pub fn is_well_formed(text: &[u8]) -> bool {
    let sound = |part: &[u8]| !part.contains(&b';') && decode(part).is_some();
    text.split(|&byte| byte == b'&').all(sound)
}

fn decode(text: &[u8]) -> Option<String> {
    if !text.iter().any(|&byte| byte == b'%' || byte == b'+') {
        return Some(String::from_utf8_lossy(text).into_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(&byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(*rest.next()?)? << 4 | hex(*rest.next()?)?,
            other => other,
        });
    }
    Some(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

fn hex(byte: u8) -> Option<u8> {
    // A hexadecimal digit fits a byte.
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}

#[cfg(test)]
mod tests {
    use super::pairs;
    use proptest::prelude::*;

    fn read(text: &str) -> Vec<(String, String)> {
        pairs(text.as_bytes()).collect()
    }

    #[test]
    fn decodes_and_drops() {
        assert_eq!(
            read("a=1&b=%C3%A9+x&c"),
            [("a", "1"), ("b", "é x"), ("c", "")].map(|(a, b)| (a.into(), b.into()))
        );
        assert!(read("a=%z1").is_empty());
        assert!(read("a=%1").is_empty());
        assert!(read("a;b=1&").is_empty());
        assert_eq!(read("a=%ff"), [("a".into(), "\u{fffd}".into())]);
        assert_eq!(read("a=b=c"), [("a".into(), "b=c".into())]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = pairs(&bytes).count();
        }

        #[test]
        fn escapes_come_back(text in "\\PC{0,20}") {
            let escaped: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
            prop_assert_eq!(read(&format!("k={escaped}")), vec![("k".to_owned(), text)]);
        }
    }
}
