//! The files of records.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::attributes::Attributes;
use crate::blob::{Blob, BlobError, BlobStore, Source, check_key};
use crate::hold::{Hold, Holds};
use crate::local::LocalBlobs;
use crate::names;
use crate::thumbs::{Spec, Thumbs};

/// Stored files by collection id, record id and name. The collection's id, and not its name, is
/// part of the place, so that a rename moves nothing.
pub struct Files {
    blobs: Arc<dyn BlobStore>,
    holds: Holds,
    thumbs: Arc<Thumbs>,
}

impl Files {
    pub fn new(blobs: Arc<dyn BlobStore>) -> Self {
        let thumbs = Thumbs::new(blobs.clone());
        Self { blobs, holds: Holds::default(), thumbs }
    }

    /// Files in a folder of this machine.
    pub fn local(root: impl Into<PathBuf>) -> Self {
        Self::new(Arc::new(LocalBlobs::new(root)))
    }

    /// Stores an upload under a name of [`names::stored_name`], with the client's own name beside it.
    ///
    /// # Errors
    /// [`BlobError::InvalidKey`] for ids or names that are no names of files, and whatever the disk says.
    pub async fn put(
        &self,
        collection_id: &str,
        record_id: &str,
        name: &str,
        original_name: &str,
        content_type: &str,
        source: Source,
    ) -> Result<(), BlobError> {
        let key = key(&[collection_id, record_id, name])?;
        let original = Some(names::kept_name(original_name).to_owned());
        self.blobs.put(&key, source, Attributes::new(content_type, original)).await
    }

    /// Opens a stored file for reading.
    ///
    /// # Errors
    /// [`BlobError::NotFound`] where there is none.
    pub async fn open(&self, collection_id: &str, record_id: &str, name: &str) -> Result<Blob, BlobError> {
        self.blobs.open(&key(&[collection_id, record_id, name])?).await
    }

    /// Opens the thumbnail of a stored file, which is made now if nobody asked for this size before.
    /// `None` where none can be made: of a text, of a broken or a very large image, or in too great
    /// a size.
    ///
    /// # Errors
    /// [`BlobError::NotFound`] where there is no such file.
    pub async fn open_thumb(
        &self,
        collection_id: &str,
        record_id: &str,
        name: &str,
        size: &str,
    ) -> Result<Option<Blob>, BlobError> {
        let Some(spec) = Spec::parse(size) else { return Ok(None) };
        let original = key(&[collection_id, record_id, name])?;
        let thumb = thumb_key(collection_id, record_id, name, size)?;
        self.thumbs.open(original, thumb, spec).await
    }

    /// Removes files of a record with their thumbnails. What cannot be removed is logged and left.
    pub async fn remove_all(&self, collection_id: &str, record_id: &str, names: Vec<String>) {
        for name in names {
            let removed = self.remove(collection_id, record_id, &name).await;
            log(removed, &[collection_id, record_id, &name]);
        }
    }

    /// Removes one file of a record with its thumbnails.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub async fn discard(&self, collection_id: &str, record_id: &str, name: &str) -> Result<(), BlobError> {
        self.remove(collection_id, record_id, name).await
    }

    /// Removes everything of a deleted record. What cannot be removed is logged and left.
    pub async fn remove_record(&self, collection_id: &str, record_id: &str) {
        log(self.remove_below(&[collection_id, record_id]).await, &[collection_id, record_id]);
    }

    /// Removes everything of a deleted collection. What cannot be removed is logged and left.
    pub async fn remove_collection(&self, collection_id: &str) {
        log(self.remove_below(&[collection_id]).await, &[collection_id]);
    }

    /// Lets every file stay until the hold is dropped: files of records that are deleted meanwhile
    /// are removed then. Files that were stored under the same ids in between are not touched.
    pub fn hold(&self) -> Hold {
        self.holds.begin(self.blobs.clone())
    }

    async fn remove(&self, collection_id: &str, record_id: &str, name: &str) -> Result<(), BlobError> {
        let key = key(&[collection_id, record_id, name])?;
        if !self.holds.postpone(std::slice::from_ref(&key)) {
            self.blobs.remove(&key).await?;
        }
        self.remove_below(&[collection_id, record_id, &format!("thumbs_{name}")]).await
    }

    async fn remove_below(&self, parts: &[&str]) -> Result<(), BlobError> {
        let prefix = key(parts)?;
        if self.holds.is_held() {
            // What is there now, by name: the ids may come to life again before the hold ends.
            let listed = self.blobs.list(&prefix).await?;
            let keys: Vec<String> = listed.into_iter().map(|file| file.key).collect();
            if self.holds.postpone(&keys) {
                return Ok(());
            }
        }
        self.blobs.remove_all(&prefix).await
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Files").finish_non_exhaustive()
    }
}

fn thumb_key(collection_id: &str, record_id: &str, name: &str, size: &str) -> Result<String, BlobError> {
    key(&[collection_id, record_id, &format!("thumbs_{name}"), &format!("{size}_{name}")])
}

/// Joins parts of which none may be more than one.
fn key(parts: &[&str]) -> Result<String, BlobError> {
    let key = parts.join("/");
    if parts.iter().any(|part| part.contains('/')) {
        return Err(BlobError::InvalidKey(key));
    }
    check_key(&key)?;
    Ok(key)
}

fn log(result: Result<(), BlobError>, parts: &[&str]) {
    match result {
        Ok(()) | Err(BlobError::NotFound | BlobError::InvalidKey(_)) => {}
        Err(error) => tracing::warn!(%error, file = parts.join("/"), "stored files could not be removed"),
    }
}

#[cfg(test)]
mod tests;
