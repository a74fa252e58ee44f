//! Topics: what a client wants to hear of.

use std::collections::BTreeMap;
use std::sync::Arc;

use ketch_model::Value;
use ketch_query::fields::FieldPicker;

/// One subscription text: `COLLECTION/*`, `COLLECTION`, `COLLECTION/RECORD`, or any other name,
/// with options behind a `?`.
#[derive(Debug)]
pub struct Topic {
    /// Exactly as submitted: the name of its events.
    pub text: String,
    /// The text before the options: what a change is matched with.
    pub(crate) base: String,
    /// The text from the `?` on: equal texts are equal options.
    pub(crate) suffix: String,
    /// `@request.query` of the rules.
    pub(crate) query: Arc<BTreeMap<String, String>>,
    /// `@request.headers` of the rules, names in snake case.
    pub(crate) headers: Arc<BTreeMap<String, String>>,
    pub(crate) picker: FieldPicker,
}

impl Topic {
    /// `options` is the value of the topic's `options` parameter, decoded: JSON of `query` and
    /// `headers`. What cannot be read is ignored.
    pub fn new(text: String, options: Option<&str>) -> Self {
        let split = text.find('?').unwrap_or(text.len());
        let (base, suffix) = (text[..split].to_owned(), text[split..].to_owned());
        let options: Value =
            options.and_then(|options| serde_json::from_str(options).ok()).unwrap_or_default();
        let query = texts(options.get("query"), str::to_owned);
        let headers = texts(options.get("headers"), |name| name.to_ascii_lowercase().replace('-', "_"));
        let fields = query.get("fields").map(String::as_str).unwrap_or_default();
        let picker = FieldPicker::parse(fields).unwrap_or_default();
        Self { base, suffix, query: Arc::new(query), headers: Arc::new(headers), picker, text }
    }

    pub(crate) fn filter(&self) -> &str {
        self.query.get("filter").map(String::as_str).unwrap_or_default()
    }

    pub(crate) fn expand(&self) -> &str {
        self.query.get("expand").map(String::as_str).unwrap_or_default()
    }

    /// The collection that the topic would be of, by name or id.
    pub(crate) fn collection(&self) -> &str {
        self.base.split_once('/').map_or(self.base.as_str(), |(collection, _)| collection)
    }
}

fn texts(object: Option<&Value>, name: fn(&str) -> String) -> BTreeMap<String, String> {
    let entries = object.and_then(Value::as_object).into_iter().flatten();
    entries
        .map(|(key, value)| {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Null => String::new(),
                other => other.to_string(),
            };
            (name(key), text)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_topic() {
        let options = r#"{"query":{"filter":"a=1","n":5,"fields":"id"},"headers":{"X-Token":true}}"#;
        let topic = Topic::new("posts/*?options=…".to_owned(), Some(options));
        assert_eq!((topic.base.as_str(), topic.suffix.as_str()), ("posts/*", "?options=…"));
        assert_eq!((topic.collection(), topic.filter(), topic.expand()), ("posts", "a=1", ""));
        assert_eq!(topic.query["n"], "5");
        assert_eq!(topic.headers["x_token"], "true");
        assert!(!topic.picker.picks_everything());
        let plain = Topic::new("posts?options=bad".to_owned(), Some("bad"));
        assert_eq!((plain.base.as_str(), plain.collection()), ("posts", "posts"));
        assert!(plain.query.is_empty() && plain.picker.picks_everything());
    }
}
