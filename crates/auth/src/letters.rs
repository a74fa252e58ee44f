//! Mails to accounts.

use ketch_mail::Placeholders;
use ketch_model::Record;
use ketch_model::collection::{AuthOptions, EmailTemplate};

use crate::service::Auth;

/// What a mail is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Letter {
    PasswordReset,
    Verification,
    EmailChange,
    Otp,
    Alert,
}

impl Letter {
    pub(crate) fn template(self, options: &AuthOptions) -> &EmailTemplate {
        match self {
            Self::PasswordReset => &options.reset_password_template,
            Self::Verification => &options.verification_template,
            Self::EmailChange => &options.confirm_email_change_template,
            Self::Otp => &options.otp.email_template,
            Self::Alert => &options.auth_alert.email_template,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::PasswordReset => "password reset",
            Self::Verification => "email verification",
            Self::EmailChange => "email change",
            Self::Otp => "one-time password",
            Self::Alert => "login alert",
        }
    }
}

impl Auth {
    /// Sends a mail about an account. Whether it went out is the answer; why it did not is for the
    /// operator, in the log, and names nobody.
    pub(crate) async fn send_letter(
        &self,
        letter: Letter,
        account: &Record,
        recipient: &str,
        placeholders: Placeholders<'_>,
    ) -> bool {
        let Some(options) = account.collection.auth() else { return false };
        match self.mailer.send(recipient, letter.template(options), placeholders).await {
            Ok(()) => true,
            Err(error) => {
                let collection = &account.collection.name;
                tracing::error!("A {} mail of collection {collection} was not sent: {error}.", letter.name());
                false
            }
        }
    }
}
