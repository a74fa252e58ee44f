//! One connection: who it belongs to and what it watches.

use std::fmt;
use std::sync::Arc;

use ketch_model::{Record, Schema};
use parking_lot::Mutex;
use tokio::time::Instant;

use crate::outbox::{Message, Outbox};
use crate::topic::Topic;

/// Ends the transport of a connection whose client does not read.
pub struct Hangup(Box<dyn Fn() + Send + Sync>);

impl Hangup {
    pub fn new(hang_up: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Box::new(hang_up))
    }

    /// Ends it.
    pub fn now(&self) {
        (self.0)();
    }
}

impl fmt::Debug for Hangup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Hangup")
    }
}

#[derive(Debug)]
pub struct Client {
    pub id: String,
    /// The address that it connected from.
    pub ip: String,
    pub(crate) connected: Instant,
    pub(crate) outbox: Outbox,
    hangup: Hangup,
    binding: Mutex<Binding>,
}

#[derive(Debug, Default)]
struct Binding {
    auth: Option<Arc<Record>>,
    topics: Vec<Arc<Topic>>,
}

impl Client {
    pub(crate) fn new(id: String, ip: String, hangup: Hangup) -> Self {
        Self { id, ip, connected: Instant::now(), outbox: Outbox::new(), hangup, binding: Mutex::default() }
    }

    /// The record that it acts as; `None` for a guest.
    pub fn auth(&self) -> Option<Arc<Record>> {
        self.binding.lock().auth.clone()
    }

    /// The topic with exactly this text, if it is subscribed.
    pub fn topic(&self, text: &str) -> Option<Arc<Topic>> {
        self.binding.lock().topics.iter().find(|topic| topic.text == text).cloned()
    }

    /// Replaces the topics and answers those before.
    pub(crate) fn set_topics(&self, topics: Vec<Arc<Topic>>) -> Vec<Arc<Topic>> {
        std::mem::replace(&mut self.binding.lock().topics, topics)
    }

    pub(crate) fn topics(&self) -> Vec<Arc<Topic>> {
        self.binding.lock().topics.clone()
    }

    /// Binds a record. A guest may become anybody, but nobody may become somebody else.
    pub(crate) fn bind(&self, auth: Option<Arc<Record>>) -> bool {
        let mut binding = self.binding.lock();
        let allowed = match (&binding.auth, &auth) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(before), Some(after)) => is_same(before, after),
        };
        if allowed {
            binding.auth = auth;
        }
        allowed
    }

    /// The bound record was changed or is gone (`None`): its session goes on with the new values or ends.
    pub(crate) fn record_changed(&self, before: &Record, after: Option<&Arc<Record>>) {
        let mut binding = self.binding.lock();
        if binding.auth.as_ref().is_some_and(|bound| is_same(bound, before)) {
            binding.auth = after.filter(|after| after.text("tokenKey") == before.text("tokenKey")).cloned();
        }
    }

    /// Ends a session that its collection no longer vouches for.
    pub(crate) fn revalidate(&self, schema: &Schema) {
        let mut binding = self.binding.lock();
        let valid = binding.auth.as_ref().is_none_or(|bound| {
            let secret = bound.collection.auth().map(|options| &options.auth_token.secret);
            let current = schema.by_id(&bound.collection.id).and_then(|collection| collection.auth());
            current.map(|options| &options.auth_token.secret) == secret
        });
        if !valid {
            binding.auth = None;
        }
    }

    /// Ends the session of a record whose token key is no longer the bound one's.
    pub(crate) fn revalidate_record(&self, stored: Option<&Record>) {
        let mut binding = self.binding.lock();
        let valid = binding.auth.as_ref().is_none_or(|bound| {
            stored.is_some_and(|stored| {
                is_same(bound, stored) && bound.text("tokenKey") == stored.text("tokenKey")
            })
        });
        if !valid {
            binding.auth = None;
        }
    }

    /// Queues a message; who does not read is cut.
    pub fn send(&self, message: Message) {
        if !self.outbox.push(message) {
            tracing::debug!(client = %self.id, "a realtime client does not read and is cut");
            self.cut();
        }
    }

    /// Ends the connection, whatever its transport is waiting for.
    pub(crate) fn cut(&self) {
        self.outbox.close();
        self.hangup.now();
    }
}

fn is_same(left: &Record, right: &Record) -> bool {
    left.collection.id == right.collection.id && left.id() == right.id()
}
