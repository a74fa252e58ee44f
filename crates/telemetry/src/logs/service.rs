//! The log as its users see it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use ketch_model::settings::Settings;
use ketch_model::{Error, Object, Result, Value, time};
use ketch_store::{Store, StoreResult, sql};

use super::data;
use super::entry::{ERROR, Entry, INFO, MessageEntry, RequestEntry, WARN};
use super::list::{self, HourCount, LogEntry, LogPage, LogQuery};
use super::{clean, layer::LogPort};
use crate::backlog::Backlog;
use crate::seen::Seen;

/// Entries that wait for the writer at most, of successes and of everything else. Together with the
/// period of writing they bound what the log may cost under load.
const SUCCESSES: usize = 3_000;
const OTHERS: usize = 3_000;
/// Rows written in one transaction.
const AT_ONCE: usize = 200;

/// The log of one app. Cheap to clone.
#[derive(Clone)]
pub struct Logs {
    inner: Arc<Inner>,
}

pub(super) struct Inner {
    store: Arc<dyn Store>,
    settings: Box<dyn Fn() -> Arc<Settings> + Send + Sync>,
    /// Requests that went well: the first to give way.
    successes: Backlog<Entry>,
    others: Backlog<Entry>,
    /// One writer at a time, so that who waits for it finds everything written.
    writing: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Logs {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Logs").finish_non_exhaustive()
    }
}

impl Logs {
    /// The log in the `_logs` table of `store`; `settings` answers those in force.
    pub fn new(store: Arc<dyn Store>, settings: impl Fn() -> Arc<Settings> + Send + Sync + 'static) -> Self {
        let inner = Inner {
            store,
            settings: Box::new(settings),
            successes: Backlog::new(SUCCESSES),
            others: Backlog::new(OTHERS),
            writing: tokio::sync::Mutex::new(()),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Takes the server's own warnings and errors from the port from now on.
    pub fn listen(&self, port: &LogPort) {
        port.connect(&self.inner);
    }

    /// Notes an answered request, if the settings want it. Waits for nothing.
    pub fn request(&self, seen: &Seen<'_>) {
        let settings = (self.inner.settings)();
        let level = if seen.is_failure() { ERROR } else { INFO };
        let is_quiet = seen.is_quiet && !seen.is_failure();
        if is_quiet || settings.logs.max_days <= 0 || level < settings.logs.min_level {
            return;
        }
        let entry = Entry::Request(Box::new(RequestEntry::new(seen, &settings.logs)));
        if seen.is_failure() { self.inner.others.push(entry) } else { self.inner.successes.push(entry) }
    }

    /// Writes what waits. To be called every few seconds, and before the store closes.
    pub async fn flush(&self) {
        let _writing = self.inner.writing.lock().await;
        let (mut entries, dropped) = self.inner.take();
        if dropped > 0 {
            entries.push_back(overloaded(dropped));
        }
        let limit = (self.inner.settings)().logs.max_data_size;
        while !entries.is_empty() {
            let rest = entries.split_off(entries.len().min(AT_ONCE));
            let part = std::mem::replace(&mut entries, rest);
            let count = part.len();
            if let Err(error) = write(&self.inner.store, part, limit).await {
                // Not for the log, which is what fails.
                tracing::warn!(target: "telemetry", %error, count, "log entries could not be written");
            }
        }
    }

    /// A page of the log.
    ///
    /// # Errors
    /// 400 for a filter or a sort that does not hold.
    pub async fn list(&self, query: LogQuery) -> Result<LogPage> {
        self.flush().await;
        self.inner.store.read(move |connection| list::page(connection, &query)).await
    }

    /// One entry.
    ///
    /// # Errors
    /// 404 where there is none.
    pub async fn find(&self, id: &str) -> Result<LogEntry> {
        self.flush().await;
        let id = id.to_owned();
        self.inner.store.read(move |connection| list::one(connection, &id)).await
    }

    /// Entries counted by the hour, oldest first; hours without any are left out.
    ///
    /// # Errors
    /// 400 for a filter that does not hold.
    pub async fn hours(&self, filter: &str) -> Result<Vec<HourCount>> {
        self.flush().await;
        let filter = filter.to_owned();
        self.inner.store.read(move |connection| list::hours(connection, &filter)).await
    }

    /// Deletes every entry, those that wait included.
    ///
    /// # Errors
    /// The store's.
    pub async fn clear(&self) -> Result<()> {
        let _writing = self.inner.writing.lock().await;
        drop(self.inner.take());
        clean::clear(&self.inner.store).await.map(|_| ()).map_err(Error::from)
    }

    /// Deletes entries that are older than the settings keep them, or below their level; answers how
    /// many. For the job `__pbLogsCleanup__`, and for changed settings.
    ///
    /// # Errors
    /// The store's.
    pub async fn clean(&self) -> Result<u64> {
        let settings = (self.inner.settings)();
        let now = time::unix_milliseconds();
        clean::clean(&self.inner.store, &settings.logs, now).await.map_err(Error::from)
    }
}

impl Inner {
    /// What the server itself has to say.
    pub(super) fn message(&self, level: i64, message: String, data: Object) {
        let settings = (self.settings)();
        if settings.logs.max_days > 0 && level >= settings.logs.min_level {
            let created = microseconds_now();
            self.others.push(Entry::Message(MessageEntry { created, level, message, data }));
        }
    }

    fn take(&self) -> (VecDeque<Entry>, u64) {
        let (others, lost_others) = self.others.take();
        let (successes, lost_successes) = self.successes.take();
        (merged(successes, others), lost_others + lost_successes)
    }
}

/// Two rows of entries in the order of their times.
fn merged(mut left: VecDeque<Entry>, mut right: VecDeque<Entry>) -> VecDeque<Entry> {
    if left.is_empty() || right.is_empty() {
        left.append(&mut right);
        return left;
    }
    let mut all = VecDeque::with_capacity(left.len() + right.len());
    while let (Some(first), Some(second)) = (left.front(), right.front()) {
        let earlier = if second.created() < first.created() { &mut right } else { &mut left };
        all.extend(earlier.pop_front());
    }
    all.append(&mut left);
    all.append(&mut right);
    all
}

fn overloaded(dropped: u64) -> Entry {
    Entry::Message(MessageEntry {
        created: microseconds_now(),
        level: WARN,
        message: "The server was too busy to log every request".to_owned(),
        data: Object::from_iter([("dropped".to_owned(), Value::from(dropped))]),
    })
}

async fn write(store: &Arc<dyn Store>, entries: VecDeque<Entry>, limit: i64) -> StoreResult<()> {
    store
        .write(move |connection| {
            for entry in &entries {
                let row = data::row(entry, limit);
                connection.execute(&sql::logs::insert_log(connection.dialect(), row))?;
            }
            Ok(())
        })
        .await
}

fn microseconds_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
