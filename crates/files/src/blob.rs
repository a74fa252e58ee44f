//! Where the bytes of stored files are kept.

use std::fs::File;
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::time::SystemTime;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncSeek};

use crate::attributes::Attributes;

pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Why a file could not be stored, read or removed.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error("there is no such file")]
    NotFound,
    /// A part of the key is empty, is `.` or `..`, or holds a character that a path gives a meaning.
    #[error("`{0}` cannot be the name of a stored file")]
    InvalidKey(String),
    /// The disk or the S3 server failed or refused.
    #[error("{action} failed: {cause}")]
    Io { action: String, cause: io::Error },
}

/// The bytes to store.
#[derive(Debug, Clone)]
pub enum Source {
    Memory(Bytes),
    /// A file that is read, and left where it is.
    File(PathBuf),
}

/// A stored file, opened.
pub struct Blob {
    /// In bytes.
    pub size: u64,
    pub modified: SystemTime,
    pub attributes: Attributes,
    pub content: BlobContent,
}

/// A stored file as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub key: String,
    /// In bytes.
    pub size: u64,
    pub modified: SystemTime,
}

pub enum BlobContent {
    /// A small file is read at once.
    Memory(Bytes),
    /// A file on disk, which stands at its first byte.
    File(File),
    /// Stands at the first byte.
    Stream(Box<dyn BlobReader>),
}

/// Bytes that can be read from any place on.
pub trait BlobReader: AsyncRead + AsyncSeek + Send + Unpin {}

impl<T: AsyncRead + AsyncSeek + Send + Unpin> BlobReader for T {}

/// A place for files under keys of parts joined by `/`.
///
/// No part of a key may be empty, `.` or `..`, or hold a slash, a backslash or a control character:
/// such keys are [`BlobError::InvalidKey`] to every call.
pub trait BlobStore: Send + Sync + 'static {
    /// Stores a file, in the place of an older one of the key. Nobody ever
    /// sees a part of it.
    fn put<'a>(
        &'a self,
        key: &'a str,
        source: Source,
        attributes: Attributes,
    ) -> BoxFuture<'a, Result<(), BlobError>>;

    /// Opens a file; one without attributes is of unknown type.
    fn open<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Blob, BlobError>>;

    /// Every file whose key begins with the prefix and a slash, by key; an empty prefix stands for all.
    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<Listed>, BlobError>>;

    /// Removes a file; one that is not there is no error.
    fn remove<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), BlobError>>;

    /// Removes every file whose key begins with the prefix and a slash.
    fn remove_all<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<(), BlobError>>;
}

/// Checks a key as the contract asks.
///
/// # Errors
/// [`BlobError::InvalidKey`] with the key.
pub fn check_key(key: &str) -> Result<(), BlobError> {
    let refused = |part: &str| {
        matches!(part, "" | "." | "..") || part.chars().any(|c| c == '\\' || c == ':' || c.is_control())
    };
    if key.split('/').any(refused) {
        return Err(BlobError::InvalidKey(key.to_owned()));
    }
    Ok(())
}
