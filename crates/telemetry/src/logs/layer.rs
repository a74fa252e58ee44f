//! The server's own warnings and errors on their way into the log.

use std::sync::{Arc, Weak};

use arc_swap::ArcSwapOption;
use ketch_model::{Object, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

use super::entry::{DEBUG, ERROR, INFO, WARN};
use super::service::Inner;

/// Events of these targets have rows of their own, or would feed on themselves.
const SILENT: [&str; 2] = ["telemetry", "ketch_api_"];
/// Where events of this server come from.
const OWN: &str = "ketch";

/// Where a [`LogLayer`] delivers to. The log may be connected later, and again. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct LogPort(Arc<ArcSwapOption<Slot>>);

struct Slot(Weak<Inner>);

impl std::fmt::Debug for Slot {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Slot")
    }
}

impl LogPort {
    pub(super) fn connect(&self, log: &Arc<Inner>) {
        self.0.store(Some(Arc::new(Slot(Arc::downgrade(log)))));
    }
}

/// A layer of `tracing` that hands this server's events to a log.
#[derive(Debug)]
pub struct LogLayer(LogPort);

impl LogLayer {
    pub fn new(port: LogPort) -> Self {
        Self(port)
    }
}

impl<S: Subscriber> Layer<S> for LogLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let metadata = event.metadata();
        let target = metadata.target();
        if !target.starts_with(OWN) || SILENT.iter().any(|silent| target.starts_with(silent)) {
            return;
        }
        let Some(log) = self.0.0.load().as_ref().and_then(|slot| slot.0.upgrade()) else { return };
        let mut fields = Fields::default();
        event.record(&mut fields);
        let level = match *metadata.level() {
            Level::ERROR => ERROR,
            Level::WARN => WARN,
            Level::INFO => INFO,
            _ => DEBUG,
        };
        log.message(level, fields.message, fields.data);
    }
}

#[derive(Default)]
struct Fields {
    message: String,
    data: Object,
}

impl Fields {
    fn add(&mut self, field: &Field, value: Value) {
        self.data.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let text = format!("{value:?}");
        if field.name() == "message" {
            self.message = text;
        } else {
            self.add(field, text.into());
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.message);
        } else {
            self.add(field, value.into());
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }
}
