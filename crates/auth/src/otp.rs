//! One-time passwords by mail.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use ketch_mail::Placeholders;
use ketch_model::collection::OtpOptions;
use ketch_model::{Collection, Error, ErrorKind, Object, Record, Result, ids};

use crate::form::Checks;
use crate::letters::Letter;
use crate::password::nobodys_hash;
use crate::service::Auth;
use crate::system_rows::{OTPS, has_expired, reference};

/// Codes that an account can have at a time.
const CODES_MAX: usize = 10;
const DIGITS: &[u8] = b"0123456789";
/// The longest id and password of the form, in bytes.
const ID_MAX: usize = 255;
const PASSWORD_MAX: usize = 71;

/// What a person types in to sign in with a code.
#[derive(Debug, Clone, Default)]
pub struct OtpLogin {
    pub otp_id: String,
    pub password: String,
}

/// A code that was made for somebody at the console.
#[derive(Debug, Clone)]
pub struct IssuedOtp {
    pub id: String,
    pub password: String,
    /// How long it holds.
    pub seconds: i64,
}

impl Auth {
    /// The collection's options of one-time passwords.
    ///
    /// # Errors
    /// 403 where the collection has none.
    pub fn otp_options<'a>(&self, collection: &'a Collection) -> Result<&'a OtpOptions> {
        collection
            .auth()
            .map(|options| &options.otp)
            .filter(|options| options.enabled)
            .ok_or_else(|| Error::forbidden("The collection is not configured to allow OTP authentication."))
    }

    /// Makes a code for whoever has this address, mails it in the background and answers its id.
    /// Without such an account the id is one of nothing, so that the answer does not tell.
    ///
    /// # Errors
    /// 403 where the collection has no one-time passwords, 400 for what is no address.
    pub async fn request_otp(&self, collection: &Arc<Collection>, email: &str) -> Result<String> {
        let options = self.otp_options(collection)?;
        let mut checks = Checks::default();
        checks.email("email", email);
        checks.finish()?;
        let otps = self.system_collection(OTPS)?;
        let Some(record) = self.find_unique(collection, "email", email).await? else {
            // As long as a code takes to hash.
            self.hash_gate.matches(String::new(), nobodys_hash(&otps)).await;
            return Ok(ids::record_id());
        };
        let code = new_code(options);
        let row = {
            let _turn = self.memory.otp_turns[turn_of(&record, self.memory.otp_turns.len())].lock().await;
            let mut open = self.rows_of(&otps, &record).await?;
            open.retain(|row| !has_expired(row, options.duration));
            if let Some(newest) = open.last()
                && open.len() >= CODES_MAX
                && !self.mailer.is_development()
            {
                return Ok(newest.id().to_owned());
            }
            let mut data = reference(&record);
            data.insert("password".to_owned(), code.clone().into());
            self.records.create_internal(&otps, data).await?
        };
        let id = row.id().to_owned();
        let auth = self.clone();
        tokio::spawn(auth.mail_code(record, row, code));
        Ok(id)
    }

    /// Makes a code for an account and answers it to whoever runs the server: nothing is mailed,
    /// and the account's other codes stay.
    ///
    /// # Errors
    /// 403 where the collection has no one-time passwords; the store's.
    pub async fn issue_otp(&self, record: &Record) -> Result<IssuedOtp> {
        let options = self.otp_options(&record.collection)?;
        let password = new_code(options);
        let mut data = reference(record);
        data.insert("password".to_owned(), password.clone().into());
        let row = self.records.create_internal(&self.system_collection(OTPS)?, data).await?;
        Ok(IssuedOtp { id: row.id().to_owned(), password, seconds: options.duration })
    }

    /// Mails a code and notes where it went.
    async fn mail_code(self, record: Record, row: Record, code: String) {
        let email = record.text("email");
        let values = Placeholders::of(&record).with("OTP", code).with("OTP_ID", row.id());
        let noted = if self.send_letter(Letter::Otp, &record, email, values).await {
            let data = Object::from_iter([("sentTo".to_owned(), email.into())]);
            self.records.update_internal(&row, data).await.map(|_| ())
        } else {
            // Nobody has this code, and it would count.
            self.records.delete_internal(&row).await
        };
        match noted {
            Err(error) if error.kind != ErrorKind::NotFound => {
                tracing::warn!(%error, "it could not be noted what became of a one-time password");
            }
            // Used or removed in the meantime.
            Ok(()) | Err(_) => {}
        }
    }

    /// The record that a code belongs to; the code is used up. A code that reached the account's
    /// own address verifies it.
    ///
    /// # Errors
    /// 403 where the collection has no one-time passwords; 400 with the fields of a malformed form;
    /// 400 `Invalid or expired OTP.`; 429 after five guesses at an account within three minutes.
    pub async fn check_otp(&self, collection: &Arc<Collection>, login: &OtpLogin) -> Result<Record> {
        let options = self.otp_options(collection)?;
        let mut checks = Checks::default();
        checks.text("otpId", &login.otp_id, 1, ID_MAX);
        checks.text("password", &login.password, 1, PASSWORD_MAX);
        checks.finish()?;
        let otps = self.system_collection(OTPS)?;
        let row = self.records.find_by_id(&otps, &login.otp_id).await?;
        let row = row.filter(|row| row.text("collectionRef") == collection.id).ok_or_else(invalid)?;
        if has_expired(&row, options.duration) {
            return Err(invalid());
        }
        let record = self.records.find_by_id(collection, row.text("recordRef")).await?.ok_or_else(invalid)?;
        // Counted before the code is looked at, so that guesses at the same time count as well.
        if !self.memory.otp_attempts.allow(format!("{}/{}", collection.id, record.id())) {
            let message = "Too many attempts, please try again later with a new OTP.";
            return Err(Error::new(ErrorKind::TooManyRequests, message));
        }
        if !self.hash_gate.matches(login.password.clone(), row.text("password").to_owned()).await {
            return Err(invalid());
        }
        // Of two requests with the same code one finds it gone here.
        self.records.delete_internal(&row).await.map_err(|error| invalid().with_cause(error))?;
        self.verify_by_code(record, row.text("sentTo")).await
    }

    async fn verify_by_code(&self, record: Record, sent_to: &str) -> Result<Record> {
        if record.bool("verified") || sent_to.is_empty() || sent_to != record.text("email") {
            return Ok(record);
        }
        let mut data = Object::new();
        data.insert("verified".to_owned(), true.into());
        if record.collection.auth().is_some_and(|options| options.mfa.enabled) {
            return self.records.update_internal(&record, data).await;
        }
        // Somebody else may have made the account with this address and a password of theirs.
        self.records.update_with_random_password(&record, data).await
    }
}

fn new_code(options: &OtpOptions) -> String {
    let length = usize::try_from(options.length).unwrap_or_default().clamp(1, PASSWORD_MAX);
    ids::random_text(length, DIGITS)
}

fn invalid() -> Error {
    Error::bad_request("Invalid or expired OTP.")
}

fn turn_of(record: &Record, turns: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    record.id().hash(&mut hasher);
    usize::try_from(hasher.finish() % turns as u64).unwrap_or_default()
}
