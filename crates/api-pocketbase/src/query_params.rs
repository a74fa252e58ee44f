//! The query string, read once.

use ketch_model::Error;
use ketch_web::form;

/// The query string's parameters in order. The first value of a name counts; parameters with
/// malformed escapes are absent.
#[derive(Debug, Default, Clone)]
pub struct QueryParams(Vec<(String, String)>);

impl QueryParams {
    pub fn parse(text: &str) -> Self {
        let mut params = Vec::new();
        for (name, value) in form::pairs(text.as_bytes()) {
            if !params.iter().any(|(known, _): &(String, String)| *known == name) {
                params.push((name, value));
            }
        }
        Self(params)
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The parameter, empty where it is absent.
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// A whole number; `None` where the parameter is absent or empty.
    ///
    /// # Errors
    /// The default 400 for anything that is not a decimal 64 bit number.
    pub fn integer(&self, name: &str) -> Result<Option<i64>, Error> {
        match self.text(name) {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| Error::bad_request("")),
        }
    }

    /// `1 t T TRUE true True` or `0 f F FALSE false False`; `None` where the parameter is absent or empty.
    ///
    /// # Errors
    /// The default 400 for any other text.
    pub fn boolean(&self, name: &str) -> Result<Option<bool>, Error> {
        match self.text(name) {
            "" => Ok(None),
            text => parse_bool(text).map(Some).ok_or_else(|| Error::bad_request("")),
        }
    }

    /// Each name once, with its first value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

/// The strict spelling of booleans that query strings and forms share.
pub fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_value_counts_and_bad_escapes_are_absent() {
        let params = QueryParams::parse("page=2&page=3&filter=%zz&sort=a+b&x;y=1&empty");
        assert_eq!(params.integer("page").unwrap(), Some(2));
        assert_eq!(params.get("filter"), None);
        assert_eq!(params.get("sort"), Some("a b"));
        assert_eq!(params.get("x;y"), None);
        assert_eq!(params.get("empty"), Some(""));
    }

    #[test]
    fn numbers_and_booleans_are_strict() {
        let params = QueryParams::parse("a=1.5&b=yes&c=&d=+7&e=-3&f=%2B7");
        assert!(params.integer("a").is_err());
        assert!(params.boolean("b").is_err());
        assert_eq!(params.boolean("c").unwrap(), None);
        assert!(params.integer("d").is_err());
        assert_eq!(params.integer("e").unwrap(), Some(-3));
        assert_eq!(params.integer("f").unwrap(), Some(7));
    }
}
