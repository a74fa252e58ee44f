//! Reading tokens. Nothing is verified: that is the server's part.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// The claims of a token; empty for what is no token.
///
/// ```
/// assert!(ketch_client::jwt::payload("nonsense").is_empty());
/// ```
pub fn payload(token: &str) -> Map<String, Value> {
    let mut parts = token.split('.');
    let (Some(_), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Map::new();
    };
    let bytes = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).unwrap_or_default();
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(claims)) => claims,
        _ => Map::new(),
    }
}

/// Whether a token has expired, or will have within `threshold`. What has no expiry counts as expired.
pub fn is_expired(token: &str, threshold: Duration) -> bool {
    let Some(expires) = payload(token).get("exp").and_then(Value::as_f64) else {
        return true;
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (now + threshold).as_secs_f64() >= expires
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token(claims: &str) -> String {
        format!("h.{}.s", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn expiry_is_read_from_the_claims() {
        for expired in [
            "",
            "a.b",
            "a.b.c.d",
            &token("[]"),
            &token("{}"),
            &token(r#"{"exp":"x"}"#),
            &token(r#"{"exp":1}"#),
        ] {
            assert!(is_expired(expired, Duration::ZERO), "{expired}");
        }
        let good = token(r#"{"exp":99999999999,"type":"auth"}"#);
        assert!(!is_expired(&good, Duration::ZERO));
        assert!(is_expired(&good, Duration::from_secs(99_999_999_999)));
        assert_eq!(payload(&good)["type"], "auth");
    }

    proptest! {
        #[test]
        fn any_text_can_be_asked(text in ".*") {
            is_expired(&text, Duration::ZERO);
        }
    }
}
