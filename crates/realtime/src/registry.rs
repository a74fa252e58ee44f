//! Who is connected, and who watches what.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ketch_model::{Collection, Record};
use ketch_records::policy::Action;
use parking_lot::RwLock;

use crate::client::Client;
use crate::topic::Topic;

/// One client's interest in one topic.
#[derive(Debug, Clone)]
pub(crate) struct Subscription {
    pub client: Arc<Client>,
    pub topic: Arc<Topic>,
}

#[derive(Debug, Default)]
pub(crate) struct Registry {
    inner: RwLock<Inner>,
    /// Number of clients: asked for every committed change.
    connected: AtomicUsize,
}

#[derive(Debug, Default)]
struct Inner {
    clients: HashMap<String, Arc<Client>>,
    by_base: HashMap<String, Vec<Subscription>>,
    /// How many topics there are of a collection name or id.
    collections: HashMap<String, usize>,
}

impl Registry {
    pub fn is_empty(&self) -> bool {
        self.connected.load(Ordering::Acquire) == 0
    }

    pub fn add(&self, client: Arc<Client>) {
        let mut inner = self.inner.write();
        inner.clients.insert(client.id.clone(), client);
        self.connected.store(inner.clients.len(), Ordering::Release);
    }

    pub fn remove(&self, client: &Arc<Client>) {
        let mut inner = self.inner.write();
        if inner.clients.remove(&client.id).is_some() {
            inner.forget(client, client.set_topics(Vec::new()));
        }
        self.connected.store(inner.clients.len(), Ordering::Release);
    }

    pub fn client(&self, id: &str) -> Option<Arc<Client>> {
        self.inner.read().clients.get(id).cloned()
    }

    pub fn clients(&self) -> Vec<Arc<Client>> {
        self.inner.read().clients.values().cloned().collect()
    }

    /// Replaces what the client watches; `false` if it is gone.
    pub fn subscribe(&self, client: &Arc<Client>, topics: Vec<Arc<Topic>>) -> bool {
        let mut inner = self.inner.write();
        if !inner.clients.contains_key(&client.id) {
            return false;
        }
        inner.forget(client, client.set_topics(topics.clone()));
        for topic in topics {
            *inner.collections.entry(topic.collection().to_owned()).or_default() += 1;
            let subscription = Subscription { client: client.clone(), topic };
            inner.by_base.entry(subscription.topic.base.clone()).or_default().push(subscription);
        }
        true
    }

    /// Whether somebody watches records of the collection.
    pub fn watches(&self, collection: &Collection) -> bool {
        let inner = self.inner.read();
        inner.collections.contains_key(&collection.name) || inner.collections.contains_key(&collection.id)
    }

    /// Who watches the record, and whose rule decides what they see.
    pub fn matching(&self, record: &Record) -> Vec<(Subscription, Action)> {
        let inner = self.inner.read();
        let mut found = Vec::new();
        let collection = &record.collection;
        let names = [collection.name.as_str(), collection.id.as_str()];
        let names = if names[0] == names[1] { &names[..1] } else { &names[..] };
        for name in names.iter().filter(|name| inner.collections.contains_key(**name)) {
            let bases = [
                ((*name).to_owned(), Action::List),
                (format!("{name}/*"), Action::List),
                (format!("{name}/{}", record.id()), Action::View),
            ];
            for (base, action) in bases {
                let subscriptions = inner.by_base.get(&base).into_iter().flatten();
                found.extend(subscriptions.map(|subscription| (subscription.clone(), action)));
            }
        }
        found
    }
}

impl Inner {
    fn forget(&mut self, client: &Arc<Client>, topics: Vec<Arc<Topic>>) {
        for topic in topics {
            if let Some(subscriptions) = self.by_base.get_mut(&topic.base) {
                let position = subscriptions.iter().position(|known| {
                    Arc::ptr_eq(&known.client, client) && Arc::ptr_eq(&known.topic, &topic)
                });
                if let Some(position) = position {
                    subscriptions.swap_remove(position);
                }
                if subscriptions.is_empty() {
                    self.by_base.remove(&topic.base);
                }
            }
            if let Some(count) = self.collections.get_mut(topic.collection()) {
                *count -= 1;
                if *count == 0 {
                    self.collections.remove(topic.collection());
                }
            }
        }
    }
}
