//! What of a request a rule asks: observers that agree in it get the same answer.

use std::fmt::Write;

use ketch_model::Record;

use crate::topic::Topic;

/// The parts of a request that a rule names.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Inputs {
    auth: Vec<AuthInput>,
    query: Vec<String>,
    headers: Vec<String>,
    /// The answer does not depend on the time: it has no macros.
    pub is_timeless: bool,
}

#[derive(Debug, PartialEq)]
struct AuthInput {
    field: String,
    /// The name goes on behind the field: other records are asked.
    goes_on: bool,
}

impl Inputs {
    /// Reads the names out of a rule's text. What stands in quotes may be taken for a name, which
    /// tells apart what would be equal, but never the other way round.
    pub fn of(rule: &str) -> Self {
        let mut inputs = Self { is_timeless: true, ..Self::default() };
        for part in rule.split('@').skip(1) {
            let end = part
                .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':')))
                .unwrap_or(part.len());
            let mut segments = part[..end].split('.');
            let (first, second, name) = (segments.next(), segments.next(), segments.next());
            let name = name.unwrap_or_default().split(':').next().unwrap_or_default().to_owned();
            match (first, second) {
                (Some("request"), Some("auth")) => {
                    inputs.auth.push(AuthInput { field: name, goes_on: segments.next().is_some() });
                }
                (Some("request"), Some("query")) => inputs.query.push(name),
                (Some("request"), Some("headers")) => inputs.headers.push(name),
                (Some("request" | "collection"), _) => {}
                _ => inputs.is_timeless = false,
            }
        }
        inputs
    }

    /// A text that is equal for observers whose requests agree in what is asked.
    pub fn key(&self, auth: Option<&Record>, topic: &Topic) -> String {
        let mut key = String::new();
        for AuthInput { field, goes_on } in &self.auth {
            let Some(record) = auth else {
                add(&mut key, None);
                continue;
            };
            add(&mut key, Some(&record.collection.id));
            match field.as_str() {
                "id" => add(&mut key, Some(record.id())),
                "collectionId" | "collectionName" => {}
                field => match record.get(field) {
                    Some(serde_json::Value::String(text)) => add(&mut key, Some(text)),
                    value => add(&mut key, value.map(ToString::to_string).as_deref()),
                },
            }
            let is_back_relation = record.get(field).is_none();
            if *goes_on || is_back_relation {
                add(&mut key, Some(record.id()));
            }
        }
        for name in &self.query {
            add(&mut key, topic.query.get(name).map(String::as_str));
        }
        for name in &self.headers {
            add(&mut key, topic.headers.get(name).map(String::as_str));
        }
        key
    }
}

/// Appends a part with its length, so that different lists of parts are different texts.
fn add(key: &mut String, part: Option<&str>) {
    let _ = match part {
        Some(text) => write!(key, "{}:{text}", text.len()),
        None => write!(key, "-"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_rules() {
        let rule = "@request.auth.id != '' && (team = @request.auth.team:lower||x=@request.query.k) && \
                    @request.headers.x_a:isset = true && @collection.a.b ?= @request.auth.org.name";
        let inputs = Inputs::of(rule);
        let auth = |field: &str, goes_on| AuthInput { field: field.to_owned(), goes_on };
        assert_eq!(inputs.auth, [auth("id", false), auth("team", false), auth("org", true)]);
        assert_eq!((inputs.query, inputs.headers), (vec!["k".to_owned()], vec!["x_a".to_owned()]));
        assert!(inputs.is_timeless);
        assert!(!Inputs::of("created > @now").is_timeless);
    }

    #[test]
    fn keys_tell_requests_apart() {
        let inputs = Inputs::of("a = @request.query.a && b = @request.query.b");
        let topic = |options: &str| Topic::new("t".to_owned(), Some(options));
        let key = |options: &str| inputs.key(None, &topic(options));
        assert_eq!(key(r#"{"query":{"a":"1","b":"2","c":"3"}}"#), key(r#"{"query":{"a":"1","b":"2"}}"#));
        assert_ne!(key(r#"{"query":{"a":"12"}}"#), key(r#"{"query":{"a":"1","b":"2"}}"#));
        assert_ne!(key(r#"{"query":{"a":""}}"#), key("{}"));
    }
}
