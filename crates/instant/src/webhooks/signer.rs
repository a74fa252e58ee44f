//! The key that deliveries are signed with: one for all apps of a server.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ketch_model::Value;
use ketch_store::sql::attrs;
use ketch_store::{Connection, Flow, Store};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use crate::error::{Error, Result};

/// The key of `_ketch_meta` under which the private key is kept.
const META_KEY: &str = "webhook_signing_key";

pub(super) struct Signer {
    pair: Ed25519KeyPair,
    kid: String,
}

/// Where the key is: in the folder of the main app. Cheap to clone.
#[derive(Clone)]
pub struct SignerSource {
    store: Arc<dyn Store>,
    signer: Arc<OnceCell<Arc<Signer>>>,
}

impl fmt::Debug for SignerSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SignerSource")
    }
}

impl Signer {
    fn read(text: &str) -> Option<Self> {
        let pair = Ed25519KeyPair::from_pkcs8(&STANDARD.decode(text).ok()?).ok()?;
        let digest = Sha256::digest(pair.public_key().as_ref());
        let kid = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]).to_string();
        Some(Self { pair, kid })
    }

    /// A new key as text; `None` without randomness.
    fn make() -> Option<String> {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).ok()?;
        Some(STANDARD.encode(document.as_ref()))
    }

    /// What goes into `Instant-Signature` beside a body, at a time in seconds since 1970.
    pub fn sign(&self, time: i64, body: &str) -> String {
        let signature = self.pair.sign(format!("{time}.{body}").as_bytes());
        let mut header = format!("t={time},kid={},v1=", self.kid);
        for byte in signature.as_ref() {
            // Writing to a string does not fail.
            let _ = fmt::Write::write_fmt(&mut header, format_args!("{byte:02x}"));
        }
        header
    }

    /// The public key, for whoever checks signatures.
    pub fn jwk(&self) -> Value {
        json!({
            "kty": "OKP",
            "crv": "Ed25519",
            "alg": "EdDSA",
            "use": "sig",
            "kid": self.kid,
            "x": URL_SAFE_NO_PAD.encode(self.pair.public_key().as_ref()),
        })
    }
}

impl SignerSource {
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, signer: Arc::default() }
    }

    /// The key, made when it is first needed.
    pub(super) async fn signer(&self) -> Result<Arc<Signer>> {
        let signer = self.signer.get_or_try_init(|| async {
            let text = self.store.write(|connection| {
                if let Some(text) = stored(connection)? {
                    return Ok(text);
                }
                let text =
                    Signer::make().ok_or_else(|| ketch_model::Error::internal("no randomness for a key"))?;
                connection.execute(&attrs::save_meta(connection.dialect(), META_KEY, &text))?;
                Ok::<_, ketch_model::Error>(text)
            });
            let unreadable = || Error::unknown("the stored key of webhooks cannot be read");
            Signer::read(&text.await?).map(Arc::new).ok_or_else(unreadable)
        });
        Ok(signer.await?.clone())
    }
}

fn stored(connection: &mut dyn Connection) -> Result<Option<String>, ketch_model::Error> {
    let statement = attrs::select_meta(connection.dialect(), META_KEY);
    let mut found = None;
    connection.query(&statement, &mut |row| {
        found = row.cell(0).as_text().map(str::to_owned);
        Flow::Stop
    })?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use ring::signature::{ED25519, UnparsedPublicKey};

    use super::*;

    #[test]
    fn what_is_signed_can_be_checked() {
        let signer = Signer::read(&Signer::make().unwrap()).unwrap();
        let header = signer.sign(17, "{}");
        let (rest, hex) = header.split_once(",v1=").unwrap();
        assert_eq!(rest, format!("t=17,kid={}", signer.jwk()["kid"].as_str().unwrap()));
        let key = URL_SAFE_NO_PAD.decode(signer.jwk()["x"].as_str().unwrap()).unwrap();
        let signature: Vec<u8> = (0..hex.len())
            .step_by(2)
            .map(|start| u8::from_str_radix(&hex[start..start + 2], 16).unwrap())
            .collect();
        UnparsedPublicKey::new(&ED25519, key).verify(b"17.{}", &signature).unwrap();
        assert!(Signer::read("no key").is_none());
    }
}
