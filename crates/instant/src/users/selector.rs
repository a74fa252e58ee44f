//! Ways to name a user.

use serde_json::json;

use ketch_model::Value;

/// One way to name a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    Id(String),
    /// Trimmed and in lower case.
    Email(String),
    RefreshToken(String),
}

impl Selector {
    /// For hints; a token is a secret and not repeated.
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Self::Id(id) => json!({ "id": id }),
            Self::Email(email) => json!({ "email": email }),
            Self::RefreshToken(_) => json!({ "refresh-token": null }),
        }
    }
}
