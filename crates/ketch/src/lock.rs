//! One process at a time serves a data folder.
//!
//! The sign is a lock on a file in the folder, which the system lifts when the process ends, however
//! that happens. What is written in the file tells others who it is.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::process;

use ketch_app::backups::LOCK_FILE;
use serde_json::{Value, json};

/// Held for as long as the folder is served.
#[derive(Debug)]
pub(crate) struct FolderLock {
    file: File,
    owner: u32,
}

/// Why a folder cannot be locked.
pub(crate) enum Refusal {
    /// Another process serves it, or this one by another path.
    Held(Holder),
    Disk(io::Error),
}

/// Who serves a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) process: Option<u64>,
    /// Where it listens; nothing while it does not.
    pub(crate) url: Option<String>,
}

impl FolderLock {
    /// Takes the folder, which is made if it is missing.
    pub(crate) fn take(folder: &Path, url: Option<&str>) -> Result<Self, Refusal> {
        fs::create_dir_all(folder).map_err(Refusal::Disk)?;
        let path = folder.join(LOCK_FILE);
        let opened = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = opened.map_err(Refusal::Disk)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Refusal::Held(holder(&mut file))),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                tracing::warn!(
                    "this disk knows no locks: nothing keeps a second server from the data folder"
                );
            }
            Err(TryLockError::Error(error)) => return Err(Refusal::Disk(error)),
        }
        let mut lock = Self { file, owner: process::id() };
        lock.write(url).map_err(Refusal::Disk)?;
        Ok(lock)
    }

    /// Tells others where this process listens.
    pub(crate) fn write(&mut self, url: Option<&str>) -> io::Result<()> {
        let about = json!({"process": self.owner, "url": url}).to_string();
        self.file.rewind()?;
        self.file.set_len(0)?;
        self.file.write_all(about.as_bytes())
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // A forked child has the same lock in its hands: it must not lift it.
        if self.owner == process::id() {
            let _ = self.file.set_len(0);
            // Said aloud, as children may keep the file open.
            let _ = self.file.unlock();
        }
    }
}

fn holder(file: &mut File) -> Holder {
    let mut text = String::new();
    let read = file.take(4096).read_to_string(&mut text);
    let about: Value = read.ok().and_then(|_| serde_json::from_str(&text).ok()).unwrap_or_default();
    Holder {
        process: about.get("process").and_then(Value::as_u64),
        url: about.get("url").and_then(Value::as_str).map(str::to_owned),
    }
}

/// The sentence for whoever came second.
pub(crate) fn sentence(folder: &Path, holder: &Holder) -> String {
    let folder = folder.display();
    let process = holder.process.map_or_else(String::new, |process| format!(" (process {process})"));
    match &holder.url {
        Some(url) => format!(
            "The data folder {folder} is served by another Ketch{process}, which listens at {url}: use that address, or stop it first."
        ),
        None => format!(
            "The data folder {folder} is open in another Ketch{process}, which does not listen on the network: close it there, or have it listen and use its address."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_of_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = FolderLock::take(folder.path(), None).unwrap_or_else(|_| panic!("not locked"));
        let held = || match FolderLock::take(folder.path(), None) {
            Err(Refusal::Held(holder)) => holder,
            _ => panic!("locked twice"),
        };
        assert_eq!(held(), Holder { process: Some(u64::from(process::id())), url: None });
        assert!(sentence(folder.path(), &held()).contains("does not listen"));
        first.write(Some("http://127.0.0.1:1")).unwrap();
        assert!(sentence(folder.path(), &held()).contains("listens at http://127.0.0.1:1: use"));
        drop(first);
        assert!(FolderLock::take(folder.path(), None).is_ok());
    }
}
