//! Filling in the templates of a collection: `{APP_NAME}`, `{TOKEN}`, `{RECORD:field}`, ….

use std::borrow::Cow;

use ketch_model::{Record, Value, json};

/// What a template may name. Values are plain texts; bodies get them escaped.
#[derive(Debug, Clone, Default)]
pub struct Placeholders<'a> {
    values: Vec<(&'static str, String)>,
    record: Option<&'a Record>,
}

impl<'a> Placeholders<'a> {
    /// Placeholders with the fields of a record, as `{RECORD:name}`. Hidden fields have none.
    pub fn of(record: &'a Record) -> Self {
        Self { values: Vec::new(), record: Some(record) }
    }

    /// Adds a value that templates name as `{NAME}`.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.values.push((name, value.into()));
        self
    }

    fn value(&self, name: &str) -> Option<Cow<'_, str>> {
        if let Some(field) = name.strip_prefix("RECORD:") {
            return self.field(field).map(Cow::Owned);
        }
        let (_, value) = self.values.iter().find(|(known, _)| *known == name)?;
        Some(Cow::Borrowed(value))
    }

    fn field(&self, name: &str) -> Option<String> {
        let record = self.record?;
        let field = record.collection.field(name).filter(|field| !field.hidden)?;
        Some(shown(record.get(&field.name)?))
    }

    /// The template as a line of plain text, for subjects: a line break there would start a new header.
    pub(crate) fn fill_line(&self, template: &str) -> String {
        let filled = fill(template, |name| self.value(name));
        filled.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
    }

    /// The template as HTML.
    pub(crate) fn fill_html(&self, template: &str) -> String {
        fill(template, |name| self.value(name).map(|value| Cow::Owned(escape(&value))))
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join(", "),
        other => json::to_text(other),
    }
}

/// Replaces what `value` knows and keeps the rest as it is. What was filled in is not looked at
/// again: a person named `{TOKEN}` is greeted by that name.
fn fill<'v>(template: &str, value: impl Fn(&str) -> Option<Cow<'v, str>>) -> String {
    let mut filled = String::with_capacity(template.len() + 256);
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        filled.push_str(&rest[..start]);
        rest = &rest[start..];
        let inner = rest.find('}').map(|end| (&rest[1..end], end));
        match inner.and_then(|(name, end)| value(name).map(|value| (value, end))) {
            Some((value, end)) => {
                filled.push_str(&value);
                rest = &rest[end + 1..];
            }
            None => {
                filled.push('{');
                rest = &rest[1..];
            }
        }
    }
    filled.push_str(rest);
    filled
}

/// Text as HTML shows it, inside elements and attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&#34;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ketch_model::Collection;
    use ketch_model::collection::system;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn users() -> Arc<Collection> {
        let all = system::all();
        Arc::new(all.into_iter().find(|collection| collection.name == "users").unwrap())
    }

    #[test]
    fn what_is_known_is_filled_in_once() {
        let mut record = Record::blank(users());
        record.set("name", json!("<b>{TOKEN}</b> & {X}"));
        record.set("password", json!("hash"));
        let values = Placeholders::of(&record).with("TOKEN", "abc").with("APP_NAME", "A\r\nBcc: \"x\"");
        assert_eq!(values.fill_html("{{TOKEN}} {RECORD:name}"), "{abc} &lt;b&gt;{TOKEN}&lt;/b&gt; &amp; {X}");
        assert_eq!(values.fill_line("{APP_NAME} {RECORD:name}"), "A  Bcc: \"x\" <b>{TOKEN}</b> & {X}");
        for kept in
            ["{RECORD:password}", "{RECORD:tokenKey}", "{RECORD:nope}", "{OTHER}", "{ TOKEN}", "{TOKEN", "}{"]
        {
            assert_eq!(values.fill_html(kept), kept);
        }
        assert_eq!(values.fill_html("{RECORD:verified}{RECORD:emailVisibility}"), "falsefalse");
    }

    #[test]
    fn values_of_every_shape() {
        for (value, text) in [
            (json!(null), "null"),
            (json!(1.5), "1.5"),
            (json!(["a", "b"]), "a, b"),
            (json!({"lon": 1, "lat": 2}), r#"{"lon":1,"lat":2}"#),
        ] {
            assert_eq!(shown(&value), text);
        }
    }

    proptest! {
        #[test]
        fn hostile_templates(template in "[{}A-Z:é<]{0,40}", value in ".{0,20}") {
            let values = Placeholders::default().with("A", value);
            let _ = values.fill_html(&template);
            prop_assert!(!values.fill_line(&template).chars().any(char::is_control));
        }
    }
}
