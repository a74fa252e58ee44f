//! Listing, deleting and opening stored files.

use ketch_files::BlobError;
use ketch_model::attr::FILES;
use ketch_model::{Cell, Record, Value};
use ketch_records::{Transaction, TransactionMode};

use super::permission::{Asking, FileAction};
use super::{Blob, CONTENT, UNKNOWN_TYPE, label};
use crate::error::Result;
use crate::service::Instant;
use crate::transact::{Failure, refusal};

/// A file as a list shows it.
#[derive(Debug, Clone)]
pub struct ListedFile {
    pub path: String,
    pub location_id: String,
    /// In bytes; null of a row that was not made by an upload.
    pub size: Value,
}

/// A stored file, opened.
pub struct OpenFile {
    pub blob: Blob,
    pub content_type: String,
    pub content_disposition: Option<String>,
}

impl ListedFile {
    /// The name of the bytes among those of all apps, as clients are shown it.
    pub fn key(&self, app_id: &str) -> String {
        format!("{app_id}/{}/{}", bin(&self.location_id), self.location_id)
    }
}

/// One of ten, by a hash that clients of the original know.
fn bin(text: &str) -> u32 {
    let hash = text.encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into()));
    hash.unsigned_abs() % 10
}

impl Instant {
    /// All files of the app, by path.
    ///
    /// # Errors
    /// The store's.
    pub async fn files(&self) -> Result<Vec<ListedFile>> {
        let schema = self.records.schema();
        let Some(files) = schema.attrs().collection(FILES) else { return Ok(Vec::new()) };
        let rows = self.records.find_all(files, &[], u64::MAX >> 1).await?;
        let listed = rows.iter().map(|row| ListedFile {
            path: row.text(label::PATH).to_owned(),
            location_id: row.text(label::LOCATION).to_owned(),
            size: row.get(label::SIZE).cloned().unwrap_or_default(),
        });
        let mut listed: Vec<ListedFile> = listed.collect();
        listed.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(listed)
    }

    /// Deletes the files of these paths; answers the ids of those that there were, in the order of
    /// the paths.
    ///
    /// # Errors
    /// That the viewer may not delete one of them; nothing is deleted then.
    pub async fn delete_files(&self, paths: Vec<String>, asking: Asking<'_>) -> Result<Vec<String>> {
        let all: Vec<&str> = paths.iter().map(String::as_str).collect();
        self.check_files(FileAction::Delete, &all, asking).await?;
        let schema = self.records.schema();
        let Some(files) = schema.attrs().collection(FILES).cloned() else { return Ok(Vec::new()) };
        let work = move |transaction: &mut Transaction<'_>| {
            let paths: Vec<Value> = paths.into_iter().map(Value::from).collect();
            let found = transaction.load_by_values(&files, label::PATH, &paths);
            let deleted = found.and_then(|found| {
                let mut ids: Vec<String> = Vec::with_capacity(found.len());
                for row in found {
                    if !ids.iter().any(|known| known == row.id()) {
                        ids.push(row.id().to_owned());
                    }
                }
                let doomed: Vec<&str> = ids.iter().map(String::as_str).collect();
                transaction.delete(&files, &doomed)?;
                Ok(ids)
            });
            deleted.map_err(|error| refusal(transaction.schema(), error))
        };
        let outcome = self.records.transact(TransactionMode::default(), work).await;
        Ok(outcome.map_err(Failure::into_error)?.value)
    }

    /// Where the file of a path lies, if the viewer may see it and there is one.
    ///
    /// # Errors
    /// That the viewer may not.
    pub async fn locate_file(&self, path: &str, asking: Asking<'_>) -> Result<Option<String>> {
        self.check_files(FileAction::View, &[path], asking).await?;
        let row = self.file_row(label::PATH, path).await?;
        Ok(row.map(|row| row.text(label::LOCATION).to_owned()).filter(|location| !location.is_empty()))
    }

    /// Opens the file at a location; `None` where there is none (any more). The caller has seen to
    /// it that whoever asks may see it.
    ///
    /// # Errors
    /// The storage's.
    pub async fn open_file(&self, location_id: &str) -> Result<Option<OpenFile>> {
        let Some(row) = self.file_row(label::LOCATION, location_id).await? else { return Ok(None) };
        let opened = self.records.files().open(&row.collection.id, location_id, CONTENT).await;
        let text = |label| Some(row.text(label)).filter(|text| !text.is_empty()).map(str::to_owned);
        match opened {
            Ok(blob) => Ok(Some(OpenFile {
                blob,
                content_type: text(label::CONTENT_TYPE).unwrap_or_else(|| UNKNOWN_TYPE.to_owned()),
                content_disposition: text(label::CONTENT_DISPOSITION),
            })),
            Err(BlobError::NotFound | BlobError::InvalidKey(_)) => Ok(None),
            Err(error) => Err(super::upload::failed(&error)),
        }
    }

    async fn file_row(&self, label: &str, text: &str) -> Result<Option<Record>> {
        let schema = self.records.schema();
        let Some(files) = schema.attrs().collection(FILES) else { return Ok(None) };
        Ok(self.records.find_by_field(files, label, Cell::text(text), false).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::bin;

    #[test]
    fn bins() {
        // Hashes of Java: "a" is 97, "ab" 3105, "polygenelubricants" the least integer.
        for (text, expected) in [("", 0), ("a", 7), ("ab", 5), ("polygenelubricants", 8)] {
            assert_eq!(bin(text), expected, "{text}");
        }
    }
}
