//! Analytics as its users see it.

use std::collections::HashMap;
use std::sync::Arc;

use ketch_model::{Error, ErrorKind, Object, Result, Value, time};
use ketch_store::sql::analytics as sql;
use ketch_store::{Store, StoreResult};
use parking_lot::Mutex;

use super::Topic;
use super::agent;
use super::event::{Context, Event};
use super::range::{Range, day_of, day_of_date};
use super::stats::{self, Stats, TopEntry};
use super::visitor::Salts;
use crate::backlog::Backlog;

/// Events that wait to be written at most.
const WAITING: usize = 10_000;
/// Rows written or deleted in one transaction.
const AT_ONCE: usize = 500;
const PRUNED_AT_ONCE: u32 = 2_000;
/// Lines of a day read at once.
const LINES_AT_ONCE: u32 = 2_000;
/// Events of one request at most.
const EVENTS: usize = 500;
/// Events that one address may send in a minute.
const PER_MINUTE: u32 = 6_000;
/// Addresses that are counted; above, everybody is counted anew.
const ADDRESSES: usize = 20_000;
const MILLISECONDS_A_MINUTE: i64 = 60_000;
/// Days that statistics may ask for, today included.
const MOST_DAYS: i64 = 90;

/// How analytics work.
#[derive(Debug, Clone)]
pub struct AnalyticsOptions {
    pub enabled: bool,
    /// Pages of the public folder count as views when they are served.
    pub page_views: bool,
    /// Days that events are kept, today included.
    pub kept_days: i64,
    /// Events that are kept.
    pub kept_events: i64,
}

impl Default for AnalyticsOptions {
    fn default() -> Self {
        Self { enabled: true, page_views: false, kept_days: MOST_DAYS, kept_events: 2_000_000 }
    }
}

/// Where events come from.
#[derive(Debug, Clone, Copy)]
pub struct Visit<'a> {
    /// The client's address. It is hashed, never stored.
    pub ip: &'a str,
    pub user_agent: &'a str,
    /// The `Host` header.
    pub host: &'a str,
}

/// What became of submitted events.
#[derive(Debug, PartialEq, Eq)]
pub struct Tracked {
    pub accepted: usize,
    pub total: usize,
    /// Why the first of those that were not accepted was not.
    pub message: Option<String>,
}

/// The analytics of one app. Cheap to clone.
#[derive(Clone)]
pub struct Analytics {
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<dyn Store>,
    options: AnalyticsOptions,
    waiting: Backlog<Event>,
    salts: Salts,
    counted: Mutex<Counted>,
    /// One writer at a time, so that who waits for it finds everything written.
    writing: tokio::sync::Mutex<()>,
}

/// Events by address within a minute.
#[derive(Debug, Default)]
struct Counted {
    minute: i64,
    addresses: HashMap<String, u32>,
}

impl std::fmt::Debug for Analytics {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Analytics").field("options", &self.inner.options).finish_non_exhaustive()
    }
}

impl Analytics {
    /// Analytics in tables of `store`, which are there.
    pub fn new(store: Arc<dyn Store>, options: AnalyticsOptions) -> Self {
        let inner = Inner {
            store,
            options,
            waiting: Backlog::new(WAITING),
            salts: Salts::default(),
            counted: Mutex::default(),
            writing: tokio::sync::Mutex::new(()),
        };
        Self { inner: Arc::new(inner) }
    }

    pub fn options(&self) -> &AnalyticsOptions {
        &self.inner.options
    }

    /// Takes events of a client; robots are thanked and ignored.
    ///
    /// # Errors
    /// 404 where analytics are switched off, 400 for an empty or overlong list, 429 for more events than an address may send.
    pub async fn track(&self, visit: Visit<'_>, events: &[Value]) -> Result<Tracked> {
        if !self.inner.options.enabled {
            return Err(Error::not_found("Analytics is disabled."));
        }
        if events.is_empty() {
            return Err(Error::bad_request("The list of events is empty."));
        }
        if events.len() > EVENTS {
            let message = format!("A request may hold {EVENTS} events, this one has {}.", events.len());
            return Err(Error::bad_request(message));
        }
        let total = events.len();
        let now = time::unix_milliseconds();
        let Some(agent) = agent::parse(visit.user_agent) else {
            let message = Some("Events of robots are not counted.".to_owned());
            return Ok(Tracked { accepted: 0, total, message });
        };
        if !self.may_send(visit.ip, total, now) {
            let message =
                format!("More than {PER_MINUTE} events of one address in a minute are not counted.");
            return Err(Error::new(ErrorKind::TooManyRequests, message));
        }
        let salt = self.inner.salts.of_day(&self.inner.store, day_of(now)).await?;
        let Visit { ip, user_agent, host } = visit;
        let context = Context { now, salt: &salt, agent, ip, user_agent, host };
        let mut tracked = Tracked { accepted: 0, total, message: None };
        for (index, submitted) in events.iter().enumerate() {
            let refusal = match Event::read(submitted, &context) {
                Ok(event) => {
                    let busy = !self.inner.waiting.try_push(event);
                    busy.then(|| "The server is too busy to count events.".to_owned())
                }
                Err(reason) => Some(format!("Event {index}: {reason}.")),
            };
            tracked.accepted += usize::from(refusal.is_none());
            tracked.message = tracked.message.or(refusal);
        }
        Ok(tracked)
    }

    /// Counts a served page, if the options want it.
    pub async fn page_view(&self, visit: Visit<'_>, path: &str, referrer: &str) {
        if !self.inner.options.page_views {
            return;
        }
        let event = Object::from_iter([
            ("event".to_owned(), Value::from("page_view")),
            ("path".to_owned(), path.into()),
            ("referrer".to_owned(), referrer.into()),
        ]);
        // A view that cannot be counted is nothing that a visitor has to hear of.
        if let Err(error) = self.track(visit, &[Value::Object(event)]).await {
            tracing::debug!(%error, "a page view was not counted");
        }
    }

    /// Numbers of a stretch of days.
    ///
    /// # Errors
    /// The store's.
    pub async fn stats(&self, range: Range) -> Result<Stats> {
        self.flush().await;
        self.inner.store.read(move |connection| Ok(stats::stats(connection, range)?)).await
    }

    /// The most frequent, at most `limit`.
    ///
    /// # Errors
    /// The store's.
    pub async fn top(&self, topic: Topic, range: Range, limit: u32) -> Result<Vec<TopEntry>> {
        self.flush().await;
        self.inner.store.read(move |connection| Ok(stats::top(connection, topic, range, limit)?)).await
    }

    /// `YYYY-MM-DD` of every day that has events, newest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn dates(&self) -> Result<Vec<String>> {
        self.flush().await;
        self.inner.store.read(move |connection| Ok(stats::dates(connection)?)).await
    }

    /// Some events of a day after the one with the id `after` (0: from the first), as lines of JSON;
    /// and the id of the last, `None` when there are no more.
    ///
    /// # Errors
    /// 400 for anything but `YYYY-MM-DD`, else the store's.
    pub async fn lines(&self, date: &str, after: i64) -> Result<(Vec<u8>, Option<i64>)> {
        let day = day_of_date(date)
            .ok_or_else(|| Error::bad_request(format!("{date:?} is no date: write YYYY-MM-DD.")))?;
        self.flush().await;
        let limit = LINES_AT_ONCE;
        self.inner.store.read(move |connection| Ok(stats::lines(connection, day, after, limit)?)).await
    }

    /// Writes what waits. To be called every few seconds, and before the store closes.
    pub async fn flush(&self) {
        let _writing = self.inner.writing.lock().await;
        let (mut events, _) = self.inner.waiting.take();
        while !events.is_empty() {
            let rest = events.split_off(events.len().min(AT_ONCE));
            let part = std::mem::replace(&mut events, rest);
            let count = part.len();
            let written: StoreResult<()> = self
                .inner
                .store
                .write(move |connection| {
                    for event in part {
                        connection.execute(&sql::insert_event(connection.dialect(), event.into_cells()))?;
                    }
                    Ok(())
                })
                .await;
            if let Err(error) = written {
                tracing::warn!(%error, count, "analytics events could not be written");
            }
        }
    }

    /// Deletes events that are older than they are kept, and the oldest of too many; answers how many.
    ///
    /// # Errors
    /// The store's.
    pub async fn clean(&self) -> Result<u64> {
        let AnalyticsOptions { kept_days, kept_events, .. } = self.inner.options;
        let before = day_of(time::unix_milliseconds()).saturating_sub(kept_days.max(1)) + 1;
        let mut deleted = 0;
        loop {
            let count: u64 = self
                .inner
                .store
                .write(move |connection| {
                    let dialect = connection.dialect();
                    let old =
                        connection.execute(&sql::delete_events_before(dialect, before, PRUNED_AT_ONCE))?;
                    let many = connection.execute(&sql::delete_events_above(
                        dialect,
                        kept_events,
                        PRUNED_AT_ONCE,
                    ))?;
                    Ok::<_, Error>(old + many)
                })
                .await?;
            deleted += count;
            if count < u64::from(PRUNED_AT_ONCE) {
                return Ok(deleted);
            }
        }
    }

    fn may_send(&self, ip: &str, events: usize, now: i64) -> bool {
        let minute = now.div_euclid(MILLISECONDS_A_MINUTE);
        let mut counted = self.inner.counted.lock();
        if counted.minute != minute || counted.addresses.len() > ADDRESSES {
            *counted = Counted { minute, addresses: HashMap::new() };
        }
        let count = counted.addresses.entry(ip.to_owned()).or_default();
        *count = count.saturating_add(u32::try_from(events).unwrap_or(u32::MAX));
        *count <= PER_MINUTE
    }
}
