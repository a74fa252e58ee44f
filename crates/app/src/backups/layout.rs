//! What is where in a data folder, as far as backups are concerned.

use std::fs::File;
use std::io;
use std::path::Path;

/// The databases of a data folder, by the names of their files.
pub(super) const DATABASES: [&str; 2] = ["data.db", "auxiliary.db"];
/// Locked by the process that serves the folder; stays where it is for as long as that does.
pub const LOCK_FILE: &str = ".ketch_lock";
/// The folder inside the data folder that a restore works in.
pub(super) const RESTORE_FOLDER: &str = ".ketch_restore";
/// Entries of a data folder that are no part of a backup, and that a restore leaves where they are.
pub(super) const LEFT_ALONE: [&str; 7] =
    ["backups", "apps", ".pb_temp_to_delete", RESTORE_FOLDER, LOCK_FILE, ".autocert_cache", "lost+found"];

/// Whether a path stays in the folder that it is joined to, on every system.
pub(super) fn is_plain_path(path: &str) -> bool {
    path.split('/').all(|part| {
        let windows = cfg!(windows) && part.contains(':');
        !matches!(part, "" | "." | "..") && !part.contains(['\\', '\0']) && !windows
    })
}

/// Makes sure that a folder's names are on the disk, where the system can do that.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
