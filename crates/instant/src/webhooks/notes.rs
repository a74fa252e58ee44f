//! Notes what has to be delivered, in the transaction that makes it so.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use ketch_model::attr::derived_id;
use ketch_model::{CellRef, FieldKind, Object, Record, Schema, Value, json as text, time};
use ketch_records::ChangeSink;
use ketch_store::sql::{self, webhooks};
use ketch_store::{Change, ChangeKind, Connection, Flow, StoreError};
use serde_json::json;
use tokio::sync::Notify;

use super::hook::{Webhook, action_name};
use crate::permissions::entity::object_of;

/// A sink of changes that writes down what webhooks want to know. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct WebhookNotes {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    hooks: ArcSwap<Vec<Arc<Webhook>>>,
    /// Something was noted that nobody was woken for.
    noted: AtomicBool,
    wake: Notify,
}

/// What a transaction did to one record.
struct Net<'a> {
    before: Option<&'a Arc<Record>>,
    after: Option<&'a Arc<Record>>,
}

impl WebhookNotes {
    pub(super) fn hooks(&self) -> Arc<Vec<Arc<Webhook>>> {
        self.inner.hooks.load_full()
    }

    pub(super) fn set_hooks(&self, hooks: Vec<Arc<Webhook>>) {
        self.inner.hooks.store(Arc::new(hooks));
        self.wake();
    }

    pub(super) fn wake(&self) {
        self.inner.wake.notify_one();
    }

    /// Waits until there is something new.
    pub(super) async fn news(&self) {
        self.inner.wake.notified().await;
    }
}

impl ChangeSink for WebhookNotes {
    fn committed(&self, _: &[Change]) {
        if self.inner.noted.swap(false, Ordering::SeqCst) {
            self.wake();
        }
    }

    fn logged(
        &self,
        connection: &mut dyn Connection,
        schema: &Schema,
        changes: &[Change],
    ) -> Result<(), StoreError> {
        let hooks = self.inner.hooks.load();
        let hooks: Vec<&Arc<Webhook>> = hooks.iter().filter(|hook| hook.is_active).collect();
        if hooks.is_empty() {
            return Ok(());
        }
        let mut told: Vec<Vec<Value>> = vec![Vec::new(); hooks.len()];
        for (namespace, net) in net(schema, changes) {
            let Some(kind) = net.kind() else { continue };
            if !hooks.iter().any(|hook| hook.wants(namespace, kind)) {
                continue;
            }
            let Some(entry) = net.describe(schema, namespace, kind) else { continue };
            for (hook, told) in hooks.iter().zip(&mut told) {
                if hook.wants(namespace, kind) {
                    told.push(entry.clone());
                }
            }
        }
        if told.iter().all(Vec::is_empty) {
            return Ok(());
        }
        let seq = newest(connection)?;
        let now = time::unix_milliseconds();
        for (hook, mut told) in hooks.into_iter().zip(told) {
            if told.is_empty() {
                continue;
            }
            let number = seq.to_string();
            for (entry, position) in told.iter_mut().zip(0_u64..) {
                let position = position.to_string();
                entry["idempotencyKey"] = derived_id(&["webhook", &hook.id, &number, &position]).into();
            }
            let payload = json!({ "data": told, "idempotencyKey": key_of(&hook.id, seq) });
            let payload = text::to_text(&payload);
            connection.execute(&webhooks::insert_event(connection.dialect(), &hook.id, seq, payload, now))?;
        }
        self.inner.noted.store(true, Ordering::SeqCst);
        Ok(())
    }
}

/// By which who gets a delivery twice knows it again.
pub(super) fn key_of(webhook: &str, seq: i64) -> String {
    derived_id(&["webhook", webhook, &seq.to_string()])
}

/// The number of the transaction, whose row in the change log was just written.
fn newest(connection: &mut dyn Connection) -> Result<i64, StoreError> {
    let statement = sql::change_log_ends(connection.dialect());
    let mut newest = 0;
    connection.query(&statement, &mut |row| {
        if let CellRef::Integer(number) = row.cell(1) {
            newest = number;
        }
        Flow::Stop
    })?;
    Ok(newest)
}

/// What became of each record, with its namespace, in the order of their first changes.
fn net<'a>(schema: &'a Schema, changes: &'a [Change]) -> Vec<(&'a str, Net<'a>)> {
    let mut all: Vec<(&str, Net<'_>)> = Vec::new();
    let mut places: HashMap<(&str, &str), usize> = HashMap::new();
    for change in changes {
        let Some(record) = change.after.as_ref().or(change.before.as_ref()) else { continue };
        let Some(namespace) = schema.attrs().namespace(&record.collection.id) else { continue };
        let place = *places.entry((&record.collection.id, record.id())).or_insert_with(|| {
            all.push((namespace, Net { before: change.before.as_ref(), after: None }));
            all.len() - 1
        });
        all[place].1.after = change.after.as_ref();
    }
    all
}

impl Net<'_> {
    fn kind(&self) -> Option<ChangeKind> {
        match (self.before, self.after) {
            (None, None) => None,
            (None, Some(_)) => Some(ChangeKind::Create),
            (Some(_), None) => Some(ChangeKind::Delete),
            (Some(_), Some(_)) => Some(ChangeKind::Update),
        }
    }

    /// As it is told; `None` where nothing changed but links, or what nobody is shown.
    fn describe(&self, schema: &Schema, namespace: &str, kind: ChangeKind) -> Option<Value> {
        let object =
            |record: Option<&Arc<Record>>| record.map(|record| object_of(schema.attrs(), namespace, record));
        let (before, after) = (object(self.before), object(self.after));
        if kind == ChangeKind::Update && !self.is_visible(before.as_ref(), after.as_ref()) {
            return None;
        }
        let record = self.after.or(self.before)?;
        Some(json!({
            "namespace": namespace,
            "id": record.id(),
            "action": action_name(kind),
            "before": before,
            "after": after,
        }))
    }

    fn is_visible(&self, before: Option<&Object>, after: Option<&Object>) -> bool {
        let (Some(old), Some(new), Some(before), Some(after)) = (self.before, self.after, before, after)
        else {
            return true;
        };
        let is_link = |label: &String| {
            let field = |record: &Record| {
                let index = record.collection.field_index(label)?;
                Some(matches!(record.collection.fields[index].kind, FieldKind::Relation(_)))
            };
            field(new).or_else(|| field(old)).unwrap_or(false)
        };
        before
            .keys()
            .chain(after.keys())
            .any(|label| before.get(label) != after.get(label) && !is_link(label))
    }
}
