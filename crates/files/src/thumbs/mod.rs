//! Thumbnails: made when they are asked for first, then kept beside their file.

mod render;
mod spec;
mod turns;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::attributes::Attributes;
use crate::blob::{Blob, BlobContent, BlobError, BlobStore, Source};
use render::{Kind, Rendered, Unusable};
pub use spec::Spec;
use turns::Turns;

/// Bytes of the largest file that a thumbnail is made of.
const LARGEST_FILE: u64 = 64 << 20;
/// Memory that all images in work may need together, and so each of them at most.
const MEMORY_MIB: u32 = 512;
/// How long a request waits for its turn; then it gets the file itself.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Thumbnails remembered as impossible.
const REMEMBERED: usize = 1024;

/// Makes thumbnails, a bounded number at the same time, each one once however many ask for it.
pub(crate) struct Thumbs {
    blobs: Arc<dyn BlobStore>,
    turns: Turns,
    workers: Arc<Semaphore>,
    memory: Arc<Semaphore>,
    /// Keys of thumbnails whose file is broken or too large: it is not decoded again at each request.
    impossible: Mutex<HashSet<String>>,
}

impl Thumbs {
    pub(crate) fn new(blobs: Arc<dyn BlobStore>) -> Arc<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Arc::new(Self {
            blobs,
            turns: Turns::default(),
            workers: Arc::new(Semaphore::new(cores)),
            memory: Arc::new(Semaphore::new(MEMORY_MIB as usize)),
            impossible: Mutex::default(),
        })
    }

    /// Opens the thumbnail under `key` of the file under `original`, which is made and stored now if
    /// it is not there. `None` where none can be made.
    ///
    /// # Errors
    /// [`BlobError::NotFound`] where the file itself is not there, and whatever the storage says.
    pub(crate) async fn open(
        self: &Arc<Self>,
        original: String,
        key: String,
        spec: Spec,
    ) -> Result<Option<Blob>, BlobError> {
        match self.blobs.open(&key).await {
            Err(BlobError::NotFound) => {}
            found => return found.map(Some),
        }
        if self.impossible.lock().contains(&key) {
            return Ok(None);
        }
        let this = self.clone();
        // On a task of its own: who gives up waiting does not take the work away from the others.
        let making = tokio::spawn(async move { this.make(&original, key, spec).await });
        making.await.map_err(|error| BlobError::Io {
            action: "making a thumbnail".to_owned(),
            cause: std::io::Error::other(error),
        })?
    }

    async fn make(&self, original: &str, key: String, spec: Spec) -> Result<Option<Blob>, BlobError> {
        let _turn = self.turns.take(&key).await;
        match self.blobs.open(&key).await {
            Err(BlobError::NotFound) => {}
            found => return found.map(Some),
        }
        let source = self.blobs.open(original).await?;
        let Some(kind) = Kind::of(&source.attributes.content_type) else { return Ok(None) };
        let rendered = if source.size > LARGEST_FILE {
            Err(Unusable::TooLarge)
        } else {
            let Ok(Ok(worker)) = timeout(LONGEST_WAIT, self.workers.clone().acquire_owned()).await else {
                return Ok(None);
            };
            let bytes = read(source).await?;
            self.render(worker, bytes, kind, spec).await
        };
        let rendered = match rendered {
            Ok(rendered) => rendered,
            Err(error) => {
                tracing::debug!(%error, file = original, "no thumbnail");
                if !matches!(error, Unusable::Late) {
                    self.remember(key);
                }
                return Ok(None);
            }
        };
        self.store(original, &key, rendered).await.map(Some)
    }

    async fn render(
        &self,
        worker: OwnedSemaphorePermit,
        bytes: Bytes,
        kind: Kind,
        spec: Spec,
    ) -> Result<Rendered, Unusable> {
        let header = bytes.clone();
        let need = spawn_blocking(move || render::memory_needed(&header, kind, spec));
        let mebibytes = u32::try_from(need.await.map_err(Unusable::panicked)?? >> 20).unwrap_or(u32::MAX);
        if mebibytes >= MEMORY_MIB {
            return Err(Unusable::TooLarge);
        }
        let Ok(Ok(memory)) =
            timeout(LONGEST_WAIT, self.memory.clone().acquire_many_owned(mebibytes + 1)).await
        else {
            return Err(Unusable::Late);
        };
        let work = spawn_blocking(move || {
            let rendered = render::render(&bytes, kind, spec);
            drop((worker, memory));
            rendered
        });
        work.await.map_err(Unusable::panicked)?
    }

    async fn store(&self, original: &str, key: &str, rendered: Rendered) -> Result<Blob, BlobError> {
        let Rendered { bytes, content_type } = rendered;
        self.blobs.put(key, Source::Memory(bytes), Attributes::new(content_type, None)).await?;
        // The file may have been removed meanwhile, with the thumbnails it had then.
        if let Err(error) = self.blobs.open(original).await {
            self.blobs.remove(key).await?;
            return Err(error);
        }
        self.blobs.open(key).await
    }

    fn remember(&self, key: String) {
        let mut impossible = self.impossible.lock();
        if impossible.len() >= REMEMBERED {
            impossible.clear();
        }
        impossible.insert(key);
    }
}

async fn read(blob: Blob) -> Result<Bytes, BlobError> {
    match blob.content {
        BlobContent::Memory(bytes) => Ok(bytes),
        BlobContent::File(file) => read_stream(tokio::fs::File::from_std(file)).await,
        BlobContent::Stream(stream) => read_stream(stream).await,
    }
}

async fn read_stream(stream: impl AsyncRead + Unpin) -> Result<Bytes, BlobError> {
    let mut bytes = Vec::new();
    let whole = stream.take(LARGEST_FILE).read_to_end(&mut bytes).await;
    whole.map_err(|cause| BlobError::Io { action: "reading an image".to_owned(), cause })?;
    Ok(bytes.into())
}

#[cfg(test)]
mod tests;
