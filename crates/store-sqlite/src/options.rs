//! What may be tuned.

use std::num::NonZero;
use std::thread;
use std::time::Duration;

/// How a store is opened. The defaults suit a server on one machine.
#[derive(Debug, Clone)]
pub struct SqliteOptions {
    /// Reader threads; their connections are opened when first needed. At least one.
    pub readers: usize,
    /// Connections for lookups on the calling thread, opened when first needed. None: such
    /// lookups go to the reader threads.
    pub inline_readers: usize,
    /// The longest that one statement may run; zero: no limit. Schema scripts have none.
    pub query_timeout: Duration,
    /// Waits for the disk at every commit (`synchronous=FULL`): a commit survives a power cut.
    /// Without it a commit survives a crash of the process, and a power cut may take the last ones.
    pub synchronous_full: bool,
    /// How long to wait for another process that holds the write lock.
    pub busy_timeout: Duration,
    /// The most transactions that are committed together.
    pub group_size: usize,
    /// After this time no further transaction joins a group.
    pub group_time: Duration,
    /// Prepared statements kept by each connection.
    pub statement_cache: usize,
    /// Page cache of the writer, in KiB; taken as it is needed.
    pub writer_cache: u32,
    /// Page cache of each reader, in KiB; taken as it is needed.
    pub reader_cache: u32,
    /// How much of the file readers map into memory, in bytes; zero reads pages into the cache.
    pub mmap_size: u64,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(2, NonZero::get);
        Self {
            readers: cores.clamp(2, 8),
            inline_readers: (cores * 2).clamp(4, 16),
            query_timeout: Duration::from_secs(30),
            synchronous_full: false,
            busy_timeout: Duration::from_secs(10),
            group_size: 256,
            group_time: Duration::from_millis(20),
            statement_cache: 128,
            writer_cache: 8 * 1024,
            reader_cache: 2 * 1024,
            mmap_size: 0,
        }
    }
}
