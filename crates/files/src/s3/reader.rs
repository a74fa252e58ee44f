//! A stored object read as a file.

use std::io::{self, SeekFrom};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use futures_util::stream::{BoxStream, Stream};
use object_store::aws::AmazonS3;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore};
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};

use crate::blob::BoxFuture;

type Pieces = BoxStream<'static, object_store::Result<Bytes>>;

/// Reads on from where it stands; a seek elsewhere asks the server anew, at the next read.
pub(super) struct ObjectReader {
    store: Arc<AmazonS3>,
    path: Path,
    size: u64,
    position: u64,
    from: From,
}

enum From {
    /// Nothing asked for yet.
    Nowhere,
    Asked(BoxFuture<'static, object_store::Result<Pieces>>),
    Answer(Pieces, Bytes),
}

impl ObjectReader {
    /// `pieces` are those of the whole object.
    pub(super) fn new(store: Arc<AmazonS3>, path: Path, size: u64, pieces: Pieces) -> Self {
        Self { store, path, size, position: 0, from: From::Answer(pieces, Bytes::new()) }
    }

    fn ask(&self) -> BoxFuture<'static, object_store::Result<Pieces>> {
        let (store, path) = (self.store.clone(), self.path.clone());
        let options = GetOptions { range: Some(GetRange::Offset(self.position)), ..GetOptions::default() };
        Box::pin(async move { Ok(store.get_opts(&path, options).await?.into_stream()) })
    }
}

impl AsyncRead for ObjectReader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.position >= this.size || buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        loop {
            match &mut this.from {
                From::Nowhere => this.from = From::Asked(this.ask()),
                From::Asked(asked) => {
                    let pieces = ready!(asked.as_mut().poll(context)).map_err(io::Error::other)?;
                    this.from = From::Answer(pieces, Bytes::new());
                }
                From::Answer(_, piece) if !piece.is_empty() => {
                    let count = piece.len().min(buffer.remaining());
                    buffer.put_slice(&piece[..count]);
                    piece.advance(count);
                    this.position += count as u64;
                    return Poll::Ready(Ok(()));
                }
                From::Answer(pieces, piece) => match ready!(Pin::new(pieces).poll_next(context)) {
                    Some(next) => *piece = next.map_err(io::Error::other)?,
                    None => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                },
            }
        }
    }
}

impl AsyncSeek for ObjectReader {
    fn start_seek(mut self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        let target = match position {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(distance) => self.size.checked_add_signed(distance),
            SeekFrom::Current(distance) => self.position.checked_add_signed(distance),
        };
        let target = target.ok_or(io::ErrorKind::InvalidInput)?;
        if target != self.position {
            self.position = target;
            self.from = From::Nowhere;
        }
        Ok(())
    }

    fn poll_complete(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Poll::Ready(Ok(self.position))
    }
}
