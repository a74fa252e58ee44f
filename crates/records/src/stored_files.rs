//! Stored files under the rules of their records.

use std::sync::Arc;

use ketch_files::BlobError;
pub use ketch_files::{Blob, BlobContent};
use ketch_model::fields::file::FileOptions;
use ketch_model::{Collection, CollectionKind, Error, FieldKind, Record, Result};
use ketch_query::RequestInfo;

use crate::policy::{self, Access, Action};
use crate::relation::ids_of;
use crate::service::Records;

/// The size of thumbnails that every file field offers.
const DEFAULT_THUMB: &str = "100x100";

/// An opened file, or a thumbnail of it.
pub struct StoredFile {
    /// What to call it.
    pub name: String,
    pub blob: Blob,
}

impl Records {
    /// Opens a file that a record names. A protected one is opened only to those who may view the
    /// record; `request.auth` is whoever holds the file token.
    ///
    /// `thumb` asks for a thumbnail of this size, `100x50`; the file itself is opened where the field
    /// does not offer it or none can be made.
    ///
    /// Errors: the same 404 for every refusal, so that it does not tell whether the file exists.
    pub async fn open_file(
        &self,
        collection: &Arc<Collection>,
        id: &str,
        name: &str,
        thumb: &str,
        request: &RequestInfo,
    ) -> Result<StoredFile> {
        let missing = || Error::not_found("");
        let record = self.find_by_id(collection, id).await?.ok_or_else(missing)?;
        let field = file_field(&record, name).ok_or_else(missing)?;
        if field.protected && !self.may_view(&record, request).await {
            return Err(missing());
        }
        let (folder, owner) = self.place(&record, name).await?.ok_or_else(missing)?;
        let failed = |error| match error {
            BlobError::NotFound | BlobError::InvalidKey(_) => missing(),
            error => Error::internal(error),
        };
        let files = &self.inner.files;
        if offers(field, thumb)
            && let Some(blob) = files.open_thumb(&folder, &owner, name, thumb).await.map_err(failed)?
        {
            return Ok(StoredFile { name: format!("{thumb}_{name}"), blob });
        }
        let blob = files.open(&folder, &owner, name).await.map_err(failed)?;
        Ok(StoredFile { name: name.to_owned(), blob })
    }

    async fn may_view(&self, record: &Record, request: &RequestInfo) -> bool {
        match policy::access(&record.collection, Action::View, request) {
            Access::Everything => true,
            Access::Nothing => false,
            // A rule that cannot be decided opens nothing.
            Access::Matching(rule) => self.satisfies(record, rule, request).await.unwrap_or(false),
        }
    }

    /// Collection id and record id under which the file lies. A view shows files of the tables that
    /// it selects from: of the record that has the row's id.
    async fn place(&self, record: &Record, name: &str) -> Result<Option<(String, String)>> {
        let CollectionKind::View { query } = &record.collection.kind else {
            return Ok(Some((record.collection.id.clone(), record.id().to_owned())));
        };
        for source in self.schema().collections() {
            if source.is_view() || !query.contains(&source.name) || !has_files(source) {
                continue;
            }
            if let Some(owner) = self.find_by_id(source, record.id()).await?
                && file_field(&owner, name).is_some()
            {
                return Ok(Some((source.id.clone(), owner.id().to_owned())));
            }
        }
        Ok(None)
    }
}

fn offers(field: &FileOptions, thumb: &str) -> bool {
    !thumb.is_empty() && (thumb == DEFAULT_THUMB || field.thumbs.iter().any(|offered| offered == thumb))
}

fn has_files(collection: &Collection) -> bool {
    collection.fields.iter().any(|field| matches!(field.kind, FieldKind::File(_)))
}

/// The file field of a record that names this file.
fn file_field<'a>(record: &'a Record, name: &str) -> Option<&'a FileOptions> {
    record.collection.fields.iter().zip(&record.values).find_map(|(field, value)| match &field.kind {
        FieldKind::File(options) if ids_of(value).any(|stored| stored == name) => Some(options),
        _ => None,
    })
}
