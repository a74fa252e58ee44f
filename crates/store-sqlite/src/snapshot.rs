//! A copy of the database file as of one moment, made beside readers and the writer.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use ketch_store::{StoreError, StoreResult};
use rusqlite::OpenFlags;

use crate::error;

/// Steps of the engine between two looks at whether the store is closing.
const STEPS: i32 = 10_000;

/// Writes what is committed now into a new file. The connection is its own and reads one snapshot:
/// in WAL mode that holds up no writer, it only keeps the log from starting anew until the end.
pub(crate) fn write(
    path: &Path,
    into: &Path,
    busy_timeout: Duration,
    closing: &Arc<AtomicBool>,
) -> StoreResult<()> {
    let target = into.to_str().ok_or_else(|| {
        StoreError::Unavailable(format!(
            "{} cannot be the name of a database: it is not UTF-8",
            into.display()
        ))
    })?;
    let opening = |error| error::opening(error, path);
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = rusqlite::Connection::open_with_flags(path, flags).map_err(opening)?;
    connection.busy_timeout(busy_timeout).map_err(opening)?;
    let asked = Arc::clone(closing);
    connection.progress_handler(STEPS, Some(move || asked.load(Relaxed))).map_err(opening)?;
    connection
        .execute("VACUUM INTO ?1", [target])
        .map(|_| ())
        .map_err(|error| error::translate(error, &connection, path, closing.load(Relaxed)))
}
