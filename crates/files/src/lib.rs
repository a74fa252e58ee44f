//! Stored files: what they are called, what they hold, where they lie.
//!
//! [`Files`] keeps the files of records in a [`BlobStore`], laid out as PocketBase lays them out
//! (`collection id/record id/name`), so that either server serves the files of the other.
//! [`names`] makes the stored name and finds the content type of an upload.

pub mod attributes;
pub mod blob;
pub mod local;
pub mod mime;
pub mod names;
pub mod s3;
pub mod sniff;
pub mod switched;

mod files;
mod hold;
mod thumbs;

pub use attributes::Attributes;
pub use blob::{Blob, BlobContent, BlobError, BlobStore, Listed, Source};
pub use files::Files;
pub use hold::Hold;
pub use local::LocalBlobs;
pub use s3::S3Blobs;
pub use switched::SwitchedBlobs;
