//! Ids: random ones and checksums of names.

use std::cell::RefCell;

/// What record ids are made of.
pub const RECORD_ID_ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
/// Letters of both cases and digits, for keys and secrets.
pub const ALPHANUMERIC: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const RECORD_ID_LENGTH: usize = 15;

/// A new record id: 15 characters of `[a-z0-9]`.
pub fn record_id() -> String {
    random_text(RECORD_ID_LENGTH, RECORD_ID_ALPHABET)
}

/// Random text of an ASCII alphabet, from the system's secure source, without bias.
pub fn random_text(length: usize, alphabet: &[u8]) -> String {
    (0..length).map(|_| char::from(alphabet[random_below(alphabet.len())])).collect()
}

/// `prefix` followed by the decimal CRC-32 (IEEE) of the text: default ids of collections and fields.
pub fn checksum_id(prefix: &str, text: &str) -> String {
    format!("{prefix}{}", crc32fast::hash(text.as_bytes()))
}

/// A secure random number below `bound`, without bias; 0 if the bound is 0.
pub fn random_below(bound: usize) -> usize {
    SOURCE.with_borrow_mut(|source| source.below(bound))
}

thread_local! {
    static SOURCE: RefCell<RandomSource> = const { RefCell::new(RandomSource::new()) };
}

/// Secure random bytes, fetched in chunks: the system call is dearer than the bytes.
struct RandomSource {
    bytes: [u8; CHUNK],
    used: usize,
}

/// Secure random bytes fetched at a time.
const CHUNK: usize = 1024;

impl RandomSource {
    const fn new() -> Self {
        Self { bytes: [0; CHUNK], used: CHUNK }
    }

    fn word(&mut self) -> u32 {
        if self.used == self.bytes.len() {
            fill(&mut self.bytes);
            self.used = 0;
        }
        // What was used is forgotten: it may have become a secret.
        let bytes = [0, 1, 2, 3].map(|offset| std::mem::take(&mut self.bytes[self.used + offset]));
        self.used += 4;
        u32::from_le_bytes(bytes)
    }

    fn below(&mut self, bound: usize) -> usize {
        let Ok(bound) = u32::try_from(bound) else { return 0 };
        if bound < 2 {
            return 0;
        }
        // Words above the last whole multiple would favour small numbers.
        let limit = u32::MAX - u32::MAX % bound;
        loop {
            let word = self.word();
            if word < limit {
                return (word % bound) as usize;
            }
        }
    }
}

/// Fills with secure random bytes.
fn fill(bytes: &mut [u8]) {
    // The system's source fails only on machines without one, where nothing secret can be made:
    // waiting is the sole answer that keeps ids and keys unguessable.
    while getrandom::fill(bytes).is_err() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}

/// Secure random bytes for keys.
pub fn random_bytes<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    fill(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests;
