//! Leave to upload one file, given to whoever holds a URL.

use ketch_model::{ids, time};
use ketch_store::sql::uploads;
use ketch_store::{Connection, Flow};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::permission::{Asking, FileAction};
use super::{UploadRequest, path};
use crate::error::{Error, Result};
use crate::service::Instant;
use crate::storage::Upload;

/// How long a URL may be used, in milliseconds.
const LIFETIME: i64 = 5 * 60 * 1000;
const LENGTH: usize = 40;

impl Instant {
    /// A secret by which one file may be uploaded to the path, once and soon. `place` is where the
    /// path stood in the request.
    ///
    /// # Errors
    /// That the viewer may not store it.
    pub async fn make_upload_ticket(&self, file: &str, place: &[&str], asking: Asking<'_>) -> Result<String> {
        path::check(file, place)?;
        self.check_files(FileAction::Create, &[file], asking).await?;
        let ticket = ids::random_text(LENGTH, ids::ALPHANUMERIC);
        let (hash, file) = (hash_of(&ticket), file.to_owned());
        let work = move |connection: &mut dyn Connection| {
            let now = time::unix_milliseconds();
            let ended = uploads::delete_ended_upload_urls(connection.dialect(), now);
            connection.execute(&ended)?;
            let noted = uploads::insert_upload_url(connection.dialect(), &hash, &file, now + LIFETIME);
            connection.execute(&noted)?;
            Ok::<_, ketch_model::Error>(())
        };
        self.records.store().write(work).await?;
        Ok(ticket)
    }

    /// Takes a ticket, which is worth nothing afterwards, for the upload that it stands for.
    ///
    /// # Errors
    /// `record-not-found` for an unknown or used one, `record-expired` for one that came too late.
    pub async fn take_upload_ticket(&self, ticket: &str, content_type: Option<String>) -> Result<Upload> {
        let hash = hash_of(ticket);
        let work = move |connection: &mut dyn Connection| {
            let statement = uploads::select_upload_url(connection.dialect(), &hash);
            let mut found = None;
            connection.query(&statement, &mut |row| {
                let expires = match row.cell(1) {
                    ketch_model::CellRef::Integer(expires) => expires,
                    _ => 0,
                };
                found = row.cell(0).as_text().map(|path| (path.to_owned(), expires));
                Flow::Stop
            })?;
            if found.is_some() {
                let taken = uploads::delete_upload_url(connection.dialect(), &hash);
                connection.execute(&taken)?;
            }
            Ok::<_, ketch_model::Error>(found)
        };
        let found = self.records.store().write(work).await?;
        let (path, expires) =
            found.ok_or_else(|| Error::not_found("app-upload-url", json!({ "upload-id": null })))?;
        if expires < time::unix_milliseconds() {
            return Err(Error::expired("app-upload-url", json!({ "upload-id": null })));
        }
        self.begin_unchecked(UploadRequest { path, content_type, content_disposition: None }).await
    }
}

fn hash_of(ticket: &str) -> String {
    format!("{:x}", Sha256::digest(ticket.as_bytes()))
}
