//! Bytes that are kept until they are whole: few in memory, many in a temporary file.

use std::io;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use tempfile::TempPath;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use crate::body::{ReadError, from_stream};

/// Bytes that stay in memory.
pub const MEMORY_LIMIT: usize = 1 << 20;
/// Bytes that tell a file's type.
pub(crate) const HEAD: usize = 4 << 10;
/// How long a client may send nothing.
const SILENCE: Duration = Duration::from_secs(60);

/// The bytes of an uploaded file.
#[derive(Debug)]
pub enum Content {
    Memory(Bytes),
    /// A temporary file, deleted when dropped. `head` holds its first bytes, enough to tell its type.
    File {
        path: TempPath,
        head: Bytes,
    },
}

/// A whole body of any size, with the number of its bytes.
///
/// # Errors
/// [`ReadError::Malformed`] when the client stops sending, [`ReadError::Temporary`] when the disk is full.
pub async fn body(body: Body) -> Result<(Content, u64), ReadError> {
    let expected = body.size_hint().lower();
    let chunks = body.into_data_stream().map(|chunk| chunk.map_err(|error| from_stream(&error)));
    spool(chunks, expected, Some(SILENCE)).await
}

/// Everything that a stream holds. `expected` is how many bytes it may be, as far as that is known;
/// `silence` is how long it may take to the next piece.
pub(crate) async fn spool(
    mut chunks: impl Stream<Item = Result<Bytes, ReadError>> + Unpin,
    expected: u64,
    silence: Option<Duration>,
) -> Result<(Content, u64), ReadError> {
    let expected = usize::try_from(expected).unwrap_or(usize::MAX).min(MEMORY_LIMIT);
    let mut start = BytesMut::new();
    while let Some(chunk) = next(&mut chunks, silence).await? {
        if !start.is_empty() && start.capacity() < expected {
            // Once for all, instead of growing and copying at every doubling.
            start.reserve(expected - start.len());
        }
        start.extend_from_slice(&chunk);
        if start.len() > MEMORY_LIMIT {
            return spill(chunks, start, silence).await;
        }
    }
    let size = start.len() as u64;
    Ok((Content::Memory(start.freeze()), size))
}

async fn next(
    chunks: &mut (impl Stream<Item = Result<Bytes, ReadError>> + Unpin),
    silence: Option<Duration>,
) -> Result<Option<Bytes>, ReadError> {
    let chunk = match silence {
        None => chunks.next().await,
        Some(silence) => match timeout(silence, chunks.next()).await {
            Ok(chunk) => chunk,
            Err(_) => return Err(ReadError::Malformed("the client sent nothing for too long".to_owned())),
        },
    };
    chunk.transpose()
}

/// Moves what is too large for memory, and the rest of it, to a temporary file.
async fn spill(
    mut chunks: impl Stream<Item = Result<Bytes, ReadError>> + Unpin,
    start: BytesMut,
    silence: Option<Duration>,
) -> Result<(Content, u64), ReadError> {
    let (file, path) =
        tokio::task::spawn_blocking(|| tempfile::NamedTempFile::new().map(|file| file.into_parts()))
            .await
            .map_err(io::Error::other)
            .flatten()
            .map_err(temporary)?;
    let mut file = tokio::fs::File::from_std(file);
    let mut size = start.len() as u64;
    file.write_all(&start).await.map_err(temporary)?;
    let head = Bytes::copy_from_slice(&start[..HEAD.min(start.len())]);
    drop(start);
    while let Some(chunk) = next(&mut chunks, silence).await? {
        size += chunk.len() as u64;
        file.write_all(&chunk).await.map_err(temporary)?;
    }
    file.flush().await.map_err(temporary)?;
    Ok((Content::File { path, head }, size))
}

fn temporary(error: io::Error) -> ReadError {
    ReadError::Temporary(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn large_bodies_go_to_the_disk() {
        let (content, size) = body(Body::from(vec![7; 10])).await.unwrap();
        assert!(matches!(content, Content::Memory(bytes) if bytes == vec![7; 10]));
        assert_eq!(size, 10);
        let large = vec![7; MEMORY_LIMIT + 1];
        let (content, size) = body(Body::from(large.clone())).await.unwrap();
        assert_eq!(size, large.len() as u64);
        let Content::File { path, head } = content else { panic!("in memory") };
        assert_eq!((std::fs::read(&path).unwrap(), head.len()), (large, HEAD));
        let path = path.keep().unwrap();
        std::fs::remove_file(path).unwrap();
    }
}
