//! A stored archive as something that blocking code can read.

use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};

use ketch_files::BlobContent;
use ketch_files::blob::BlobReader;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio::runtime::Handle;

const BUFFER: usize = 256 * 1024;

/// Bytes that can be read from any place on, on a thread that may block.
pub(super) trait ReadSeek: Read + Seek + Send {}

impl<T: Read + Seek + Send> ReadSeek for T {}

/// To be called on the runtime; to be read off it.
pub(super) fn blocking(content: BlobContent, size: u64) -> Box<dyn ReadSeek> {
    match content {
        BlobContent::Memory(bytes) => Box::new(Cursor::new(bytes)),
        BlobContent::File(file) => Box::new(BufReader::with_capacity(BUFFER, file)),
        BlobContent::Stream(stream) => Box::new(Blocking {
            stream,
            runtime: Handle::current(),
            size,
            position: 0,
            buffer: Vec::new(),
            buffered_from: 0,
            stream_at: 0,
        }),
    }
}

/// Keeps what it has read over a seek nearby: an archive is read entry by entry, each after a seek.
struct Blocking {
    stream: Box<dyn BlobReader>,
    runtime: Handle,
    size: u64,
    position: u64,
    buffer: Vec<u8>,
    /// Where in the archive the buffer begins.
    buffered_from: u64,
    /// Where the stream itself stands.
    stream_at: u64,
}

impl Blocking {
    fn buffered(&self) -> &[u8] {
        let ahead =
            self.position.checked_sub(self.buffered_from).and_then(|ahead| usize::try_from(ahead).ok());
        ahead.and_then(|ahead| self.buffer.get(ahead..)).unwrap_or_default()
    }

    fn fill(&mut self) -> io::Result<()> {
        if self.stream_at != self.position {
            self.stream_at = self.runtime.block_on(self.stream.seek(SeekFrom::Start(self.position)))?;
        }
        self.buffered_from = self.position;
        self.buffer.resize(BUFFER, 0);
        let read = self.runtime.block_on(self.stream.read(&mut self.buffer));
        self.buffer.truncate(*read.as_ref().unwrap_or(&0));
        self.stream_at += read? as u64;
        Ok(())
    }
}

impl Read for Blocking {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.buffered().is_empty() && self.position < self.size {
            self.fill()?;
        }
        let buffered = self.buffered();
        let count = buffered.len().min(into.len());
        into[..count].copy_from_slice(&buffered[..count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Blocking {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.size.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stream_reads_like_its_bytes() {
        let bytes: Vec<u8> = (0..1_000_000_u32).map(|n| (n % 249) as u8).collect();
        let stream = BlobContent::Stream(Box::new(Cursor::new(bytes.clone())));
        let mut reader = blocking(stream, bytes.len() as u64);
        tokio::task::spawn_blocking(move || {
            let mut part = [0; 7];
            for position in [0, 3, 900_000, 900_001, 262_140, 262_144, 12, 999_993] {
                assert_eq!(reader.seek(SeekFrom::Start(position as u64)).expect("sought"), position as u64);
                reader.read_exact(&mut part).expect("read");
                assert_eq!(part, bytes[position..position + 7], "{position}");
            }
            assert_eq!(reader.read(&mut part).expect("read"), 0);
            reader.seek(SeekFrom::End(-2)).expect("sought");
            let mut end = Vec::new();
            reader.read_to_end(&mut end).expect("read");
            assert_eq!(end, bytes[999_998..]);
            assert!(reader.seek(SeekFrom::Current(-2_000_000)).is_err());
            reader.rewind().expect("sought");
            let mut whole = Vec::new();
            reader.read_to_end(&mut whole).expect("read");
            assert!(whole == bytes);
        })
        .await
        .expect("ended");
    }
}
