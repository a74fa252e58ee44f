//! Proof that somebody owns the address of their account.

use std::sync::Arc;

use ketch_mail::Placeholders;
use ketch_model::error::Invalid;
use ketch_model::{Collection, Error, Object, Record, Result};

use crate::form::{Checks, foreign_token, invalid_token};
use crate::letters::Letter;
use crate::service::Auth;
use crate::token::{self, TokenKind};

impl Auth {
    /// # Errors
    /// 400 for the collection of superusers.
    pub fn check_verifies(&self, collection: &Collection) -> Result<()> {
        if collection.is_superusers() {
            return Err(Error::bad_request("All superusers are verified by default."));
        }
        Ok(())
    }

    /// Mails a link to whoever has this address and is not verified, in the background.
    ///
    /// # Errors
    /// 400 for what is no address.
    pub async fn request_verification(&self, collection: &Arc<Collection>, email: &str) -> Result<()> {
        let mut checks = Checks::default();
        checks.email("email", email);
        checks.finish()?;
        let Some(record) = self.find_unique(collection, "email", email).await? else { return Ok(()) };
        if record.bool("verified") || !self.memory.verification_mails.begin(&record) {
            return Ok(());
        }
        let token = self.token_for(&record, TokenKind::Verification, None, false)?;
        let auth = self.clone();
        tokio::spawn(async move {
            let values = Placeholders::of(&record).with("TOKEN", token);
            if !auth.send_letter(Letter::Verification, &record, record.text("email"), values).await {
                auth.memory.verification_mails.release(&record);
            }
        });
        Ok(())
    }

    /// Verifies the account that the token of a mail names; once verified it stays so.
    ///
    /// # Errors
    /// 400 with the failed fields.
    pub async fn confirm_verification(&self, collection: &Arc<Collection>, token: &str) -> Result<()> {
        let record = match self.verifiable(collection, token).await {
            Ok(record) => record,
            Err(invalid) => {
                let mut checks = Checks::default();
                checks.fail("token", invalid);
                return checks.finish();
            }
        };
        if record.bool("verified") {
            return Ok(());
        }
        let mut data = Object::new();
        data.insert("verified".to_owned(), true.into());
        let has_passwords = collection.auth().is_some_and(|options| options.password_auth.enabled);
        // Where nobody signs in by password, one that was set before the owner came must not linger.
        if has_passwords {
            self.records.update_internal(&record, data).await?;
        } else {
            self.records.update_with_random_password(&record, data).await?;
        }
        self.memory.verification_mails.release(&record);
        Ok(())
    }

    async fn verifiable(&self, collection: &Collection, token: &str) -> Result<Record, Invalid> {
        if token.is_empty() {
            return Err(Invalid::required());
        }
        if token::claimed_text(token, "email").is_empty() {
            return Err(Invalid::new("validation_invalid_token_claims", "Missing email token claim."));
        }
        let found = self.find_by_token(token, TokenKind::Verification).await;
        let (record, claims) = found.ok_or_else(invalid_token)?;
        if record.collection.id != collection.id {
            return Err(foreign_token());
        }
        if claims.email != record.text("email") {
            let message = "The record email doesn't match with the requested token claims.";
            return Err(Invalid::new("validation_token_email_mismatch", message));
        }
        Ok(record)
    }
}
