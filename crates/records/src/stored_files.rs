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

impl Records {
    /// Opens a file that a record names. A protected one is opened only to those who may view the
    /// record; `request.auth` is whoever holds the file token.
    ///
    /// Errors: the same 404 for every refusal, so that it does not tell whether the file exists.
    pub async fn open_file(
        &self,
        collection: &Arc<Collection>,
        id: &str,
        name: &str,
        request: &RequestInfo,
    ) -> Result<Blob> {
        let missing = || Error::not_found("");
        let record = self.find_by_id(collection, id).await?.ok_or_else(missing)?;
        let field = file_field(&record, name).ok_or_else(missing)?;
        if field.protected && !self.may_view(&record, request).await {
            return Err(missing());
        }
        let (folder, owner) = self.place(&record, name).await?.ok_or_else(missing)?;
        match self.inner.files.open(&folder, &owner, name).await {
            Ok(stored) => Ok(stored),
            Err(BlobError::NotFound | BlobError::InvalidKey(_)) => Err(missing()),
            Err(error) => Err(Error::internal(error)),
        }
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
