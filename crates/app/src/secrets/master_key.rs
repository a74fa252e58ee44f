//! The key that secrets are encrypted with.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::cipher::Cipher;

const BYTES: usize = 32;

/// 32 bytes, which no text of this program ever holds.
#[derive(Clone)]
pub struct MasterKey([u8; BYTES]);

impl MasterKey {
    /// Reads 64 hexadecimal digits; `None` for anything else.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 2 * BYTES {
            return None;
        }
        let mut key = [0; BYTES];
        for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
            let digit =
                |at: usize| char::from(pair[at]).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            *byte = digit(0)? << 4 | digit(1)?;
        }
        Some(Self(key))
    }

    pub(super) fn cipher(&self) -> Cipher {
        Cipher::of(&self.0)
    }

    /// A name for the key that does not tell the key: what was encrypted with another one is known as such.
    pub(super) fn id(&self) -> String {
        let digest = Sha256::new().chain_update("ketch master key\0").chain_update(self.0).finalize();
        digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MasterKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::MasterKey;

    #[test]
    fn only_64_digits_are_a_key_and_none_is_shown() {
        let hex = "0123456789abcdefABCDEF0123456789".repeat(2);
        let key = MasterKey::from_hex(&hex).unwrap();
        assert_eq!((key.0[0], key.0[7], key.0[8]), (0x01, 0xef, 0xab));
        let other = MasterKey::from_hex(&hex.replace('0', "1")).unwrap();
        assert!(key.id() != other.id() && key.id().len() == 16);
        assert!(!format!("{key:?}").contains("01"));
        for wrong in ["", &hex[1..], &format!("{hex}0"), &hex.replace('0', "g"), &"é".repeat(32)] {
            assert!(MasterKey::from_hex(wrong).is_none(), "{wrong}");
        }
    }
}
