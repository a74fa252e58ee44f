//! Mails by which operators try their set-up.

use std::sync::Arc;

use ketch_mail::Placeholders;
use ketch_model::error::Invalid;
use ketch_model::{Collection, Error, FieldKind, Record, Result, ids, time};

use crate::form::Checks;
use crate::letters::Letter;
use crate::service::Auth;
use crate::token::TokenKind;

const SUPERUSERS: &str = "_superusers";
const FAILED: &str = "Failed to send the test email.";
/// The templates as the form names them.
const TEMPLATES: [(&str, Letter); 5] = [
    ("verification", Letter::Verification),
    ("password-reset", Letter::PasswordReset),
    ("email-change", Letter::EmailChange),
    ("otp", Letter::Otp),
    ("login-alert", Letter::Alert),
];

/// What an operator fills in.
#[derive(Debug, Clone, Default)]
pub struct TestLetter {
    pub recipient: String,
    /// `verification`, `password-reset`, `email-change`, `otp` or `login-alert`.
    pub template: String,
    /// The collection whose template it is, by name or id; the superusers' without one.
    pub collection: String,
}

impl Auth {
    /// Sends a mail of a collection as it goes to its accounts, about an account that is none.
    /// Answers when a server has taken it, which can take 20 seconds.
    ///
    /// # Errors
    /// 400 with the failed fields, or with what the mail server said.
    pub async fn send_test_letter(&self, form: &TestLetter) -> Result<()> {
        let (collection, letter) = self.check_test_letter(form)?;
        let options = collection.auth().ok_or_else(|| Error::internal("no auth collection"))?;
        let account = nobody(&collection, &form.recipient);
        let values = Placeholders::of(&account);
        let token = |kind| self.token_for(&account, kind, None, false);
        let values = match letter {
            Letter::Verification => values.with("TOKEN", token(TokenKind::Verification)?),
            Letter::PasswordReset => values.with("TOKEN", token(TokenKind::PasswordReset)?),
            Letter::EmailChange => values.with("TOKEN", self.email_change_token(&account, &form.recipient)?),
            Letter::Otp => values.with("OTP", "123456").with("OTP_ID", account.id()),
            Letter::Alert => values.with("ALERT_INFO", format!("{} - TEST_IP TEST_USER_AGENT", time::now())),
        };
        let sent = self.mailer.send(&form.recipient, letter.template(options), values).await;
        sent.map_err(|error| Error::bad_request(format!("{FAILED} Raw error: \n{error}")))
    }

    fn check_test_letter(&self, form: &TestLetter) -> Result<(Arc<Collection>, Letter)> {
        let mut checks = Checks::default();
        checks.email("email", &form.recipient);
        let letter = TEMPLATES.iter().find(|(name, _)| *name == form.template).map(|(_, letter)| *letter);
        if form.template.is_empty() {
            checks.fail("template", Invalid::required());
        } else if letter.is_none() {
            checks.fail("template", Invalid::new("validation_in_invalid", "must be a valid value"));
        }
        let name = if form.collection.is_empty() { SUPERUSERS } else { &form.collection };
        let schema = self.records.schema();
        let collection = schema.find(name).filter(|collection| collection.is_auth()).cloned();
        if collection.is_none() {
            let message = "Must be a valid auth collection id or name.";
            checks.fail("collection", Invalid::new("validation_invalid_auth_collection", message));
        }
        checks.finish().map_err(|error| Error { message: FAILED.into(), ..error })?;
        collection.zip(letter).ok_or_else(|| Error::bad_request(FAILED))
    }
}

/// An account that does not exist, with something to see in its texts. Nothing that is signed for
/// it is worth anything: its key is forgotten at once.
fn nobody(collection: &Arc<Collection>, email: &str) -> Record {
    let mut record = Record::blank(collection.clone());
    for field in &collection.fields {
        if matches!(
            field.kind,
            FieldKind::Text(_) | FieldKind::Editor(_) | FieldKind::Url(_) | FieldKind::File(_)
        ) {
            record.set(&field.name, format!("__pb_test_{}__", field.name).into());
        }
    }
    record.set("email", email.into());
    record.set("tokenKey", ids::random_text(50, ids::ALPHANUMERIC).into());
    record
}
