//! Moves committed pages from the write-ahead log into the database file, beside the writer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use parking_lot::Mutex;

/// From this many pages on the thread is woken: 4 MiB of ordinary pages.
const SOFT: u32 = 1_000;
/// From this many pages on the writer waits for a checkpoint: 32 MiB.
const HARD: u32 = 8_000;
/// How long the writer waits at most for readers of the old log before it goes on with a longer one.
const PATIENCE: Duration = Duration::from_millis(100);

/// The writer's side of checkpointing.
pub(crate) struct Checkpointer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    /// The length at which the writer waits next; readers may have kept the log from being reset.
    hard: u32,
}

/// Opens a connection.
type Open = Box<dyn Fn() -> rusqlite::Result<rusqlite::Connection> + Send + Sync>;

struct Shared {
    open: Open,
    /// Opened for the first checkpoint.
    connection: Mutex<Option<rusqlite::Connection>>,
    /// Length of the log after the last commit, told by the writer's hook.
    pages: AtomicU32,
    stop: AtomicBool,
}

impl Checkpointer {
    /// Starts the thread with a connection of its own and hooks the writer's commits, which also
    /// ends SQLite's own checkpoints on that connection.
    pub(crate) fn start(open: Open, writer: &mut rusqlite::Connection, name: &str) -> rusqlite::Result<Self> {
        let shared = Arc::new(Shared {
            open,
            connection: Mutex::new(None),
            pages: AtomicU32::new(0),
            stop: AtomicBool::new(false),
        });
        let hooked = Arc::clone(&shared);
        writer.wal_hook(Some(move |_: &mut rusqlite::hooks::Wal, pages: i32| {
            hooked.pages.store(u32::try_from(pages).unwrap_or(0), Relaxed);
            Ok(())
        }))?;
        let looped = Arc::clone(&shared);
        // Without the thread the writer still checkpoints at the hard limit.
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || looped.run())
            .inspect_err(|error| tracing::warn!(%error, "no checkpoint thread"))
            .ok();
        Ok(Self { shared, thread, hard: HARD })
    }

    /// To be called by the writer between transactions.
    pub(crate) fn after_commit(&mut self) {
        let pages = self.shared.pages.load(Relaxed);
        if pages < SOFT {
            self.hard = HARD;
            return;
        }
        if pages >= self.hard {
            self.shared.checkpoint("RESTART");
            self.hard = pages.saturating_add(HARD);
        } else if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.shared.stop.store(true, Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn run(&self) {
        let mut done = 0;
        loop {
            thread::park();
            if self.stop.load(Relaxed) {
                return;
            }
            let pages = self.pages.load(Relaxed);
            // A shorter log has been started anew; a long one is worth a pass only when it has grown.
            if pages >= SOFT && (pages < done || pages >= done + SOFT) {
                self.checkpoint("PASSIVE");
                done = pages;
            } else if pages < done {
                done = 0;
            }
        }
    }

    fn checkpoint(&self, mode: &str) {
        let mut slot = self.connection.lock();
        let result = self.opened(&mut slot).and_then(|connection| {
            let sql = format!("PRAGMA wal_checkpoint({mode})");
            connection.query_row(&sql, [], |row| row.get::<_, i64>(0))
        });
        if let Err(error) = result {
            tracing::warn!(%error, "a checkpoint failed; it is tried again later");
        }
    }

    fn opened<'a>(
        &self,
        slot: &'a mut Option<rusqlite::Connection>,
    ) -> rusqlite::Result<&'a rusqlite::Connection> {
        Ok(match slot {
            Some(connection) => connection,
            None => {
                let connection = (self.open)()?;
                connection.busy_timeout(PATIENCE)?;
                slot.insert(connection)
            }
        })
    }
}
