//! Sessions: who a token is, and how they end.

use std::sync::Arc;

use ketch_model::{Record, Value};
use serde_json::json;
use uuid::Uuid;

use super::selector::Selector;
use crate::error::{Error, Result};
use crate::service::Instant;

impl Instant {
    /// The user of a refresh token, which came from `place` in the request.
    ///
    /// # Errors
    /// `param-malformed` for what is no UUID, `record-not-found` for an unknown or ended one.
    pub async fn user_of_token(&self, token: &str, place: &[&str]) -> Result<Arc<Record>> {
        if token.len() != 36 || Uuid::try_parse(token).is_err() {
            // Not repeated: a mistyped secret is one, too.
            return Err(Error::malformed(place, &Value::Null));
        }
        let users = self.users()?;
        let user = self.auth.account_of_refresh_token(&users, token).await?;
        user.map(Arc::new).ok_or_else(|| Error::not_found("app-user", json!({ "refresh-token": null })))
    }

    /// Ends the sessions of a user, or the one of a token.
    ///
    /// # Errors
    /// `record-not-found` for an address that nobody has. Ids and tokens that nobody has are no errors.
    pub async fn sign_out(&self, whom: Selector) -> Result<()> {
        let id = match whom {
            Selector::RefreshToken(token) => {
                self.auth.revoke_refresh_token(&token).await?;
                self.records.announce();
                return Ok(());
            }
            Selector::Id(id) => id,
            Selector::Email(_) => {
                let user = self.find_user(whom.clone()).await?;
                user.ok_or_else(|| Error::not_found("app-user", whom.to_json()))?.id().to_owned()
            }
        };
        self.auth.revoke_refresh_tokens_of(&id).await?;
        self.records.announce();
        Ok(())
    }
}
