//! What a listener is told, and how topics are written.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::encode::component;
use crate::options::Options;

/// The topic of a connection's first message.
pub(crate) const CONNECT: &str = "PB_CONNECT";

/// What a listener is told.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A message for the topic.
    Message {
        /// The topic as it was subscribed to, without options.
        topic: String,
        /// What the message says.
        data: Value,
    },
    /// The connection is gone, and is being opened again in the background.
    Disconnected,
    /// Messages may have been missed: the connection was away and is back, or this listener was too
    /// slow. Whoever keeps a copy of the data should fetch it again.
    Gap,
}

/// What happens to the connection as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionEvent {
    /// The connection is gone. With topics it broke and is being opened again; without any it was
    /// closed, as nobody listens any more.
    Disconnected {
        /// What is subscribed to, with options, as the server names it.
        topics: Vec<String>,
    },
    /// The connection was away and is back: messages may have been missed.
    Gap {
        /// What is subscribed to.
        topics: Vec<String>,
    },
}

/// What is told of the connection as a whole, besides what each listener is told.
pub(crate) type Observer = Arc<dyn Fn(&ConnectionEvent) + Send + Sync>;

/// A topic with the options of the subscription, as the server knows it.
pub(crate) fn key(topic: &str, options: &Options) -> String {
    if options.query.is_empty() && options.headers.is_empty() {
        return topic.to_owned();
    }
    let object = |pairs: &[(String, String)]| -> Map<String, Value> {
        pairs.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect()
    };
    let text = json!({"query": object(&options.query), "headers": object(&options.headers)}).to_string();
    let separator = if topic.contains('?') { '&' } else { '?' };
    format!("{topic}{separator}options={}", component(&text))
}

/// Whether a topic with options is one of `topic`.
pub(crate) fn is_of(key: &str, topic: &str) -> bool {
    key.strip_prefix(topic).is_some_and(|rest| rest.is_empty() || rest.starts_with(['?', '&']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_carry_their_options() {
        assert_eq!(key("posts/*", &Options::new()), "posts/*");
        let options = Options::new().filter("a = 'b'").header("X-A", "1");
        let written = key("posts/*", &options);
        let text = written.strip_prefix("posts/*?options=").unwrap();
        let text = percent_encoding::percent_decode_str(text).decode_utf8().unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value, json!({"query": {"filter": "a = 'b'"}, "headers": {"X-A": "1"}}));
        assert!(is_of(&written, "posts/*") && is_of("posts/*", "posts/*"));
        assert!(!is_of(&written, "posts") && !is_of("posts/*x", "posts/*"));
    }
}
