//! Encryption of the stored settings: base64 of a nonce and AES-256-GCM ciphertext, as PocketBase stores them.

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const NONCE_BYTES: usize = 12;
const KEY_BYTES: usize = 32;

#[derive(Clone)]
pub(crate) struct Cipher(Aes256Gcm);

impl Cipher {
    /// `None` unless the key has 32 bytes.
    pub(crate) fn new(key: &str) -> Option<Self> {
        let key: &[u8; KEY_BYTES] = key.as_bytes().try_into().ok()?;
        Some(Self(Aes256Gcm::new(Key::<Aes256Gcm>::from_slice(key))))
    }

    /// # Errors
    /// One sentence, if the system has no randomness.
    pub(crate) fn encrypt(&self, plain: &str) -> Result<String, String> {
        let mut sealed = vec![0; NONCE_BYTES];
        getrandom::fill(&mut sealed).map_err(|error| error.to_string())?;
        let ciphertext = self
            .0
            .encrypt(Nonce::from_slice(&sealed), plain.as_bytes())
            .map_err(|_| "the settings could not be encrypted".to_owned())?;
        sealed.extend(ciphertext);
        Ok(STANDARD.encode(sealed))
    }

    /// `None` for text that was not encrypted with this key.
    pub(crate) fn decrypt(&self, sealed: &str) -> Option<String> {
        let sealed = STANDARD.decode(sealed).ok()?;
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE_BYTES)?;
        let plain = self.0.decrypt(Nonce::from_slice(nonce), ciphertext).ok()?;
        String::from_utf8(plain).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::Cipher;

    #[test]
    fn only_the_same_key_reads() {
        let cipher = Cipher::new("0123456789abcdef0123456789abcdef").unwrap();
        let sealed = cipher.encrypt("{\"a\":1}").unwrap();
        assert_ne!(sealed, cipher.encrypt("{\"a\":1}").unwrap());
        assert_eq!(cipher.decrypt(&sealed).as_deref(), Some("{\"a\":1}"));
        let other = Cipher::new("0123456789abcdef0123456789abcdeX").unwrap();
        assert_eq!(other.decrypt(&sealed), None);
        assert_eq!(cipher.decrypt("{\"a\":1}"), None);
        assert_eq!(cipher.decrypt("AAAA"), None);
        assert!(Cipher::new("short").is_none());
    }
}
