//! A new password for those who forgot theirs.

use std::sync::Arc;

use ketch_mail::Placeholders;
use ketch_model::error::Invalid;
use ketch_model::{Collection, Error, ErrorKind, FieldKind, Object, Result};

use crate::form::{Checks, foreign_token, invalid_token};
use crate::letters::Letter;
use crate::service::Auth;
use crate::token::TokenKind;

/// The longest password that the form takes, in bytes; the field may allow less.
const PASSWORD_MAX: usize = 255;

/// What the page behind the link in the mail sends.
#[derive(Debug, Clone, Default)]
pub struct PasswordReset {
    pub token: String,
    pub password: String,
    pub password_confirm: String,
}

impl Auth {
    /// # Errors
    /// 400 where nobody has a password.
    pub fn check_resets_passwords(&self, collection: &Collection) -> Result<()> {
        if collection.auth().is_some_and(|options| options.password_auth.enabled) {
            return Ok(());
        }
        Err(Error::bad_request("The collection is not configured to allow password authentication."))
    }

    /// Mails a link to whoever has this address, in the background: the answer does not tell
    /// whether there is such an account.
    ///
    /// # Errors
    /// 400 for what is no address.
    pub async fn request_password_reset(&self, collection: &Arc<Collection>, email: &str) -> Result<()> {
        let mut checks = Checks::default();
        checks.email("email", email);
        checks.finish()?;
        let Some(record) = self.find_unique(collection, "email", email).await? else { return Ok(()) };
        if !self.memory.reset_mails.begin(&record) {
            return Ok(());
        }
        let token = self.token_for(&record, TokenKind::PasswordReset, None, false)?;
        let auth = self.clone();
        tokio::spawn(async move {
            let values = Placeholders::of(&record).with("TOKEN", token);
            if !auth.send_letter(Letter::PasswordReset, &record, record.text("email"), values).await {
                auth.memory.reset_mails.release(&record);
            }
        });
        Ok(())
    }

    /// Sets a new password, which ends all sessions. Whoever got the link owns the address, so the
    /// account is verified by it.
    ///
    /// # Errors
    /// 400 with the failed fields.
    pub async fn confirm_password_reset(
        &self,
        collection: &Arc<Collection>,
        form: &PasswordReset,
    ) -> Result<()> {
        let mut checks = Checks::default();
        let found = match form.token.as_str() {
            "" => None,
            token => self.find_by_token(token, TokenKind::PasswordReset).await,
        };
        match &found {
            None if form.token.is_empty() => checks.fail("token", Invalid::required()),
            None => checks.fail("token", invalid_token()),
            Some((record, _)) if record.collection.id != collection.id => {
                checks.fail("token", foreign_token());
            }
            Some(_) => {}
        }
        checks.text("password", &form.password, shortest_password(collection), PASSWORD_MAX);
        if form.password_confirm.is_empty() {
            checks.fail("passwordConfirm", Invalid::required());
        } else if form.password_confirm != form.password {
            let invalid = Invalid::new("validation_values_mismatch", "Values don't match.");
            checks.fail("passwordConfirm", invalid);
        }
        checks.finish()?;
        let Some((record, claims)) = found else { return Ok(()) };

        let mut data = Object::new();
        data.insert("password".to_owned(), form.password.clone().into());
        if claims.email == record.text("email") {
            data.insert("verified".to_owned(), true.into());
        }
        self.records
            .update_internal(&record, data)
            .await
            .map_err(|error| failed(error, "Failed to set new password."))?;
        self.memory.reset_mails.release(&record);
        Ok(())
    }
}

/// A refused change under the words of its form.
pub(crate) fn failed(mut error: Error, message: &'static str) -> Error {
    if matches!(error.kind, ErrorKind::BadRequest | ErrorKind::NotFound) {
        error.kind = ErrorKind::BadRequest;
        error.message = message.into();
    }
    error
}

fn shortest_password(collection: &Collection) -> usize {
    let min = collection.field("password").and_then(|field| match &field.kind {
        FieldKind::Password(options) => usize::try_from(options.min).ok(),
        _ => None,
    });
    min.unwrap_or_default().max(1)
}
