//! Connections that read: threads with a queue, and a pool for lookups on the calling thread.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use ketch_store::contract::ReadJob;
use ketch_store::{Connection, StoreError, StoreResult};
use parking_lot::Mutex;

use crate::connection::{Role, SqliteConnection, control};
use crate::options::SqliteOptions;
use crate::queue::Queue;

/// What it takes to open a reading connection.
#[derive(Clone)]
pub(crate) struct Opener {
    pub(crate) path: Arc<Path>,
    pub(crate) options: Arc<SqliteOptions>,
    pub(crate) closing: Arc<AtomicBool>,
}

impl Opener {
    fn open(&self) -> StoreResult<SqliteConnection> {
        SqliteConnection::open(&self.path, Role::Reader, &self.options, &self.closing)
    }
}

/// The body of a reader thread: every job sees one snapshot of the database.
pub(crate) fn run(opener: &Opener, queue: &Queue<ReadJob>) {
    let mut slot = None;
    while let Some(job) = queue.pop() {
        if opener.closing.load(Relaxed) {
            refuse(job, StoreError::Closed);
            continue;
        }
        let connection = match opened(&mut slot, opener) {
            Ok(connection) => connection,
            Err(error) => {
                refuse(job, error);
                continue;
            }
        };
        if let Err(error) = connection.control(control::BEGIN) {
            refuse(job, error);
            continue;
        }
        let _ = catch_unwind(AssertUnwindSafe(|| job(Ok(connection))));
        connection.roll_back();
    }
}

fn opened<'a>(
    slot: &'a mut Option<SqliteConnection>,
    opener: &Opener,
) -> StoreResult<&'a mut SqliteConnection> {
    match slot {
        Some(connection) => Ok(connection),
        None => Ok(slot.insert(opener.open()?)),
    }
}

pub(crate) fn refuse(job: ReadJob, error: StoreError) {
    let _ = catch_unwind(AssertUnwindSafe(|| job(Err(error))));
}

/// Connections that any thread may take for a moment.
pub(crate) struct InlinePool {
    slots: Box<[Mutex<Option<SqliteConnection>>]>,
    opener: Opener,
}

thread_local! {
    /// The slot that this thread tries first, so that threads keep to connections of their own.
    static FIRST_SLOT: Cell<Option<usize>> = const { Cell::new(None) };
}

static NEXT_FIRST_SLOT: AtomicUsize = AtomicUsize::new(0);

impl InlinePool {
    pub(crate) fn new(opener: Opener) -> Self {
        let slots = (0..opener.options.inline_readers).map(|_| Mutex::new(None)).collect();
        Self { slots, opener }
    }

    /// Runs the job on a free connection; `false` if there is none and the job has not run.
    pub(crate) fn run(&self, job: &mut dyn FnMut(StoreResult<&mut dyn Connection>)) -> bool {
        let first = FIRST_SLOT.get().unwrap_or_else(|| {
            let first = NEXT_FIRST_SLOT.fetch_add(1, Relaxed);
            FIRST_SLOT.set(Some(first));
            first
        });
        let count = self.slots.len();
        let free = (0..count).find_map(|step| self.slots[first.wrapping_add(step) % count].try_lock());
        let Some(mut slot) = free else {
            return false;
        };
        // Looked at under the lock: closing takes every lock once.
        if self.opener.closing.load(Relaxed) {
            job(Err(StoreError::Closed));
            return true;
        }
        match opened(&mut slot, &self.opener) {
            Ok(connection) => job(Ok(connection)),
            Err(error) => job(Err(error)),
        }
        true
    }

    pub(crate) fn opener(&self) -> &Opener {
        &self.opener
    }

    /// How long connections wait for the lock of another process.
    pub(crate) fn busy_timeout(&self) -> Duration {
        self.opener.options.busy_timeout
    }

    /// Waits for running lookups and closes the connections.
    pub(crate) fn close(&self) {
        for slot in &self.slots {
            drop(slot.lock().take());
        }
    }
}
