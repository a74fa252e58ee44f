//! Another address for an account, confirmed from that address.

use std::sync::Arc;

use ketch_mail::Placeholders;
use ketch_model::error::Invalid;
use ketch_model::{Collection, Error, Object, Record, Result};

use crate::form::{Checks, foreign_token, invalid_token};
use crate::letters::Letter;
use crate::password_reset::failed;
use crate::service::Auth;
use crate::token::{self, TokenKind};

/// The longest password that the form takes, in bytes.
const PASSWORD_MAX: usize = 100;

impl Auth {
    /// # Errors
    /// 400 for the collection of superusers.
    pub fn check_changes_emails(&self, collection: &Collection) -> Result<()> {
        if collection.is_superusers() {
            return Err(Error::bad_request("All superusers can change their emails directly."));
        }
        Ok(())
    }

    /// Mails a link to the new address of `record`, and answers once the mail has gone out.
    ///
    /// # Errors
    /// 400 for an address that is none, the same or taken; 400 `Failed to request email change.`
    pub async fn request_email_change(&self, record: &Record, new_email: &str) -> Result<()> {
        let mut checks = Checks::default();
        if checks.email("newEmail", new_email) {
            if new_email == record.text("email") {
                checks.fail("newEmail", Invalid::new("validation_not_in_invalid", "must not be in list"));
            } else if self.find_unique(&record.collection, "email", new_email).await?.is_some() {
                let invalid = Invalid::new("validation_invalid_new_email", "Invalid new email address.");
                checks.fail("newEmail", invalid);
            }
        }
        checks.finish()?;
        let token = self.email_change_token(record, new_email)?;
        let values = Placeholders::of(record).with("TOKEN", token);
        if self.send_letter(Letter::EmailChange, record, new_email, values).await {
            return Ok(());
        }
        Err(Error::bad_request("Failed to request email change."))
    }

    /// Changes the address to the one that the token names. Asks for the password, since the link
    /// alone proves that somebody owns the new address, not the account.
    ///
    /// # Errors
    /// 400 with the failed fields.
    pub async fn confirm_email_change(
        &self,
        collection: &Arc<Collection>,
        token: &str,
        password: &str,
    ) -> Result<()> {
        let mut checks = Checks::default();
        let found = self.changeable(collection, token).await?;
        let is_complete = checks.text("password", password, 1, PASSWORD_MAX);
        let found = match found {
            Ok((record, new_email)) => {
                if is_complete && !self.password_matches(&record, password).await {
                    checks.fail("password", invalid_password());
                }
                Some((record, new_email))
            }
            Err(invalid) => {
                checks.fail("token", invalid);
                if is_complete {
                    checks.fail("password", invalid_password());
                }
                None
            }
        };
        checks.finish()?;
        let Some((record, new_email)) = found else { return Ok(()) };
        let mut data = Object::new();
        data.insert("email".to_owned(), new_email.into());
        data.insert("verified".to_owned(), true.into());
        let changed = self.records.update_internal(&record, data).await;
        changed.map_err(|error| failed(error, "Failed to confirm email change."))?;
        Ok(())
    }

    /// The record that the token is for and its new address.
    async fn changeable(
        &self,
        collection: &Arc<Collection>,
        token: &str,
    ) -> Result<Result<(Record, String), Invalid>> {
        if token.is_empty() {
            return Ok(Err(Invalid::required()));
        }
        let new_email = token::claimed_text(token, "newEmail");
        if new_email.is_empty() {
            let message = "Invalid token payload - newEmail must be set.";
            return Ok(Err(Invalid::new("validation_invalid_token_payload", message)));
        }
        let Some((record, _)) = self.find_by_token(token, TokenKind::EmailChange).await else {
            return Ok(Err(invalid_token()));
        };
        if record.collection.id != collection.id {
            return Ok(Err(foreign_token()));
        }
        if self.find_unique(collection, "email", &new_email).await?.is_some() {
            let message = "The new email address is invalid.";
            return Ok(Err(Invalid::new("validation_invalid_token_email", message)));
        }
        Ok(Ok((record, new_email)))
    }
}

fn invalid_password() -> Invalid {
    Invalid::new("validation_invalid_password", "Missing or invalid auth record password.")
}
