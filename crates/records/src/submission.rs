//! What a client sends to be stored.

use bytes::Bytes;
use ketch_model::{Collection, Object, Value};
use tempfile::TempPath;

/// Submitted data: plain keys and modifier keys as the client wrote them, and uploaded files.
#[derive(Debug, Default)]
pub struct Submission {
    pub data: Object,
    pub uploads: Vec<UploadedFile>,
}

/// A file that came with the request, already received.
#[derive(Debug)]
pub struct UploadedFile {
    /// The body key, modifiers included (`documents+`).
    pub key: String,
    pub original_name: String,
    pub content: UploadedContent,
    /// In bytes.
    pub size: u64,
}

/// Where the bytes wait until they are stored.
#[derive(Debug)]
pub enum UploadedContent {
    Memory(Bytes),
    /// A temporary file, gone when this is dropped. `head` holds its first bytes, enough to tell its type.
    File {
        path: TempPath,
        head: Bytes,
    },
}

/// The field name in a body key: `+tags`, `tags-`, `title:autogenerate` without their modifiers.
pub(crate) fn field_of_key(key: &str) -> &str {
    let key = key.strip_prefix('+').unwrap_or(key);
    let key = key.strip_suffix(['+', '-']).unwrap_or(key);
    key.split_once(':').map_or(key, |(name, _)| name)
}

/// Removes what the submitter may not set: hidden fields, except the password of an auth record.
pub(crate) fn drop_hidden(collection: &Collection, submission: &mut Submission) {
    let refused = |key: &str| {
        let name = field_of_key(key);
        let is_password = collection.is_auth() && name == "password";
        !is_password && collection.field(name).is_some_and(|field| field.hidden)
    };
    submission.data.retain(|key, _: &mut Value| !refused(key));
    submission.uploads.retain(|upload| !refused(&upload.key));
}
