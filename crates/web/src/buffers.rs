//! Buffers that file chunks are read into, used again and again.
//!
//! A chunk that was just sent lies in the processor's cache; a new one would have to be given memory
//! by the system first.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

/// The length of each buffer.
pub(crate) const LENGTH: usize = 64 << 10;
/// Buffers that are kept while nobody needs them: 2 MiB.
const KEPT: usize = 32;

static FREE: Mutex<Vec<Box<[u8]>>> = Mutex::new(Vec::new());

fn free() -> MutexGuard<'static, Vec<Box<[u8]>>> {
    FREE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A buffer of [`LENGTH`] bytes that goes back when it is dropped. What it holds is arbitrary.
pub(crate) struct Buffer(Box<[u8]>);

impl Buffer {
    pub(crate) fn take() -> Self {
        let kept = free().pop();
        Self(kept.unwrap_or_else(|| vec![0; LENGTH].into_boxed_slice()))
    }

    pub(crate) fn bytes(&mut self) -> &mut [u8] {
        &mut self.0
    }

    /// The first bytes; the buffer goes back when they are dropped.
    pub(crate) fn filled(self, length: usize) -> Bytes {
        Bytes::from_owner(self).slice(..length)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.0);
        let mut free = free();
        if free.len() < KEPT {
            free.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_hold_what_was_read() {
        let mut buffer = Buffer::take();
        buffer.bytes()[..3].copy_from_slice(b"abc");
        let first = buffer.filled(3);
        let mut other = Buffer::take();
        other.bytes()[..3].copy_from_slice(b"xyz");
        assert_eq!((first, other.filled(2)), (Bytes::from_static(b"abc"), Bytes::from_static(b"xy")));
        assert!(free().len() <= KEPT);
    }
}
