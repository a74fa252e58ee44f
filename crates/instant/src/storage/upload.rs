//! Storing a file.

use std::sync::Arc;

use bytes::Bytes;
use ketch_files::{BlobError, Source};
use ketch_model::attr::{FILES, random_uuid};
use ketch_model::{Collection, Record, Value};
use ketch_records::{Transaction, TransactionMode};
use serde_json::json;
use tempfile::TempPath;

use super::permission::{Asking, FileAction};
use super::{CONTENT, UNKNOWN_TYPE, label, path};
use crate::error::{Error, Result};
use crate::service::Instant;
use crate::transact::{Failure, checked_value, refusal};

/// What a client says of the file that it is going to send.
#[derive(Debug, Clone, Default)]
pub struct UploadRequest {
    pub path: String,
    pub content_type: Option<String>,
    pub content_disposition: Option<String>,
}

/// The bytes of a file that was received whole.
#[derive(Debug)]
pub enum Content {
    Memory(Bytes),
    /// A temporary file, deleted when dropped.
    File(TempPath),
}

/// A file that may be stored.
#[must_use]
pub struct Upload {
    instant: Instant,
    files: Arc<Collection>,
    request: UploadRequest,
}

/// What became of an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Of the row of `$files`, which stays when its path is stored again.
    pub id: String,
    pub location_id: String,
    /// In bytes.
    pub size: u64,
}

impl Instant {
    /// Checks what can be known of an upload before its bytes come.
    ///
    /// # Errors
    /// A path or type that cannot be stored, or that the viewer may not store.
    pub async fn begin_upload(&self, request: UploadRequest, asking: Asking<'_>) -> Result<Upload> {
        path::check(&request.path, &["headers", "path"])?;
        self.check_files(FileAction::Create, &[&request.path], asking).await?;
        self.begin_unchecked(request).await
    }

    /// As [`Instant::begin_upload`], for the server's own files and for those whose rules were asked before.
    pub(crate) async fn begin_unchecked(&self, request: UploadRequest) -> Result<Upload> {
        let files = self.own_collection(FILES).await?;
        let schema = self.records.schema();
        for (label, value) in [
            (label::PATH, Some(&request.path)),
            (label::CONTENT_TYPE, request.content_type.as_ref()),
            (label::CONTENT_DISPOSITION, request.content_disposition.as_ref()),
        ] {
            if let (Some(value), Some(entry)) = (value, schema.attrs().forward(FILES, label)) {
                checked_value(entry, &value.as_str().into(), "")?;
            }
        }
        Ok(Upload { instant: self.clone(), files, request })
    }

    /// The collection of one of the server's own namespaces, which is made when it is first needed.
    pub(crate) async fn own_collection(&self, namespace: &'static str) -> Result<Arc<Collection>> {
        if let Some(collection) = self.records.schema().attrs().collection(namespace) {
            return Ok(collection.clone());
        }
        let mode = TransactionMode { exclusive: true, dry: false };
        let work = move |transaction: &mut Transaction<'_>| {
            let made = transaction.create_collection(namespace);
            made.map_err(|error| refusal(transaction.schema(), error))
        };
        Ok(self.records.transact(mode, work).await.map_err(Failure::into_error)?.value)
    }
}

impl Upload {
    /// Stores the file in the place of an older one of the path. It goes on to its end even when
    /// the caller goes away.
    ///
    /// # Errors
    /// The storage's or the database's; nothing is stored then.
    pub async fn store(self, content: Content, size: u64) -> Result<StoredFile> {
        match tokio::spawn(self.run(content, size)).await {
            Ok(stored) => stored,
            Err(error) => Err(Error::unknown(error)),
        }
    }

    async fn run(self, content: Content, size: u64) -> Result<StoredFile> {
        let Self { instant, files, request } = self;
        let location_id = random_uuid();
        let source = match &content {
            Content::Memory(bytes) => Source::Memory(bytes.clone()),
            Content::File(path) => Source::File(path.to_path_buf()),
        };
        let content_type = request.content_type.clone().filter(|text| is_plain(text));
        let content_type = content_type.as_deref().unwrap_or(UNKNOWN_TYPE);
        let blobs = instant.records.files();
        instant.records.note_pending_files(&files.id, &location_id, vec![CONTENT.to_owned()]).await?;
        blobs
            .put(&files.id, &location_id, CONTENT, CONTENT, content_type, source)
            .await
            .map_err(|error| failed(&error))?;
        drop(content);
        let (collection, location) = (files.clone(), location_id.clone());
        let work = move |transaction: &mut Transaction<'_>| {
            describe(transaction, &collection, &request, &location, size)
        };
        match instant.records.transact(TransactionMode::default(), work).await {
            Ok(outcome) => Ok(StoredFile { id: outcome.value, location_id, size }),
            Err(failure) => {
                blobs.remove_record(&files.id, &location_id).await;
                Err(failure.into_error())
            }
        }
    }
}

/// What every storage takes as a type.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

pub(super) fn failed(error: &BlobError) -> Error {
    Error::unknown(format!("the file storage: {error}"))
}

/// Writes the row of a stored file; answers its id.
fn describe(
    transaction: &mut Transaction<'_>,
    files: &Arc<Collection>,
    request: &UploadRequest,
    location: &str,
    size: u64,
) -> Result<String, Failure> {
    let stored = write_row(transaction, files, request, location, size);
    stored.map_err(|error| refusal(transaction.schema(), error))
}

fn write_row(
    transaction: &mut Transaction<'_>,
    files: &Arc<Collection>,
    request: &UploadRequest,
    location: &str,
    size: u64,
) -> Result<String, ketch_records::TransactionError> {
    let path = Value::from(request.path.as_str());
    let known = transaction.load_by_values(files, label::PATH, std::slice::from_ref(&path))?.pop();
    let mut row = match &known {
        Some(known) => known.clone(),
        None => {
            let current = transaction.schema().by_id(&files.id).unwrap_or(files).clone();
            let mut row = Record::blank(current);
            row.set("id", random_uuid().into());
            row
        }
    };
    let text = |text: &Option<String>| text.as_deref().map_or(Value::Null, Value::from);
    for (label, value) in [
        (label::PATH, path),
        (label::SIZE, json!(size)),
        (label::CONTENT_TYPE, text(&request.content_type)),
        (label::CONTENT_DISPOSITION, text(&request.content_disposition)),
        (label::LOCATION, location.into()),
        (label::KEY_VERSION, json!(1)),
    ] {
        row.set(label, value);
    }
    let stored = match known {
        Some(known) => transaction.update(known, row)?,
        None => transaction.insert(row)?,
    };
    Ok(stored.id().to_owned())
}
