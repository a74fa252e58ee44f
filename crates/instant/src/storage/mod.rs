//! Stored files: rows of `$files`, and the bytes that they describe.
//!
//! Bytes lie under a location of their own, which is never used twice: an upload to a path that is
//! taken stores the new bytes beside the old ones and changes the row; whoever commits that (or
//! the delete of a row, whatever its way) removes the old bytes.

mod manage;
mod path;
mod permission;
mod tickets;
mod upload;
pub mod urls;

pub use ketch_files::{Blob, BlobContent};
pub use manage::{ListedFile, OpenFile};
pub use permission::{Asking, FileAction};
pub use upload::{Content, StoredFile, Upload, UploadRequest};
pub use urls::SignedUrls;

/// The labels of `$files`.
mod label {
    pub(super) const PATH: &str = "path";
    pub(super) const SIZE: &str = "size";
    pub(super) const CONTENT_TYPE: &str = "content-type";
    pub(super) const CONTENT_DISPOSITION: &str = "content-disposition";
    pub(super) const LOCATION: &str = "location-id";
    pub(super) const KEY_VERSION: &str = "key-version";
}

/// The name of the bytes at their location.
const CONTENT: &str = "content";
/// The type of bytes of which none is known.
const UNKNOWN_TYPE: &str = "application/octet-stream";
