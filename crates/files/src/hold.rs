//! Removals put off while somebody copies the files.

use std::mem;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::runtime::Handle;

use crate::blob::{BlobError, BlobStore};

/// The holds that are open on one place for files.
#[derive(Debug, Clone, Default)]
pub(crate) struct Holds(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    open: usize,
    /// Keys to remove when the last hold ends.
    postponed: Vec<String>,
}

impl Holds {
    pub(crate) fn begin(&self, blobs: Arc<dyn BlobStore>) -> Hold {
        self.0.lock().open += 1;
        Hold { holds: self.clone(), blobs }
    }

    pub(crate) fn is_held(&self) -> bool {
        self.0.lock().open > 0
    }

    /// Notes files to be removed later; `false` if nothing is held and they may go at once.
    pub(crate) fn postpone(&self, keys: &[String]) -> bool {
        let mut state = self.0.lock();
        if state.open == 0 {
            return false;
        }
        state.postponed.extend_from_slice(keys);
        true
    }

    /// Ends a hold; answers what is to be removed now.
    fn end(&self) -> Vec<String> {
        let mut state = self.0.lock();
        state.open = state.open.saturating_sub(1);
        if state.open == 0 { mem::take(&mut state.postponed) } else { Vec::new() }
    }
}

/// While this lives, no file is removed.
pub struct Hold {
    holds: Holds,
    blobs: Arc<dyn BlobStore>,
}

impl Drop for Hold {
    /// Removes what was put off, beside the caller.
    fn drop(&mut self) {
        let keys = self.holds.end();
        if keys.is_empty() {
            return;
        }
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(remove(self.blobs.clone(), keys))),
            Err(error) => tracing::warn!(%error, files = keys.len(), "files of deleted records are left"),
        }
    }
}

async fn remove(blobs: Arc<dyn BlobStore>, keys: Vec<String>) {
    for key in keys {
        match blobs.remove(&key).await {
            Ok(()) | Err(BlobError::NotFound | BlobError::InvalidKey(_)) => {}
            Err(error) => tracing::warn!(%error, key, "a stored file could not be removed"),
        }
    }
}
