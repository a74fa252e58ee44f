//! The client secret that Apple wants: a token that the developer's own key signs.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ketch_model::error::Invalid;
use ketch_model::{Error, FieldErrors, Result, json, time};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::json;

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";
/// Characters of Apple's ids of teams and keys.
const ID_LENGTH: usize = 10;
/// Six months, which Apple allows at most; in seconds.
const DURATION_MAX: i64 = 15_777_000;
const AUDIENCE: &str = "https://appleid.apple.com";

/// What the secret is made of. Nothing of it is kept.
#[derive(Clone, Default)]
pub struct AppleSecret {
    /// The services id of the application.
    pub client_id: String,
    pub team_id: String,
    pub key_id: String,
    /// The developer's key: PKCS #8 as PEM.
    pub private_key: String,
    /// How long the secret lasts, in seconds.
    pub duration: i64,
}

impl AppleSecret {
    /// The secret, a signed token.
    ///
    /// # Errors
    /// 400 with the failed fields, or with what is wrong with the key.
    pub fn generate(&self) -> Result<String> {
        let errors = self.check();
        if !errors.is_empty() {
            return Err(Error::bad_request("Invalid client secret data.").with_fields(errors));
        }
        self.sign(time::unix_seconds()).map_err(|cause| {
            Error::bad_request(format!("Failed to generate client secret. Raw error: \n{cause}."))
        })
    }

    fn check(&self) -> FieldErrors {
        let mut errors = FieldErrors::new();
        let mut fail = |name: &str, invalid: Invalid| errors.insert(name.to_owned(), invalid.into());
        let texts = [
            ("clientId", &self.client_id),
            ("teamId", &self.team_id),
            ("keyId", &self.key_id),
            ("privateKey", &self.private_key),
        ];
        for (name, text) in texts {
            if text.is_empty() {
                fail(name, Invalid::required());
            } else if name.ends_with("Id") && name != "clientId" && text.len() != ID_LENGTH {
                let message = format!("The length must be exactly {ID_LENGTH}.");
                let invalid = Invalid::new("validation_length_invalid", message);
                fail(name, invalid.param("max", ID_LENGTH).param("min", ID_LENGTH));
            } else if name == "privateKey" && pem_body(text).is_none() {
                fail(name, Invalid::new("validation_match_invalid", "Must be in a valid format."));
            }
        }
        if self.duration == 0 {
            fail("duration", Invalid::required());
        } else if self.duration < 1 {
            let invalid =
                Invalid::new("validation_min_greater_equal_than_required", "Must be no less than 1.");
            fail("duration", invalid.param("threshold", 1));
        } else if self.duration > DURATION_MAX {
            let message = format!("Must be no greater than {DURATION_MAX}.");
            let invalid = Invalid::new("validation_max_less_equal_than_required", message);
            fail("duration", invalid.param("threshold", DURATION_MAX));
        }
        errors
    }

    fn sign(&self, now: i64) -> Result<String, &'static str> {
        let body = pem_body(&self.private_key).filter(|body| body.starts_with(['\r', '\n']));
        let body: String = body.unwrap_or_default().split_whitespace().collect();
        let der = STANDARD.decode(body).ok().filter(|der| !der.is_empty());
        let der = der.ok_or("invalid key: it is no PEM of PKCS #8")?;
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der, &random)
            .map_err(|_| "key is not a valid ECDSA private key of the curve P-256")?;
        let header = json!({"alg": "ES256", "kid": self.key_id, "typ": "JWT"});
        let claims = json!({
            "iss": self.team_id,
            "sub": self.client_id,
            "aud": [AUDIENCE],
            "exp": now.saturating_add(self.duration),
            "iat": now,
        });
        let encode = |value| URL_SAFE_NO_PAD.encode(json::to_text(value));
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let signature = key.sign(&random, signed.as_bytes()).map_err(|_| "the key does not sign")?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// What stands between the lines of a PEM.
fn pem_body(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once(BEGIN)?;
    let (body, _) = rest.split_once(END)?;
    Some(body)
}
