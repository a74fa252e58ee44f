//! The store: opens the file, starts the threads, hands out work, closes.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::thread::{self, JoinHandle};

use ketch_store::contract::{ReadJob, WriteJob};
use ketch_store::{Connection, Dialect, Store, StoreError, StoreResult};
use parking_lot::Mutex;

use crate::checkpoint::Checkpointer;
use crate::connection::{Role, SqliteConnection, control};
use crate::dialect::SqliteDialect;
use crate::error;
use crate::options::SqliteOptions;
use crate::queue::Queue;
use crate::reader::{self, InlinePool, Opener};
use crate::snapshot;
use crate::writer::{Waiting, Writer};

/// A database in one file. Dropping it closes it.
pub struct SqliteStore {
    path: Arc<Path>,
    writes: Arc<Queue<Waiting>>,
    reads: Arc<Queue<ReadJob>>,
    /// Reader threads that were started.
    readers: AtomicUsize,
    inline: InlinePool,
    /// Set once the queued writes are done: reads stop.
    closing: Arc<AtomicBool>,
    threads: Mutex<Threads>,
}

#[derive(Default)]
struct Threads {
    writer: Option<JoinHandle<()>>,
    readers: Vec<JoinHandle<()>>,
}

impl SqliteStore {
    /// Opens or creates the database file, and its folder if that is missing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], in words for whoever runs the server: the folder cannot be
    /// written, the file is damaged or no database, another process holds it.
    pub fn open(path: impl AsRef<Path>, options: SqliteOptions) -> StoreResult<Self> {
        let path: Arc<Path> = Arc::from(path.as_ref());
        create_folder(&path)?;
        let closing = Arc::new(AtomicBool::new(false));
        // The writer outlives `closing`: what is queued is written.
        let mut connection =
            SqliteConnection::open(&path, Role::Writer, &options, &Arc::new(AtomicBool::new(false)))?;
        check_writable(&mut connection, &path)?;
        let name = thread_name(&path);
        let checkpointer = start_checkpointer(&mut connection, &path, &options, &name)?;
        let writes = Arc::new(Queue::new());
        let reads = Arc::new(Queue::new());
        let writer = Writer {
            connection,
            checkpointer,
            queue: Arc::clone(&writes),
            group_size: options.group_size.max(1),
            group_time: options.group_time,
        };
        let opener =
            Opener { path: Arc::clone(&path), options: Arc::new(options), closing: Arc::clone(&closing) };
        let store = Self {
            path: Arc::clone(&path),
            writes,
            reads,
            readers: AtomicUsize::new(0),
            inline: InlinePool::new(opener.clone()),
            closing,
            threads: Mutex::default(),
        };
        store.start(writer, &name)?;
        Ok(store)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs a statement on a connection of its own, outside of any transaction, and empties the log.
    fn maintain(&self, sql: &'static str) -> StoreResult<()> {
        if self.closing.load(Relaxed) {
            return Err(StoreError::Closed);
        }
        let failed = |error| error::opening(error, &self.path);
        let connection = rusqlite::Connection::open(&self.path).map_err(failed)?;
        connection.busy_timeout(self.inline.busy_timeout()).map_err(failed)?;
        connection.execute_batch(sql).map_err(failed)?;
        // A row says how it went: readers of the old log may have held it, which is no failure.
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(failed)
    }

    fn queue_write(&self, waiting: Waiting) {
        if let Err(waiting) = self.writes.push(waiting) {
            refuse_closed(waiting.job);
        }
    }

    fn start(&self, writer: Writer, name: &str) -> StoreResult<()> {
        let failed = |error: io::Error| StoreError::Unavailable(format!("cannot start a thread: {error}"));
        let mut threads = self.threads.lock();
        let guard = CloseOnExit(Arc::clone(&self.writes));
        let writing = thread::Builder::new().name(format!("{name}-write")).spawn(move || {
            let _guard = guard;
            writer.run();
        });
        threads.writer = Some(writing.map_err(failed)?);
        self.start_reader(&mut threads).map_err(failed)
    }

    fn start_reader(&self, threads: &mut Threads) -> io::Result<()> {
        let (opener, reads) = (self.inline.opener().clone(), Arc::clone(&self.reads));
        let builder = thread::Builder::new().name(format!("{}-read", thread_name(&self.path)));
        threads.readers.push(builder.spawn(move || reader::run(&opener, &reads))?);
        self.readers.fetch_add(1, Relaxed);
        Ok(())
    }

    /// Another reader where all are busy, up to the number of the options.
    fn start_another_reader(&self) {
        let most = self.inline.opener().options.readers;
        if self.readers.load(Relaxed) >= most {
            return;
        }
        let mut threads = self.threads.lock();
        if threads.writer.is_none() || threads.readers.len() >= most {
            return;
        }
        if let Err(error) = self.start_reader(&mut threads) {
            tracing::warn!(%error, "no further thread to read on");
        }
    }
}

impl Store for SqliteStore {
    fn dialect(&self) -> &'static dyn Dialect {
        &SqliteDialect
    }

    fn submit_read(&self, job: ReadJob) {
        match self.reads.push(job) {
            Ok(true) => {}
            Ok(false) => self.start_another_reader(),
            Err(job) => reader::refuse(job, StoreError::Closed),
        }
    }

    fn read_inline(&self, job: &mut dyn FnMut(StoreResult<&mut dyn Connection>)) -> bool {
        self.inline.run(job)
    }

    fn submit_write(&self, job: WriteJob) {
        self.queue_write(Waiting { job, alone: false });
    }

    fn submit_write_alone(&self, job: WriteJob) {
        self.queue_write(Waiting { job, alone: true });
    }

    fn optimize(&self) -> StoreResult<()> {
        // 0x10000 looks at every table, 0x02 refreshes what the planner knows.
        self.maintain("PRAGMA optimize = 0x10002")
    }

    fn compact(&self) -> StoreResult<()> {
        self.maintain("VACUUM")
    }

    fn snapshot(&self, into: &Path) -> StoreResult<()> {
        if self.closing.load(Relaxed) {
            return Err(StoreError::Closed);
        }
        snapshot::write(&self.path, into, self.inline.busy_timeout(), &self.closing)
    }

    fn close(&self) {
        self.writes.close();
        // Not held while waiting: a job may close its own store, or drop the last handle of it.
        let Threads { writer, readers } = std::mem::take(&mut *self.threads.lock());
        let Some(writer) = writer else {
            return;
        };
        join(writer);
        self.closing.store(true, Relaxed);
        self.reads.close();
        for reader in readers {
            join(reader);
        }
        self.inline.close();
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SqliteStore").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Whatever ends the writer thread, later writes are refused and not left waiting.
struct CloseOnExit(Arc<Queue<Waiting>>);

impl Drop for CloseOnExit {
    fn drop(&mut self) {
        self.0.close();
        for waiting in self.0.drain() {
            refuse_closed(waiting.job);
        }
    }
}

fn refuse_closed(job: WriteJob) {
    let outcome = job(Err(StoreError::Closed));
    (outcome.done)(Err(StoreError::Closed));
}

/// A job may drop the last handle of its store, and so run this on the thread it would wait for.
fn join(handle: JoinHandle<()>) {
    if handle.thread().id() != thread::current().id() && handle.join().is_err() {
        tracing::error!("a database thread panicked");
    }
}

fn create_folder(path: &Path) -> StoreResult<()> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    fs::create_dir_all(folder).map_err(|error| {
        StoreError::Unavailable(format!("cannot create the folder {}: {error}", folder.display()))
    })
}

/// Takes the write lock once, so that a folder or file that cannot be written is known now.
fn check_writable(connection: &mut SqliteConnection, path: &Path) -> StoreResult<()> {
    let raw = connection.raw();
    let mode = raw
        .pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0))
        .map_err(|error| error::opening(error, path))?;
    if raw.is_readonly("main").unwrap_or(false) {
        return Err(StoreError::Unavailable(format!(
            "the database {} cannot be written; check the permissions of the file and its folder",
            path.display()
        )));
    }
    if mode != "wal" {
        return Err(StoreError::Unavailable(format!(
            "the database {} cannot use a write-ahead log (its journal mode is {mode}); \
             the folder must be on a local disk",
            path.display()
        )));
    }
    connection.control(control::BEGIN_IMMEDIATE)?;
    connection.roll_back();
    Ok(())
}

fn start_checkpointer(
    writer: &mut SqliteConnection,
    path: &Arc<Path>,
    options: &SqliteOptions,
    name: &str,
) -> StoreResult<Checkpointer> {
    let file = Arc::clone(path);
    let synchronous = if options.synchronous_full { "full" } else { "normal" };
    let open = move || {
        let connection = rusqlite::Connection::open(&file)?;
        connection.pragma_update(None, "synchronous", synchronous)?;
        connection.pragma_update(None, "cache_size", -64)?;
        Ok(connection)
    };
    let started = Checkpointer::start(Box::new(open), writer.raw(), &format!("{name}-checkpoint"));
    started.map_err(|error| error::opening(error, path))
}

/// Short enough for what systems show of thread names.
fn thread_name(path: &Path) -> String {
    let stem = path.file_stem().map_or_else(|| "db".into(), |stem| stem.to_string_lossy());
    stem.chars().filter(char::is_ascii_alphanumeric).take(4).collect()
}
