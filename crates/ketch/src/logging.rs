//! Where what happens inside is told: the console, and the log of the main app.

use std::sync::OnceLock;

use ketch_telemetry::logs::{LogLayer, LogPort};
use tracing::Level;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

/// One for the process, as there is one subscriber for the process.
static PORT: OnceLock<LogPort> = OnceLock::new();

/// For the command line: from `level` on to the console.
pub(crate) fn with_console(level: Level) -> LogPort {
    PORT.get_or_init(|| {
        let log = LogPort::default();
        let console = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false);
        let layers = tracing_subscriber::registry()
            .with(console.with_filter(LevelFilter::from_level(level)))
            .with(LogLayer::new(log.clone()).with_filter(LevelFilter::from_level(level.max(Level::INFO))));
        // Whoever set one up before keeps it.
        let _ = layers.try_init();
        log
    })
    .clone()
}

/// For a library: the console belongs to the program around it.
pub(crate) fn without_console() -> LogPort {
    PORT.get_or_init(|| {
        let log = LogPort::default();
        let layer = LogLayer::new(log.clone()).with_filter(LevelFilter::INFO);
        let _ = tracing_subscriber::registry().with(layer).try_init();
        log
    })
    .clone()
}
