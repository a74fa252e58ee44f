//! The `sort` parameter: names and directions.

use crate::error::FilterError;

/// How many names one sort may hold.
const MAX_KEYS: usize = 8;
/// The longest name with its sign, in bytes.
const MAX_KEY: usize = 255;

/// One part of a sort text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key<'a> {
    pub name: &'a str,
    pub descending: bool,
}

/// Splits a sort text. An empty part stays a part: its empty name is unknown to every collection.
pub fn parse(text: &str) -> Result<Vec<Key<'_>>, FilterError> {
    let mut keys = Vec::new();
    for part in text.split(',') {
        let part = part.trim();
        if part.len() > MAX_KEY {
            return Err(FilterError::new(format!("a sort name has over {MAX_KEY} bytes")));
        }
        if keys.len() == MAX_KEYS {
            return Err(FilterError::new(format!("a sort may have {MAX_KEYS} names")));
        }
        keys.push(match part.strip_prefix('-') {
            Some(name) => Key { name, descending: true },
            None => Key { name: part.strip_prefix('+').unwrap_or(part), descending: false },
        });
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys() {
        let key = |name, descending| Key { name, descending };
        assert_eq!(parse("a"), Ok(vec![key("a", false)]));
        assert_eq!(
            parse(" -a , +b.c,@random"),
            Ok(vec![key("a", true), key("b.c", false), key("@random", false)])
        );
        assert_eq!(parse("a,"), Ok(vec![key("a", false), key("", false)]));
        assert_eq!(parse("--a"), Ok(vec![key("-a", true)]));
        assert!(parse("a,b,c,d,e,f,g,h").is_ok());
        assert!(parse("a,b,c,d,e,f,g,h,i").is_err());
        assert!(parse(&"a".repeat(256)).is_err());
    }
}
