//! The data folders that are open in this process: each once, however many use it.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process;

use ketch::{Embedded, Failure, OpenFailure};
use ketch_client::blocking;
use ketch_client::process::PerProcess;
use tokio::sync::Mutex;

struct Slot {
    embedded: Embedded,
    users: usize,
}

static OPEN: PerProcess<Mutex<HashMap<PathBuf, Slot>>> = PerProcess::new();

fn open_folders() -> &'static Mutex<HashMap<PathBuf, Slot>> {
    OPEN.get_or_init(Mutex::default)
}

/// An open folder. The last one that is released, or dropped, closes the databases.
pub(crate) struct Folder {
    embedded: Embedded,
    path: PathBuf,
    owner: u32,
    is_released: bool,
}

impl Folder {
    /// Opens a folder, or joins those who have it open; only the first one's flags count.
    pub(crate) async fn open(folder: &Path, flags: Vec<OsString>) -> Result<Self, OpenFailure> {
        let path = canonical(folder.to_owned()).await.map_err(|error| {
            let text = format!("The data folder {} cannot be used: {error}.", folder.display());
            OpenFailure::Other(Failure::new(text))
        })?;
        let mut folders = open_folders().lock().await;
        let embedded = match folders.get_mut(&path) {
            Some(slot) => {
                slot.users += 1;
                slot.embedded.clone()
            }
            None => {
                let embedded = Embedded::open(&path, flags).await?;
                folders.insert(path.clone(), Slot { embedded: embedded.clone(), users: 1 });
                embedded
            }
        };
        Ok(Self { embedded, path, owner: process::id(), is_released: false })
    }

    pub(crate) fn embedded(&self) -> &Embedded {
        &self.embedded
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether this is the process that opened the folder, and not a forked child of it.
    pub(crate) fn is_ours(&self) -> bool {
        self.owner == process::id()
    }

    /// Whether others use the folder too.
    pub(crate) async fn is_shared(&self) -> bool {
        open_folders().lock().await.get(&self.path).is_some_and(|slot| slot.users > 1)
    }

    pub(crate) async fn release(mut self) {
        self.is_released = true;
        if self.is_ours() {
            leave(&self.path).await;
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.is_released || !self.is_ours() {
            return;
        }
        let path = std::mem::take(&mut self.path);
        if let Ok(runtime) = blocking::handle() {
            runtime.spawn(async move { leave(&path).await });
        }
    }
}

async fn leave(path: &Path) {
    let mut folders = open_folders().lock().await;
    let Some(slot) = folders.get_mut(path) else { return };
    slot.users -= 1;
    if slot.users == 0
        && let Some(slot) = folders.remove(path)
    {
        // Whoever wants the folder again waits until it is closed.
        slot.embedded.close().await;
    }
}

/// Closes all folders, at the end of the interpreter.
pub(crate) async fn close_all() {
    let all: Vec<Slot> = open_folders().lock().await.drain().map(|(_, slot)| slot).collect();
    let closing = all.iter().map(|slot| slot.embedded.close());
    futures_util::future::join_all(closing).await;
}

async fn canonical(folder: PathBuf) -> io::Result<PathBuf> {
    let finding = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(&folder)?;
        folder.canonicalize()
    });
    finding.await.map_err(io::Error::other).flatten()
}
