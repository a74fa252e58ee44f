//! The bytes of an open file as a stream of chunks.

use std::fs::File;
use std::io::{self, SeekFrom};
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::stream::{self, Stream};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncSeek, AsyncSeekExt};

use crate::buffers::{self, Buffer};
use crate::ranges::ByteRange;

/// Bytes read at a time from what is no file.
const CHUNK: usize = 256 << 10;

/// Bytes that can be read from any place on.
pub trait Seekable: AsyncRead + AsyncSeek + Send + Unpin {}

impl<T: AsyncRead + AsyncSeek + Send + Unpin> Seekable for T {}

/// What chunks are read from.
pub(crate) enum Source {
    File(Arc<File>),
    Reader(Box<dyn Seekable>),
}

impl Source {
    /// Bytes from a position on: at least one, at most as many as wanted.
    async fn read(&mut self, position: u64, wanted: u64) -> io::Result<Bytes> {
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
        let chunk = match self {
            Self::File(file) => read_file(file, position, wanted.min(buffers::LENGTH)).await?,
            Self::Reader(reader) => {
                let wanted = wanted.min(CHUNK);
                let mut chunk = BytesMut::with_capacity(wanted);
                reader.take(wanted as u64).read_buf(&mut chunk).await?;
                chunk.freeze()
            }
        };
        if chunk.is_empty() {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file became shorter"));
        }
        Ok(chunk)
    }

    /// Makes a position the one that is read next.
    async fn go_to(&mut self, position: u64) -> io::Result<()> {
        if let Self::Reader(reader) = self {
            reader.seek(SeekFrom::Start(position)).await?;
        }
        Ok(())
    }
}

/// Reads on this thread what the system has in memory, and the rest where it may wait for the disk:
/// a trip to another thread and back costs more than the copy.
async fn read_file(file: &Arc<File>, position: u64, wanted: usize) -> io::Result<Bytes> {
    let mut buffer = Buffer::take();
    if let Some(read) = read_if_cached(file, &mut buffer.bytes()[..wanted], position) {
        return Ok(buffer.filled(read));
    }
    let file = file.clone();
    let reading = tokio::task::spawn_blocking(move || {
        let read = read_waiting(&file, &mut buffer.bytes()[..wanted], position)?;
        Ok(buffer.filled(read))
    });
    reading.await.map_err(io::Error::other)?
}

/// `None` where the bytes are not all at hand, or nobody can tell.
#[cfg(target_os = "linux")]
fn read_if_cached(file: &File, buffer: &mut [u8], position: u64) -> Option<usize> {
    use rustix::io::{ReadWriteFlags, preadv2};
    let buffers = &mut [io::IoSliceMut::new(buffer)];
    preadv2(file, buffers, position, ReadWriteFlags::NOWAIT).ok().filter(|read| *read > 0)
}

#[cfg(not(target_os = "linux"))]
fn read_if_cached(_: &File, _: &mut [u8], _: u64) -> Option<usize> {
    None
}

fn read_waiting(file: &File, buffer: &mut [u8], position: u64) -> io::Result<usize> {
    loop {
        #[cfg(unix)]
        let read = std::os::unix::fs::FileExt::read_at(file, buffer, position);
        #[cfg(windows)]
        let read = std::os::windows::fs::FileExt::seek_read(file, buffer, position);
        match read {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

/// Each piece's text followed by its range of the file.
pub(crate) fn stream_pieces(
    source: Source,
    pieces: Vec<(Bytes, ByteRange)>,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    struct Reading {
        source: Source,
        pieces: std::vec::IntoIter<(Bytes, ByteRange)>,
        left: ByteRange,
    }
    let reading = Reading { source, pieces: pieces.into_iter(), left: ByteRange { start: 0, end: 0 } };
    stream::try_unfold(reading, |mut reading| async move {
        while reading.left.is_empty() {
            let Some((text, range)) = reading.pieces.next() else { return Ok(None) };
            if !range.is_empty() {
                reading.source.go_to(range.start).await?;
                reading.left = range;
            }
            if !text.is_empty() {
                return Ok(Some((text, reading)));
            }
        }
        let chunk = reading.source.read(reading.left.start, reading.left.len()).await?;
        reading.left.start += chunk.len() as u64;
        Ok(Some((chunk, reading)))
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use futures_util::TryStreamExt;

    use super::*;

    async fn collect(source: Source, pieces: Vec<(Bytes, ByteRange)>) -> io::Result<Vec<u8>> {
        stream_pieces(source, pieces)
            .try_fold(Vec::new(), async |all, chunk| Ok([&all[..], &chunk].concat()))
            .await
    }

    #[tokio::test]
    async fn files_and_readers_give_the_same_pieces() {
        let content: Vec<u8> = (0..300_000_u32).map(|number| (number % 251) as u8).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&content).unwrap();
        let file = Arc::new(file);
        for range in [0..300_000, 0..1, 65_535..65_537, 131_072..262_144, 299_999..300_000, 7..7] {
            let pieces = || {
                let range = ByteRange { start: range.start, end: range.end };
                vec![
                    (Bytes::from_static(b"<"), range),
                    (Bytes::new(), range),
                    (Bytes::from_static(b">"), ByteRange { start: 0, end: 0 }),
                ]
            };
            let part = &content[usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap()];
            let expected = [b"<", part, part, b">"].concat();
            let from_file = collect(Source::File(file.clone()), pieces()).await.unwrap();
            let reader = std::io::Cursor::new(content.clone());
            let from_reader = collect(Source::Reader(Box::new(reader)), pieces()).await.unwrap();
            assert_eq!((&from_file, &from_reader), (&expected, &expected));
        }
    }

    #[tokio::test]
    async fn a_file_that_became_shorter_is_an_error() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"abc").unwrap();
        let pieces = vec![(Bytes::new(), ByteRange { start: 0, end: 4 })];
        assert!(collect(Source::File(Arc::new(file)), pieces).await.is_err());
    }
}
