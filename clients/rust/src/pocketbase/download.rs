//! Downloads.

use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use tokio::io::AsyncWriteExt;

use crate::error::{Error, ErrorKind, Result};
use crate::exchange::interrupted;
use crate::transport::{ByteStream, Response};

/// The content of a file while it arrives: a stream of pieces. Dropping it ends the download.
pub struct Download {
    headers: HeaderMap,
    body: ByteStream,
}

impl Download {
    pub(crate) fn new(response: Response) -> Self {
        Self { headers: response.headers, body: response.body }
    }

    /// The headers of the answer.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The size in bytes, if the server told it.
    pub fn content_length(&self) -> Option<u64> {
        self.headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
    }

    /// The next piece; nothing at the end.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Interrupted`] when the connection broke, [`ErrorKind::Timeout`] when nothing came for a minute.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        self.body.next().await.transpose().map_err(interrupted)
    }

    /// All of it, in memory.
    ///
    /// # Errors
    ///
    /// As for [`chunk`](Self::chunk).
    pub async fn bytes(mut self) -> Result<Bytes> {
        let mut all = bytes::BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }

    /// Writes it to the file at `path`, piece by piece; returns the number of bytes. If it breaks
    /// off, no half file stays behind, and a file that was there before is untouched.
    ///
    /// # Errors
    ///
    /// As for [`chunk`](Self::chunk), and [`ErrorKind::Input`] when the file cannot be written.
    pub async fn save_to(mut self, path: impl AsRef<Path>) -> Result<u64> {
        let path = path.as_ref();
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let result = self.write(Path::new(&partial)).await;
        let unwritable = |error: std::io::Error| unwritable(path, error);
        match result {
            Ok(length) => tokio::fs::rename(&partial, path).await.map_err(unwritable).map(|()| length),
            Err(error) => {
                let _ = tokio::fs::remove_file(&partial).await;
                Err(error)
            }
        }
    }

    async fn write(&mut self, path: &Path) -> Result<u64> {
        let failed = |error| unwritable(path, error);
        let mut file = tokio::fs::File::create(path).await.map_err(failed)?;
        let mut length = 0;
        while let Some(chunk) = self.chunk().await? {
            file.write_all(&chunk).await.map_err(failed)?;
            length += u64::try_from(chunk.len()).unwrap_or(0);
        }
        file.sync_all().await.map_err(failed)?;
        Ok(length)
    }
}

fn unwritable(path: &Path, error: std::io::Error) -> Error {
    Error::new(ErrorKind::Input, format!("cannot write {}: {error}", path.display())).with_source(error)
}

impl Stream for Download {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.body.poll_next_unpin(context).map_err(interrupted)
    }
}

impl std::fmt::Debug for Download {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Download").field("headers", &self.headers).finish_non_exhaustive()
    }
}
