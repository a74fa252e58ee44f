//! Traces as their users see them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use ketch_model::{Error, Result, time};
use ketch_store::sql::spans::{self as sql, SpanFilter};
use ketch_store::{Store, StoreResult};

use super::dyed::{Dye, DyedUser, DyedUsers};
use super::exporter::{Exporter, OtlpOptions};
use super::list::{self, SpanPage, SpanQuery, SpanStats, StoredSpan};
use super::span::Span;
use crate::backlog::Backlog;
use crate::seen::Seen;

/// Spans that wait to be written at most.
const WAITING: usize = 2_000;
const AT_ONCE: u32 = 1_000;
/// Spans of one trace that are shown.
const OF_TRACE: u32 = 1_000;
const MICROSECONDS_A_DAY: i64 = 86_400_000_000;
/// An odd number whose multiples are spread evenly over all numbers of 64 bits (the golden ratio).
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// Which requests are traced, and how long spans are kept.
#[derive(Debug, Clone)]
pub struct TraceOptions {
    /// The share of ordinary requests, from 0 to 1.
    pub sampling: f64,
    /// Requests that take longer are always traced.
    pub slow: Duration,
    pub kept_days: i64,
    /// Spans that are kept.
    pub kept_spans: i64,
    pub otlp: Option<OtlpOptions>,
}

impl Default for TraceOptions {
    fn default() -> Self {
        Self { sampling: 0.01, slow: Duration::from_secs(1), kept_days: 7, kept_spans: 500_000, otlp: None }
    }
}

/// The traces of one app. Cheap to clone.
#[derive(Clone)]
pub struct Traces {
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<dyn Store>,
    options: TraceOptions,
    /// A number below it means a request is traced.
    threshold: u64,
    counter: AtomicU64,
    dyed: DyedUsers,
    waiting: Backlog<Span>,
    exporter: Option<Exporter>,
    /// One writer at a time, so that who waits for it finds everything written.
    writing: tokio::sync::Mutex<()>,
}

impl std::fmt::Debug for Traces {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Traces")
            .field("sampling", &self.inner.options.sampling)
            .finish_non_exhaustive()
    }
}

impl Traces {
    /// Traces in tables of `store`, which are there. Must be called within a runtime.
    ///
    /// # Errors
    /// 400 for options that cannot be followed; the store's.
    pub async fn open(store: Arc<dyn Store>, options: TraceOptions) -> Result<Self> {
        let exporter = options.otlp.as_ref().map(Exporter::start).transpose().map_err(Error::bad_request)?;
        let inner = Inner {
            threshold: (options.sampling.clamp(0.0, 1.0) * u64::MAX as f64) as u64,
            options,
            counter: AtomicU64::new(0),
            dyed: DyedUsers::new(store.clone()),
            store,
            waiting: Backlog::new(WAITING),
            exporter,
            writing: tokio::sync::Mutex::new(()),
        };
        inner.dyed.load().await?;
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Notes an answered request if it is one to be traced. Waits for nothing.
    pub fn request(&self, seen: &Seen<'_>) {
        let is_dyed = seen.auth.is_some_and(|record| self.inner.dyed.is_dyed(record.id()));
        if is_dyed || seen.took >= self.inner.options.slow || seen.status >= 500 || self.inner.is_sampled() {
            self.inner.waiting.push(Span::of(seen, is_dyed));
        }
    }

    /// Writes what waits, and hands it to the collector. To be called every few seconds, and before the store closes.
    pub async fn flush(&self) {
        let _writing = self.inner.writing.lock().await;
        let (spans, _) = self.inner.waiting.take();
        if spans.is_empty() {
            return;
        }
        let spans: Arc<Vec<Span>> = Arc::new(spans.into());
        let writing = spans.clone();
        let written: StoreResult<()> = self
            .inner
            .store
            .write(move |connection| {
                for span in writing.iter() {
                    connection.execute(&sql::insert_span(connection.dialect(), span.cells()))?;
                }
                Ok(())
            })
            .await;
        if let Err(error) = written {
            tracing::warn!(%error, count = spans.len(), "spans could not be written");
        }
        if let Some(exporter) = &self.inner.exporter {
            exporter.send(spans);
        }
    }

    /// A page of spans.
    ///
    /// # Errors
    /// The store's.
    pub async fn list(&self, query: SpanQuery) -> Result<SpanPage> {
        self.flush().await;
        self.inner.store.read(move |connection| Ok(list::page(connection, &query)?)).await
    }

    /// The spans of a trace, oldest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn of_trace(&self, trace: &str) -> Result<Vec<StoredSpan>> {
        let filter = SpanFilter { trace: Some(trace.to_owned()), ..SpanFilter::default() };
        let query =
            SpanQuery { page: 1, per_page: OF_TRACE, filter, ascending: true, ..SpanQuery::default() };
        Ok(self.list(query).await?.spans)
    }

    /// One span.
    ///
    /// # Errors
    /// 404 where there is none.
    pub async fn find(&self, trace: &str, span: &str) -> Result<StoredSpan> {
        let filter = SpanFilter {
            trace: Some(trace.to_owned()),
            span: Some(span.to_owned()),
            ..SpanFilter::default()
        };
        let query = SpanQuery { page: 1, per_page: 1, filter, ..SpanQuery::default() };
        self.list(query).await?.spans.pop().ok_or_else(|| Error::not_found(""))
    }

    /// Deletes a trace.
    ///
    /// # Errors
    /// 404 where there is none.
    pub async fn delete(&self, trace: &str) -> Result<()> {
        self.flush().await;
        let trace = trace.to_owned();
        let deleted: u64 = self
            .inner
            .store
            .write(move |connection| {
                Ok::<_, Error>(connection.execute(&sql::delete_trace(connection.dialect(), &trace))?)
            })
            .await?;
        if deleted == 0 { Err(Error::not_found("")) } else { Ok(()) }
    }

    /// Numbers of the spans that match.
    ///
    /// # Errors
    /// The store's.
    pub async fn stats(&self, filter: SpanFilter) -> Result<SpanStats> {
        self.flush().await;
        self.inner.store.read(move |connection| Ok(list::stats(connection, &filter)?)).await
    }

    /// Those whose requests are always traced, in the order in which they were added.
    pub fn dyed_users(&self) -> Vec<DyedUser> {
        self.inner.dyed.list()
    }

    /// Follows a user for a while, or anew.
    ///
    /// # Errors
    /// 400 for a text or time out of bounds, or too many users.
    pub async fn dye(&self, dye: Dye) -> Result<DyedUser> {
        self.inner.dyed.add(dye).await
    }

    /// Follows a user for another time from now on.
    ///
    /// # Errors
    /// 404 if the user is not followed, 400 for a time out of bounds.
    pub async fn prolong(&self, user: &str, seconds: i64) -> Result<DyedUser> {
        self.inner.dyed.prolong(user, seconds).await
    }

    /// Follows a user no longer.
    ///
    /// # Errors
    /// 404 if the user is not followed.
    pub async fn undye(&self, user: &str) -> Result<()> {
        self.inner.dyed.remove(user).await
    }

    /// Deletes spans that are older than they are kept, and the oldest of too many; answers how many.
    ///
    /// # Errors
    /// The store's.
    pub async fn clean(&self) -> Result<u64> {
        self.inner.dyed.clean().await?;
        let TraceOptions { kept_days, kept_spans, .. } = self.inner.options;
        let kept = kept_days.saturating_mul(MICROSECONDS_A_DAY);
        let before = time::unix_milliseconds().saturating_mul(1000).saturating_sub(kept);
        let mut deleted = 0;
        loop {
            let count: u64 = self
                .inner
                .store
                .write(move |connection| {
                    let dialect = connection.dialect();
                    let old = connection.execute(&sql::delete_spans_before(dialect, before, AT_ONCE))?;
                    let many = connection.execute(&sql::delete_spans_above(dialect, kept_spans, AT_ONCE))?;
                    Ok::<_, Error>(old + many)
                })
                .await?;
            deleted += count;
            if count < u64::from(AT_ONCE) {
                return Ok(deleted);
            }
        }
    }
}

impl Inner {
    /// Even over any stretch of requests, without a source of randomness.
    fn is_sampled(&self) -> bool {
        if self.threshold == u64::MAX {
            return true;
        }
        self.threshold > 0
            && self.counter.fetch_add(1, Relaxed).wrapping_add(1).wrapping_mul(SPREAD) < self.threshold
    }
}
