//! The hub: connections come here, changes come here, messages go out.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use ketch_model::{Collection, Error, Record, Result, Schema, ids};
use ketch_records::{ChangeSink, LookBeforeDelete, Records};
use ketch_store::{Change, ChangeKind};
use parking_lot::Mutex;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use crate::client::{Client, Hangup};
use crate::judge::Judge;
use crate::matching::{Answers, Plan};
use crate::outbox::{Message, Standing};
use crate::registry::Registry;
use crate::topic::Topic;

const CLIENT_ID_LENGTH: usize = 40;
/// A client that has taken nothing of what waits for it for so long is cut.
const STALL: Duration = Duration::from_secs(30);
/// How long a closed connection may take to notice.
const CLOSING: Duration = Duration::from_secs(5);
const SWEEP: Duration = Duration::from_secs(1);
/// Changes that may wait to be matched. Beyond, everybody is cut and comes back to read afresh.
const MAX_WAITING: usize = 100_000;
/// How long a look at a record before its delete is worth something.
const LOOK_LIFETIME: Duration = Duration::from_secs(30);

/// How long connections may live. Clients connect again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// A connection that was sent nothing for so long is closed.
    pub idle: Duration,
    /// No connection lives longer.
    pub longest: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self { idle: Duration::from_secs(5 * 60), longest: Duration::from_secs(30 * 60) }
    }
}

/// All realtime connections of one app. Cheap to clone.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

struct Inner {
    lifetimes: Lifetimes,
    registry: Registry,
    queue: mpsc::UnboundedSender<Change>,
    queued: tokio::sync::Mutex<mpsc::UnboundedReceiver<Change>>,
    waiting: AtomicUsize,
    /// More came than could wait.
    flooded: AtomicBool,
    looks: Mutex<HashMap<(String, String), Look>>,
    closed: watch::Sender<bool>,
}

/// What the store said of a record that was about to be deleted.
struct Look {
    taken: Instant,
    answers: Answers,
}

/// A connection of a client; dropping it says that the client has gone.
pub struct Connection {
    hub: Hub,
    client: Arc<Client>,
}

impl Connection {
    pub fn client(&self) -> &Arc<Client> {
        &self.client
    }

    /// The next message for the client, `None` at the end of the connection.
    pub async fn next(&self) -> Option<Message> {
        self.client.outbox.next().await
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.hub.inner.registry.remove(&self.client);
    }
}

impl Hub {
    pub fn new(lifetimes: Lifetimes) -> Self {
        let (queue, queued) = mpsc::unbounded_channel();
        Self {
            inner: Arc::new(Inner {
                lifetimes,
                registry: Registry::default(),
                queue,
                queued: tokio::sync::Mutex::new(queued),
                waiting: AtomicUsize::new(0),
                flooded: AtomicBool::new(false),
                looks: Mutex::default(),
                closed: watch::Sender::new(false),
            }),
        }
    }

    /// Starts matching changes; runs until [`Hub::close`]. To be called once, inside a runtime.
    pub fn start(&self, records: Records) {
        let hub = self.clone();
        tokio::spawn(async move {
            let mut closed = hub.inner.closed.subscribe();
            let sweeping = tokio::spawn(sweep(hub.clone()));
            loop {
                let mut matching = tokio::spawn(match_changes(hub.clone(), records.clone()));
                tokio::select! {
                    _ = &mut matching => {
                        // Only a panic ends it; its text is in the log by way of the panic hook.
                        tracing::error!("matching of changes failed and is started again");
                        hub.cut_all();
                    }
                    _ = closed.wait_for(|closed| *closed) => {
                        matching.abort();
                        sweeping.abort();
                        return;
                    }
                }
            }
        });
    }

    /// Ends every connection; later ones end at once.
    pub fn close(&self) {
        self.inner.closed.send_replace(true);
        for client in self.inner.registry.clients() {
            client.outbox.close();
        }
    }

    /// A new connection from this address. `hangup` ends its transport if the client does not read.
    pub fn connect(&self, ip: String, hangup: Hangup) -> Connection {
        let id = ids::random_text(CLIENT_ID_LENGTH, ids::ALPHANUMERIC);
        let client = Arc::new(Client::new(id, ip, hangup));
        self.inner.registry.add(client.clone());
        if *self.inner.closed.borrow() {
            client.outbox.close();
        }
        Connection { hub: self.clone(), client }
    }

    /// The connection with this id.
    pub fn client(&self, id: &str) -> Option<Arc<Client>> {
        self.inner.registry.client(id)
    }

    /// Replaces what a client watches, and binds it to the record that asks for that.
    ///
    /// # Errors
    /// 404 if the client is gone, 400 if it connected from another address, 403 if it is bound to
    /// another record.
    pub async fn subscribe(
        &self,
        records: &Records,
        client_id: &str,
        ip: &str,
        auth: Option<Arc<Record>>,
        topics: Vec<Topic>,
    ) -> Result<()> {
        let gone = || Error::not_found("Missing or invalid client id.");
        let client = self.client(client_id).ok_or_else(gone)?;
        if client.ip != ip {
            return Err(Error::bad_request("Invalid realtime client."));
        }
        client.revalidate(&records.schema());
        if !client.bind(auth.clone()) {
            return Err(Error::forbidden("The current and the previous request authorization don't match."));
        }
        let mut kept: Vec<Arc<Topic>> = Vec::with_capacity(topics.len());
        let mut texts = std::collections::HashSet::new();
        for topic in topics {
            if texts.insert(topic.text.clone()) {
                kept.push(Arc::new(topic));
            }
        }
        if !self.inner.registry.subscribe(&client, kept) {
            return Err(gone());
        }
        if let Some(bound) = auth {
            // The session may have ended between the look at its token and now, unseen by the hub.
            let stored = records.find_by_id(&bound.collection, bound.id()).await?;
            client.revalidate_record(stored.as_ref());
            client.revalidate(&records.schema());
        }
        Ok(())
    }

    /// Takes one topic from a client.
    pub fn unsubscribe(&self, client: &Arc<Client>, text: &str) {
        let mut topics = client.topics();
        topics.retain(|topic| topic.text != text);
        self.inner.registry.subscribe(client, topics);
    }

    fn cut_all(&self) {
        for client in self.inner.registry.clients() {
            client.cut();
        }
    }
}

impl ChangeSink for Hub {
    fn committed(&self, changes: &[Change]) {
        let Inner { registry, queue, waiting, flooded, .. } = &*self.inner;
        if registry.is_empty() {
            return;
        }
        for change in changes {
            if waiting.load(Ordering::Relaxed) >= MAX_WAITING {
                flooded.store(true, Ordering::Release);
                return;
            }
            if queue.send(change.clone()).is_ok() {
                waiting.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn looks_before_delete(&self, collections: &[Arc<Collection>]) -> bool {
        let registry = &self.inner.registry;
        !registry.is_empty() && collections.iter().any(|collection| registry.watches(collection))
    }

    fn deleting<'a>(&'a self, records: &'a Records, doomed: Vec<Arc<Record>>) -> LookBeforeDelete<'a> {
        Box::pin(async move {
            let mut judge = Judge::new(records.schema());
            for record in doomed {
                let subscriptions = self.inner.registry.matching(&record);
                let plan = Plan::of(&mut judge, &record, true, subscriptions);
                if plan.asks() {
                    let answers = plan.answers(records, Answers::new()).await;
                    let key = (record.collection.id.clone(), record.id().to_owned());
                    self.inner.looks.lock().insert(key, Look { taken: Instant::now(), answers });
                }
            }
        })
    }
}

/// Matches changes in the order of their commits.
async fn match_changes(hub: Hub, records: Records) {
    let inner = &hub.inner;
    let mut queued = inner.queued.lock().await;
    let mut schema = records.schema();
    let mut judge = Judge::new(schema.clone());
    while let Some(change) = queued.recv().await {
        inner.waiting.fetch_sub(1, Ordering::Relaxed);
        if inner.flooded.load(Ordering::Acquire) {
            // What waits is of no use to clients that start afresh.
            while queued.try_recv().is_ok() {
                inner.waiting.fetch_sub(1, Ordering::Relaxed);
            }
            inner.flooded.store(false, Ordering::Release);
            tracing::warn!("more changes than could be told of: all realtime clients are cut");
            hub.cut_all();
            continue;
        }
        let current = records.schema();
        if !Arc::ptr_eq(&schema, &current) {
            revalidate(inner, &current);
            judge = Judge::new(current.clone());
            schema = current;
        }
        tell(inner, &records, &mut judge, &change).await;
        // Streams get their turn even in a long run of changes.
        tokio::task::yield_now().await;
    }
}

fn revalidate(inner: &Inner, schema: &Schema) {
    for client in inner.registry.clients() {
        client.revalidate(schema);
    }
}

async fn tell(inner: &Inner, records: &Records, judge: &mut Judge, change: &Change) {
    let Some(record) = change.after.as_ref().or(change.before.as_ref()) else { return };
    if let (ChangeKind::Update, Some(before)) = (change.kind, &change.before) {
        rebind(inner, before, Some(record));
    }
    let is_deleted = change.kind == ChangeKind::Delete;
    let mut known = Answers::new();
    if change.kind != ChangeKind::Create {
        let mut looks = inner.looks.lock();
        if !looks.is_empty() {
            // A look at a record that has changed since is worth nothing.
            let look = looks.remove(&(record.collection.id.clone(), record.id().to_owned()));
            if let (true, Some(look)) = (is_deleted, look) {
                known = look.answers;
            }
        }
    }
    let subscriptions = inner.registry.matching(record);
    if !subscriptions.is_empty() {
        let plan = Plan::of(judge, record, !is_deleted, subscriptions);
        let answers = if plan.asks() { plan.answers(records, known).await } else { known };
        plan.tell(change.kind, record, &answers);
    }
    if is_deleted {
        rebind(inner, record, None);
    }
}

/// Sessions follow their record: its new values, or its end.
fn rebind(inner: &Inner, before: &Record, after: Option<&Arc<Record>>) {
    if before.collection.is_auth() {
        for client in inner.registry.clients() {
            client.record_changed(before, after);
        }
    }
}

/// Ends connections that are over, and forgets what nobody came back for.
async fn sweep(hub: Hub) {
    let Lifetimes { idle, longest } = hub.inner.lifetimes;
    loop {
        tokio::time::sleep(SWEEP).await;
        hub.inner.looks.lock().retain(|_, look| look.taken.elapsed() < LOOK_LIFETIME);
        for client in hub.inner.registry.clients() {
            match client.outbox.standing() {
                Standing::Stalled(time) if time >= STALL => client.cut(),
                Standing::Closed(time) if time >= CLOSING => client.cut(),
                Standing::Idle(time) if time >= idle => client.outbox.close(),
                _ if client.connected.elapsed() >= longest => client.outbox.close(),
                _ => {}
            }
        }
    }
}
