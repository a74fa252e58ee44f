//! The time limit of one connection's statements.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use rusqlite::Connection;

/// Virtual machine steps between two looks at the clock: well under a millisecond.
const STEPS: i32 = 4_000;

/// Stops a statement that runs too long, or that runs while the store closes.
///
/// The clock is first read after [`STEPS`] steps, so that short statements never read it.
#[derive(Debug)]
pub(crate) struct Watch {
    base: Instant,
    limit: u64,
    /// Nanoseconds from `base` to the first look at the running statement; zero: not yet.
    started: AtomicU64,
    unlimited: AtomicBool,
    closing: Arc<AtomicBool>,
}

impl Watch {
    /// `closing` is the store's, and stops every watched statement once it is set.
    pub(crate) fn new(limit: Duration, closing: Arc<AtomicBool>) -> Arc<Self> {
        Arc::new(Self {
            base: Instant::now(),
            limit: u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX),
            started: AtomicU64::new(0),
            unlimited: AtomicBool::new(false),
            closing,
        })
    }

    pub(crate) fn install(self: &Arc<Self>, connection: &mut Connection) -> rusqlite::Result<()> {
        let watch = Arc::clone(self);
        connection.progress_handler(STEPS, Some(move || watch.is_over()))
    }

    /// A statement begins.
    pub(crate) fn start(&self) {
        self.started.store(0, Relaxed);
    }

    /// Lifts or restores the limit, for schema scripts: an index over a large table takes its time.
    pub(crate) fn set_unlimited(&self, unlimited: bool) {
        self.unlimited.store(unlimited, Relaxed);
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Relaxed)
    }

    fn is_over(&self) -> bool {
        if self.is_closing() {
            return true;
        }
        if self.limit == 0 || self.unlimited.load(Relaxed) {
            return false;
        }
        let now = u64::try_from(self.base.elapsed().as_nanos()).unwrap_or(u64::MAX);
        match self.started.load(Relaxed) {
            0 => {
                self.started.store(now, Relaxed);
                false
            }
            started => now.saturating_sub(started) > self.limit,
        }
    }
}
