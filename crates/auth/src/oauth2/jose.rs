//! Signed tokens of providers: `id_token`s and the keys that they are signed with.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ketch_model::{Value, time};
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};

use crate::oauth2::profile::{Read, list_at, text_at};

/// How far the clocks of provider and server may be apart, in seconds.
pub(crate) const CLOCK_SKEW: i64 = 300;

/// A token whose signature nobody has looked at yet.
#[derive(Debug)]
pub(crate) struct SignedToken<'a> {
    pub algorithm: String,
    pub key_id: String,
    pub claims: Value,
    signed: &'a str,
    signature: Vec<u8>,
}

impl<'a> SignedToken<'a> {
    /// Takes a token apart. One without a signing algorithm is refused: anybody could have made it.
    pub fn parse(token: &'a str) -> Read<Self> {
        let malformed = || "the id_token is malformed".to_owned();
        let (signed, signature) = token.rsplit_once('.').ok_or_else(malformed)?;
        let (header, claims) = signed.split_once('.').ok_or_else(malformed)?;
        let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| malformed());
        let header: Value = serde_json::from_slice(&decode(header)?).map_err(|_| malformed())?;
        let claims: Value = serde_json::from_slice(&decode(claims)?).map_err(|_| malformed())?;
        if !header.is_object() || !claims.is_object() {
            return Err(malformed());
        }
        let algorithm = text_at(&header, "alg")?;
        if algorithm.is_empty() || algorithm.eq_ignore_ascii_case("none") {
            return Err("the id_token is not signed".to_owned());
        }
        let key_id = text_at(&header, "kid")?;
        Ok(Self { algorithm, key_id, claims, signed, signature: decode(signature)? })
    }

    /// Whether the token was made for this client and is valid now, give or take `skew` seconds.
    pub fn check_claims(&self, client_id: &str, skew: i64) -> Read<()> {
        let now = time::unix_seconds();
        let moment = |name: &str| match self.claims.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Number(number)) => Ok(number.as_f64()),
            Some(_) => Err(format!("the id_token's {name} is no number")),
        };
        if moment("exp")?.is_some_and(|end| now.saturating_sub(skew) as f64 >= end) {
            return Err("the id_token has ended".to_owned());
        }
        for name in ["nbf", "iat"] {
            if moment(name)?.is_some_and(|start| now.saturating_add(skew) as f64 + 1.0 <= start) {
                return Err("the id_token is not valid yet".to_owned());
            }
        }
        let is_for_client = match self.claims.get("aud") {
            Some(Value::String(audience)) => audience == client_id,
            Some(Value::Array(audiences)) => audiences.iter().any(|audience| audience == client_id),
            _ => false,
        };
        if is_for_client { Ok(()) } else { Err("the id_token is for another client".to_owned()) }
    }

    /// Whether one of these issuers made the token.
    pub fn check_issuer(&self, issuers: &[&str]) -> Read<()> {
        let issuer = text_at(&self.claims, "iss")?;
        if issuers.contains(&issuer.as_str()) {
            return Ok(());
        }
        Err(format!("the id_token was issued by {issuer:?}, which is none of {issuers:?}"))
    }

    /// Whether the key of this id in a list of keys (RFC 7517) signed the token.
    pub fn verify(&self, keys: &Value) -> Read<()> {
        if self.key_id.is_empty() {
            return Err("the id_token does not name its key".to_owned());
        }
        for key in list_at(keys, "keys")? {
            if text_at(key, "kid")? == self.key_id {
                return self.verify_with(key);
            }
        }
        Err(format!("the provider has no key {:?}", self.key_id))
    }

    fn verify_with(&self, key: &Value) -> Read<()> {
        // The key says what it is for: else a token could pick a weaker way to use it.
        let algorithm = text_at(key, "alg")?;
        let kind = text_at(key, "kty")?;
        let algorithm = match (algorithm.as_str(), kind.as_str()) {
            ("", "RSA") => "RS256",
            ("", "EC") => "ES256",
            (named, _) => named,
        };
        if algorithm != self.algorithm {
            return Err(format!("the id_token is signed by {}, its key is for {algorithm}", self.algorithm));
        }
        let number = |name: &str| -> Read<Vec<u8>> {
            let text = text_at(key, name)?;
            URL_SAFE_NO_PAD
                .decode(text.trim_end_matches('='))
                .map_err(|_| format!("the key's {name} is malformed"))
        };
        let message = self.signed.as_bytes();
        let verified = match (kind.as_str(), algorithm) {
            ("RSA", "RS256" | "RS384" | "RS512") => {
                let parameters = match algorithm {
                    "RS256" => &signature::RSA_PKCS1_2048_8192_SHA256,
                    "RS384" => &signature::RSA_PKCS1_2048_8192_SHA384,
                    _ => &signature::RSA_PKCS1_2048_8192_SHA512,
                };
                let key = RsaPublicKeyComponents { n: number("n")?, e: number("e")? };
                key.verify(parameters, message, &self.signature)
            }
            ("EC", "ES256" | "ES384") => {
                let point = [vec![4], number("x")?, number("y")?].concat();
                let parameters = match algorithm {
                    "ES256" => &signature::ECDSA_P256_SHA256_FIXED,
                    _ => &signature::ECDSA_P384_SHA384_FIXED,
                };
                UnparsedPublicKey::new(parameters, point).verify(message, &self.signature)
            }
            ("OKP", "EdDSA") => {
                UnparsedPublicKey::new(&signature::ED25519, number("x")?).verify(message, &self.signature)
            }
            _ => return Err(format!("keys of {kind} for {algorithm} are not supported")),
        };
        verified.map_err(|_| "the id_token's signature is wrong".to_owned())
    }
}
