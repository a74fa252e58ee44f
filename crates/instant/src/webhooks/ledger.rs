//! Webhooks and their events as they are stored.

use std::sync::Arc;

use ketch_model::{CellRef, Value, json, time};
use ketch_store::sql::attrs;
use ketch_store::sql::webhooks::{self as sql, EventState};
use ketch_store::{Connection, Flow, Store, StoreError};

use super::event::{Event, status};
use super::hook::Webhook;
use super::notes::WebhookNotes;
use crate::error::Result;
use crate::transact::Failure;

/// The key of `_ketch_meta` under which webhooks are kept.
const META_KEY: &str = "webhooks";
const DELETED_AT_ONCE: i64 = 500;
/// Finished events are kept for so long,
const KEPT_MILLISECONDS: i64 = 7 * 24 * 60 * 60 * 1000;
/// and of each webhook only among its newest so many.
const KEPT: i64 = 10_000;
/// A webhook that has so many events waiting is switched off.
const WAITING_MAX: u64 = 100_000;

#[derive(Clone)]
pub(super) struct Ledger {
    pub store: Arc<dyn Store>,
    pub notes: WebhookNotes,
}

impl Ledger {
    /// Reads the webhooks that are stored.
    pub async fn load(&self) -> Result<(), StoreError> {
        let hooks = self.store.read(|connection| stored(connection)).await?;
        self.notes.set_hooks(hooks.into_iter().map(Arc::new).collect());
        Ok(())
    }

    pub fn find(&self, id: &str) -> Option<Arc<Webhook>> {
        self.notes.hooks().iter().find(|hook| hook.id == id).cloned()
    }

    /// Changes the webhooks; what is changed is in force before any later write.
    pub async fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Vec<Webhook>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let work = move |connection: &mut dyn Connection| {
            let mut hooks = stored(connection)?;
            let answer = change(&mut hooks)?;
            let document = Value::Array(hooks.iter().map(Webhook::stored).collect());
            let saved = attrs::save_meta(connection.dialect(), META_KEY, &json::to_text(&document));
            connection.execute(&saved)?;
            Ok::<_, Failure>((answer, hooks.into_iter().map(Arc::new).collect::<Vec<_>>()))
        };
        let notes = self.notes.clone();
        let changed =
            self.store.write_exclusive(work, move |(_, hooks)| notes.set_hooks(hooks.clone())).await;
        Ok(changed.map_err(Failure::into_error)?.0)
    }

    /// One event and its payload.
    pub async fn event(&self, webhook: &str, seq: i64) -> Result<Option<(Event, String)>> {
        let webhook = webhook.to_owned();
        let work = move |connection: &mut dyn Connection| {
            let statement = sql::select_event(connection.dialect(), &webhook, seq);
            let mut found = None;
            connection.query(&statement, &mut |row| {
                found = Event::of(row).zip(row.cell(6).as_text().map(str::to_owned));
                Flow::Stop
            })?;
            Ok::<_, StoreError>(found)
        };
        Ok(self.store.read(work).await.map_err(ketch_model::Error::from)?)
    }

    /// Events before a number, newest first.
    pub async fn events_before(&self, webhook: &str, before: i64, limit: i64) -> Result<Vec<Event>> {
        let webhook = webhook.to_owned();
        let work = move |connection: &mut dyn Connection| {
            let statement = sql::select_events_before(connection.dialect(), &webhook, before, limit);
            events(connection, &statement)
        };
        Ok(self.store.read(work).await.map_err(ketch_model::Error::from)?)
    }

    /// Events that are due, and when the next one will be.
    pub async fn due(&self, webhook: &str, now: i64, limit: i64) -> Result<(Vec<Event>, Option<i64>)> {
        let webhook = webhook.to_owned();
        let work = move |connection: &mut dyn Connection| {
            let statement = sql::select_due_events(connection.dialect(), &webhook, now, limit);
            let due = events(connection, &statement)?;
            let statement = sql::next_due(connection.dialect(), &webhook, now);
            let mut next = None;
            connection.query(&statement, &mut |row| {
                if let CellRef::Integer(time) = row.cell(0) {
                    next = Some(time);
                }
                Flow::Stop
            })?;
            Ok::<_, StoreError>((due, next))
        };
        Ok(self.store.read(work).await.map_err(ketch_model::Error::from)?)
    }

    /// Notes what became of an event.
    pub async fn save(&self, webhook: &str, event: &Event) -> Result<()> {
        let (webhook, event) = (webhook.to_owned(), event.clone());
        let work = move |connection: &mut dyn Connection| {
            let attempts = json::to_text(&Value::Array(event.attempts));
            let state = EventState {
                status: &event.status,
                attempts: &attempts,
                next_attempt: event.next_attempt,
                updated: event.updated,
            };
            connection.execute(&sql::update_event(connection.dialect(), &webhook, event.seq, &state))?;
            Ok::<_, StoreError>(())
        };
        Ok(self.store.write(work).await.map_err(ketch_model::Error::from)?)
    }

    /// Forgets all events of a webhook, some at a time: other writes get their turn.
    pub async fn delete_events(&self, webhook: &str) -> Result<()> {
        loop {
            let webhook = webhook.to_owned();
            let work = move |connection: &mut dyn Connection| {
                connection.execute(&sql::delete_events(connection.dialect(), &webhook, DELETED_AT_ONCE))
            };
            if is_last(self.store.write(work).await.map_err(ketch_model::Error::from)?) {
                return Ok(());
            }
        }
    }

    /// Forgets old events, and switches off webhooks that take nothing.
    pub async fn tidy(&self) -> Result<()> {
        for hook in self.notes.hooks().iter() {
            self.prune(&hook.id).await?;
            if !hook.is_active {
                continue;
            }
            let id = hook.id.clone();
            let count = move |connection: &mut dyn Connection| {
                connection.count(&sql::count_waiting(connection.dialect(), &id))
            };
            if self.store.read(count).await.map_err(ketch_model::Error::from)? > WAITING_MAX {
                let reason = format!("More than {WAITING_MAX} events could not be delivered.");
                tracing::warn!(webhook = %hook.id, "a webhook is switched off: {reason}");
                self.disable(&hook.id, reason).await?;
            }
        }
        Ok(())
    }

    pub async fn disable(&self, id: &str, reason: String) -> Result<()> {
        let (id, now) = (id.to_owned(), time::unix_milliseconds());
        self.change(move |hooks| {
            if let Some(hook) = hooks.iter_mut().find(|hook| hook.id == id) {
                hook.disable(Some(&reason), now);
            }
            Ok(())
        })
        .await
    }

    async fn prune(&self, webhook: &str) -> Result<()> {
        let before = time::unix_milliseconds() - KEPT_MILLISECONDS;
        loop {
            let webhook = webhook.to_owned();
            let work = move |connection: &mut dyn Connection| {
                let statement =
                    sql::prune_events(connection.dialect(), &webhook, before, KEPT, DELETED_AT_ONCE);
                connection.execute(&statement)
            };
            if is_last(self.store.write(work).await.map_err(ketch_model::Error::from)?) {
                return Ok(());
            }
        }
    }
}

fn is_last(deleted: u64) -> bool {
    i64::try_from(deleted).unwrap_or(i64::MAX) < DELETED_AT_ONCE
}

fn events(
    connection: &mut dyn Connection,
    statement: &ketch_store::Statement,
) -> Result<Vec<Event>, StoreError> {
    let mut events = Vec::new();
    connection.query(statement, &mut |row| {
        events.extend(Event::of(row));
        Flow::More
    })?;
    Ok(events)
}

fn stored(connection: &mut dyn Connection) -> Result<Vec<Webhook>, StoreError> {
    let statement = attrs::select_meta(connection.dialect(), META_KEY);
    let mut hooks = Vec::new();
    connection.query(&statement, &mut |row| {
        let document = row.cell(0).as_text().and_then(|text| json::parse_strict(text.as_bytes()).ok());
        let items = document.as_ref().and_then(Value::as_array).into_iter().flatten();
        hooks.extend(items.filter_map(Webhook::from_stored));
        Flow::Stop
    })?;
    Ok(hooks)
}

impl Event {
    /// It is to be delivered at once.
    pub fn renew(&mut self, now: i64) {
        status::PENDING.clone_into(&mut self.status);
        self.next_attempt = Some(now);
        self.updated = now;
    }
}
