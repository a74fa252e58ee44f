//! Signed tokens: JWTs of HMAC-SHA-256, as the original signs them.
//!
//! The key of a token is the record's `tokenKey` followed by the collection's secret for the kind
//! of token: renewing either ends every token that it signed.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use ketch_model::collection::{AuthOptions, TokenOptions};
use ketch_model::{Object, Record, Value, json, time};
use serde::Deserialize;
use sha2::Sha256;

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Sessions: the `Authorization` header.
    Auth,
    /// The link that confirms an email address.
    Verification,
    /// The link that sets a new password.
    PasswordReset,
    /// The link that confirms a new email address.
    EmailChange,
    /// The `token` parameter of protected files.
    File,
}

impl TokenKind {
    /// The `type` claim.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Verification => "verification",
            Self::PasswordReset => "passwordReset",
            Self::EmailChange => "emailChange",
            Self::File => "file",
        }
    }

    /// The collection's secret and duration for this kind.
    pub fn options(self, options: &AuthOptions) -> &TokenOptions {
        match self {
            Self::Auth => &options.auth_token,
            Self::Verification => &options.verification_token,
            Self::PasswordReset => &options.password_reset_token,
            Self::EmailChange => &options.email_change_token,
            Self::File => &options.file_token,
        }
    }
}

/// What a token says. Until [`verify`] has seen its signature, everybody could have said it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Claims {
    /// The record's id.
    pub id: String,
    #[serde(rename = "collectionId")]
    pub collection_id: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// When the token ends, in seconds since 1970.
    pub exp: f64,
    /// Whether a session may be prolonged.
    #[serde(default)]
    pub refreshable: bool,
    /// The address that the record had.
    #[serde(default)]
    pub email: String,
    /// The address that the record shall get.
    #[serde(rename = "newEmail", default)]
    pub new_email: String,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

/// Reads a token of this kind that has not ended, without looking at its signature.
pub fn read_unverified(token: &str, kind: TokenKind) -> Option<Claims> {
    let mut parts = token.split('.');
    let (header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let header: Header = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
    if header.alg != "HS256" {
        return None;
    }
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    let is_complete = !claims.id.is_empty() && !claims.collection_id.is_empty() && claims.kind == kind.name();
    let has_ended = time::unix_milliseconds() as f64 >= claims.exp * 1000.0;
    (is_complete && !has_ended).then_some(claims)
}

/// A text that a token claims, whatever kind of token it is, whether it has ended or not, and
/// without looking at its signature. Empty without such a claim.
pub fn claimed_text(token: &str, name: &str) -> String {
    let claims = token.split('.').nth(1).and_then(|claims| URL_SAFE_NO_PAD.decode(claims).ok());
    let claims: Option<Value> = claims.and_then(|claims| serde_json::from_slice(&claims).ok());
    claims.as_ref().and_then(|claims| claims.get(name)?.as_str()).unwrap_or_default().to_owned()
}

/// Whether the token was signed for this record. The kind is the one that the claims were read for.
pub fn verify(token: &str, record: &Record, kind: TokenKind) -> bool {
    let Some((signed, signature)) = token.rsplit_once('.') else { return false };
    let Ok(signature) = URL_SAFE_NO_PAD.decode(signature) else { return false };
    match mac(record, kind) {
        Some(mut mac) => {
            mac.update(signed.as_bytes());
            mac.verify_slice(&signature).is_ok()
        }
        None => false,
    }
}

/// Signs claims for a record; `id`, `collectionId`, `type` and `exp` are added. `None` for records
/// that cannot sign in.
pub fn sign(record: &Record, kind: TokenKind, seconds: u64, mut claims: Object) -> Option<String> {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    let mac = mac(record, kind)?;
    claims.insert("collectionId".to_owned(), record.collection.id.clone().into());
    claims.insert("exp".to_owned(), time::unix_seconds().saturating_add(seconds).into());
    claims.insert("id".to_owned(), record.id().into());
    claims.insert("type".to_owned(), kind.name().into());
    let claims = json::to_text(&json::sort_keys(Value::Object(claims)));

    let mut token = String::with_capacity(256);
    URL_SAFE_NO_PAD.encode_string(br#"{"alg":"HS256","typ":"JWT"}"#, &mut token);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(claims.as_bytes(), &mut token);
    let signature = mac.chain_update(token.as_bytes()).finalize().into_bytes();
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Some(token)
}

/// The signer of one record's tokens; `None` where a part of the key is missing, since anybody
/// could sign with the rest.
fn mac(record: &Record, kind: TokenKind) -> Option<Hmac<Sha256>> {
    let secret = &kind.options(record.collection.auth()?).secret;
    let token_key = record.text("tokenKey");
    if secret.is_empty() || token_key.is_empty() {
        return None;
    }
    Hmac::new_from_slice([token_key, secret].concat().as_bytes()).ok()
}

#[cfg(test)]
mod tests;
