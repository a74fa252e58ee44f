//! Files where the settings say: in a folder or in a bucket.

use std::sync::Arc;

use ketch_model::settings::S3;
use parking_lot::Mutex;

use crate::attributes::Attributes;
use crate::blob::{Blob, BlobError, BlobStore, BoxFuture, Listed, Source};
use crate::local::LocalBlobs;
use crate::s3::S3Blobs;

/// A folder, or the bucket of the settings while those enable one. A change of the settings counts
/// for the next call; a call under way ends where it began. Nothing is moved from one to the other.
pub struct SwitchedBlobs {
    local: Arc<LocalBlobs>,
    settings: Box<dyn Fn() -> S3 + Send + Sync>,
    /// The client of the settings that were seen last.
    client: Mutex<Option<(S3, Arc<S3Blobs>)>>,
}

impl SwitchedBlobs {
    /// `settings` is asked at each call.
    pub fn new(local: LocalBlobs, settings: impl Fn() -> S3 + Send + Sync + 'static) -> Self {
        Self { local: Arc::new(local), settings: Box::new(settings), client: Mutex::new(None) }
    }

    fn current(&self) -> Result<Arc<dyn BlobStore>, BlobError> {
        let settings = (self.settings)();
        if !settings.enabled {
            return Ok(self.local.clone());
        }
        let mut client = self.client.lock();
        if let Some((of, blobs)) = &*client
            && *of == settings
        {
            return Ok(blobs.clone());
        }
        let blobs = Arc::new(S3Blobs::new(&settings)?);
        *client = Some((settings, blobs.clone()));
        Ok(blobs)
    }
}

impl BlobStore for SwitchedBlobs {
    fn put<'a>(
        &'a self,
        key: &'a str,
        source: Source,
        attributes: Attributes,
    ) -> BoxFuture<'a, Result<(), BlobError>> {
        Box::pin(async move { self.current()?.put(key, source, attributes).await })
    }

    fn open<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Blob, BlobError>> {
        Box::pin(async move { self.current()?.open(key).await })
    }

    fn remove<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), BlobError>> {
        Box::pin(async move { self.current()?.remove(key).await })
    }

    fn remove_all<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<(), BlobError>> {
        Box::pin(async move { self.current()?.remove_all(prefix).await })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<Listed>, BlobError>> {
        Box::pin(async move { self.current()?.list(prefix).await })
    }
}
