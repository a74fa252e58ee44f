//! Trying out the S3 settings.

use std::time::Duration;

use ketch_files::{Attributes, BlobStore, S3Blobs, Source};
use ketch_model::ids;

use crate::app::App;

/// Everything together; one request of the client may take a third of it.
const LONGEST: Duration = Duration::from_secs(60);

/// Which of the two places for files is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileSystem {
    /// Files of records.
    Storage,
    Backups,
}

impl App {
    /// Stores a small file in the bucket of the saved settings and removes it.
    ///
    /// # Errors
    /// What went wrong, in words for superusers.
    pub async fn test_s3(&self, which: FileSystem) -> Result<(), String> {
        let settings = self.settings.current();
        let s3 = match which {
            FileSystem::Storage => settings.s3.clone(),
            FileSystem::Backups => settings.backups.s3.clone(),
        };
        if !s3.enabled {
            return Err("S3 storage filesystem is not enabled".to_owned());
        }
        let work = async {
            let blobs = S3Blobs::new(&s3)
                .map_err(|error| format!("failed to initialize the S3 filesystem: {error}"))?;
            let folder = format!("pb_settings_test_{}", ids::random_text(5, ids::ALPHANUMERIC));
            let key = format!("{folder}/test.txt");
            let source = Source::Memory(b"test".as_slice().into());
            let attributes = Attributes::new("text/plain; charset=utf-8", None);
            blobs
                .put(&key, source, attributes)
                .await
                .map_err(|error| format!("failed to upload a test file: {error}"))?;
            blobs.remove_all(&folder).await.map_err(|error| format!("failed to delete a test file: {error}"))
        };
        tokio::time::timeout(LONGEST, work)
            .await
            .unwrap_or_else(|_| Err(format!("no end after {} seconds", LONGEST.as_secs())))
    }
}
