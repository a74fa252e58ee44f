//! The secret that URLs of stored files are signed with.

use std::fmt;
use std::fmt::Write;
use std::sync::Arc;

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The secret that an app's URLs are signed with.
#[derive(Clone)]
pub struct UrlKey(Arc<str>);

impl fmt::Debug for UrlKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("UrlKey")
    }
}

/// Why a URL is not good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadUrl {
    /// Nobody here signed it.
    Forged,
    Expired,
}

impl UrlKey {
    pub(crate) fn new(secret: &str) -> Self {
        Self(secret.into())
    }

    fn mac(&self, app_id: &str, location_id: &str, expires: i64) -> Hmac<Sha256> {
        // A key of any length is one to HMAC.
        let mut mac =
            <Hmac<Sha256> as Mac>::new_from_slice(self.0.as_bytes()).expect("HMAC takes keys of any length");
        mac.update(format!("{app_id}/{location_id}/{expires}").as_bytes());
        mac
    }

    pub(crate) fn sign(&self, app_id: &str, location_id: &str, expires: i64) -> String {
        let mut text = String::with_capacity(64);
        for byte in self.mac(app_id, location_id, expires).finalize().into_bytes() {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    /// Checks the query of a URL at a time in milliseconds since 1970.
    ///
    /// # Errors
    /// Why it is not good.
    pub fn check(
        &self,
        app_id: &str,
        location_id: &str,
        expires: &str,
        signature: &str,
        now: i64,
    ) -> Result<(), BadUrl> {
        let expires: i64 = expires.parse().map_err(|_| BadUrl::Forged)?;
        let signature = decode_hex(signature).ok_or(BadUrl::Forged)?;
        let mac = self.mac(app_id, location_id, expires);
        mac.verify_slice(&signature).map_err(|_| BadUrl::Forged)?;
        if now > expires { Err(BadUrl::Expired) } else { Ok(()) }
    }
}

fn decode_hex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    (0..text.len()).step_by(2).map(|start| u8::from_str_radix(&text[start..start + 2], 16).ok()).collect()
}
