//! Which pages of other origins may call.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_REQUEST_HEADERS, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue};

const ANY: HeaderValue = HeaderValue::from_static("*");
const METHODS: HeaderValue = HeaderValue::from_static("GET,HEAD,PUT,PATCH,POST,DELETE");

/// The allowed origins.
#[derive(Debug, Clone)]
pub struct Cors {
    any: bool,
    origins: Vec<String>,
}

impl Default for Cors {
    fn default() -> Self {
        Self { any: true, origins: Vec::new() }
    }
}

impl Cors {
    /// Each origin is `*` (all), exact, or a pattern in which `*` stands for any run of
    /// characters of a host or scheme (`https://*.example.com`).
    pub fn new(origins: Vec<String>) -> Self {
        Self { any: origins.is_empty() || origins.iter().any(|origin| origin == "*"), origins }
    }

    /// The value of `Access-Control-Allow-Origin` for a request, `None` without an allowed `Origin`.
    pub fn allowed(&self, request: &HeaderMap) -> Option<HeaderValue> {
        let origin = request.get(ORIGIN)?;
        if self.any {
            return Some(ANY);
        }
        let text = origin.to_str().ok()?;
        self.origins.iter().any(|pattern| matches(pattern, text)).then(|| origin.clone())
    }

    /// Fills the answer to a preflight request.
    pub fn preflight(&self, request: &HeaderMap, answer: &mut HeaderMap) {
        answer.insert(VARY, HeaderValue::from_static("Origin"));
        let Some(origin) = self.allowed(request) else { return };
        answer.append(VARY, HeaderValue::from_static("Access-Control-Request-Method"));
        answer.append(VARY, HeaderValue::from_static("Access-Control-Request-Headers"));
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        answer.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        if let Some(names) = request.get(ACCESS_CONTROL_REQUEST_HEADERS) {
            answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
        }
    }
}

/// Matches a pattern whose `*` stand for runs of characters other than those that end a host.
fn matches(pattern: &str, origin: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == origin };
    let Some(mut tail) = origin.strip_prefix(start) else { return false };
    loop {
        if matches(rest, tail) {
            return true;
        }
        let mut characters = tail.chars();
        match characters.next() {
            None | Some('/' | '?' | '#' | '@' | '\\') => return false,
            Some(_) => tail = characters.as_str(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, origin, expected) in [
            ("https://*.example.com", "https://a.example.com", true),
            ("https://*.example.com", "https://a.b.example.com", true),
            ("https://*.example.com", "https://example.com", false),
            ("https://*.example.com", "https://evil.com/.example.com", false),
            ("https://*.example.com", "https://a.example.com.evil", false),
            ("http://a.b", "http://a.b", true),
            ("http://a.b", "http://A.B", false),
            ("*://x.y", "https://x.y", true),
            ("http://loc:*", "http://loc:8080", true),
        ] {
            assert_eq!(matches(pattern, origin), expected, "{pattern} {origin}");
        }
    }
}
