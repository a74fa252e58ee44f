//! Everything that an operator looks back at, of one app.

use std::sync::Arc;

use ketch_model::Result;
use ketch_model::settings::Settings;
use ketch_store::Store;
use ketch_store::sql::{analytics as analytics_sql, spans as spans_sql};

use crate::analytics::{Analytics, AnalyticsOptions};
use crate::logs::Logs;
use crate::seen::Seen;
use crate::traces::{TraceOptions, Traces};

/// What the process decides about telemetry.
#[derive(Debug, Clone, Default)]
pub struct TelemetryOptions {
    pub analytics: AnalyticsOptions,
    pub traces: TraceOptions,
}

/// The log, analytics and traces of one app. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Telemetry {
    pub logs: Logs,
    pub analytics: Analytics,
    pub traces: Traces,
}

impl Telemetry {
    /// Opens everything in the auxiliary database, whose `_logs` is there; `settings` answers those in
    /// force. Must be called within a runtime.
    ///
    /// # Errors
    /// 400 for options that cannot be followed, else the store's.
    pub async fn open(
        store: Arc<dyn Store>,
        settings: impl Fn() -> Arc<Settings> + Send + Sync + 'static,
        options: TelemetryOptions,
    ) -> Result<Self> {
        store
            .write(|connection| {
                let dialect = connection.dialect();
                connection.execute_script(analytics_sql::create_analytics_tables(dialect))?;
                connection.execute_script(spans_sql::create_span_tables(dialect))?;
                Ok::<_, ketch_model::Error>(())
            })
            .await?;
        Ok(Self {
            logs: Logs::new(store.clone(), settings),
            analytics: Analytics::new(store.clone(), options.analytics),
            traces: Traces::open(store, options.traces).await?,
        })
    }

    /// Notes an answered request. Waits for nothing.
    pub fn request(&self, seen: &Seen<'_>) {
        self.logs.request(seen);
        self.traces.request(seen);
    }

    /// Writes what waits. To be called every few seconds, and before the store closes.
    pub async fn flush(&self) {
        self.logs.flush().await;
        self.analytics.flush().await;
        self.traces.flush().await;
    }

    /// Deletes what is kept no more, the log aside: it has a job of its own.
    pub async fn clean(&self) {
        if let Err(error) = self.analytics.clean().await {
            tracing::warn!(%error, "old analytics could not be removed");
        }
        if let Err(error) = self.traces.clean().await {
            tracing::warn!(%error, "old spans could not be removed");
        }
    }
}
