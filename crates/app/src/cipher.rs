//! Encryption of what is stored: base64 of a nonce and AES-256-GCM ciphertext, as PocketBase stores settings.

use aes_gcm::aead::{Aead, KeyInit, Payload};
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
        Some(Self::of(key.as_bytes().try_into().ok()?))
    }

    pub(crate) fn of(key: &[u8; KEY_BYTES]) -> Self {
        Self(Aes256Gcm::new(Key::<Aes256Gcm>::from_slice(key)))
    }

    /// # Errors
    /// One sentence, if the system has no randomness.
    pub(crate) fn encrypt(&self, plain: &str) -> Result<String, String> {
        self.encrypt_for("", plain)
    }

    /// `None` for text that was not encrypted with this key.
    pub(crate) fn decrypt(&self, sealed: &str) -> Option<String> {
        self.decrypt_for("", sealed)
    }

    /// Encrypts a text that belongs to a name: under another name it cannot be read.
    ///
    /// # Errors
    /// One sentence, if the system has no randomness.
    pub(crate) fn encrypt_for(&self, name: &str, plain: &str) -> Result<String, String> {
        let mut sealed = vec![0; NONCE_BYTES];
        getrandom::fill(&mut sealed).map_err(|error| error.to_string())?;
        let payload = Payload { msg: plain.as_bytes(), aad: name.as_bytes() };
        let ciphertext = self
            .0
            .encrypt(Nonce::from_slice(&sealed), payload)
            .map_err(|_| "the text could not be encrypted".to_owned())?;
        sealed.extend(ciphertext);
        Ok(STANDARD.encode(sealed))
    }

    /// `None` for text that was not encrypted with this key for this name.
    pub(crate) fn decrypt_for(&self, name: &str, sealed: &str) -> Option<String> {
        let sealed = STANDARD.decode(sealed).ok()?;
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE_BYTES)?;
        let payload = Payload { msg: ciphertext, aad: name.as_bytes() };
        let plain = self.0.decrypt(Nonce::from_slice(nonce), payload).ok()?;
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
        let named = cipher.encrypt_for("name", "text").unwrap();
        assert_eq!(cipher.decrypt_for("name", &named).as_deref(), Some("text"));
        assert_eq!((cipher.decrypt_for("other", &named), cipher.decrypt(&named)), (None, None));
    }
}
