//! Magic codes: six digits by mail that sign somebody in, through Instant's clients.
//!
//! Several codes of one address may be open; each is good once. Only hashes are stored.

use ketch_mail::{MailError, Placeholders};
use ketch_model::collection::EmailTemplate;
use ketch_model::{CellRef, Error, ErrorKind, Result, ids, time};
use ketch_store::sql::sessions;
use ketch_store::{Connection, Flow};

use crate::refresh_tokens::hex;
use crate::service::Auth;

const LENGTH: usize = 6;
/// The digits of the original's codes.
const DIGITS: &[u8] = b"012345678";
const DURATION_MILLISECONDS: i64 = 24 * 3600 * 1000;

/// What a code that somebody typed in is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MagicCode {
    Valid,
    Expired,
    Unknown,
}

impl Auth {
    /// Makes a code for an address, which must be in lower case, and answers it.
    ///
    /// # Errors
    /// 429 after twenty codes within an hour; the store's.
    pub async fn make_magic_code(&self, email: &str) -> Result<String> {
        if !self.memory.magic_codes_made.allow(email.to_owned()) {
            let message = "Too many codes were asked for this address: use the last one, or wait an hour.";
            return Err(Error::new(ErrorKind::TooManyRequests, message));
        }
        let code = ids::random_text(LENGTH, DIGITS);
        self.place_magic_code(email, &code).await?;
        Ok(code)
    }

    /// Makes a code of somebody else's choice good once for an address.
    ///
    /// # Errors
    /// The store's.
    pub async fn place_magic_code(&self, email: &str, code: &str) -> Result<()> {
        let (email, hash) = (email.to_owned(), hex(code.as_bytes()));
        let expires = time::unix_milliseconds() + DURATION_MILLISECONDS;
        self.change_sessions(move |dialect| sessions::insert_magic_code(dialect, &email, &hash, expires))
            .await
    }

    /// Mails a code; answers when a server has taken the message.
    ///
    /// # Errors
    /// Why it was not sent, without the address.
    pub async fn mail_magic_code(&self, email: &str, code: &str) -> Result<(), MailError> {
        let template = EmailTemplate {
            subject: "{OTP} is your code for {APP_NAME}".to_owned(),
            body: "<p>Hello,</p>\n<p>Your code for {APP_NAME} is: <strong>{OTP}</strong></p>\n\
                   <p><i>If you did not ask for it, you can ignore this mail.</i></p>"
                .to_owned(),
        };
        self.mailer.send(email, &template, Placeholders::default().with("OTP", code)).await
    }

    /// Looks at a code without using it up. Wrong ones count as guesses.
    ///
    /// # Errors
    /// 429 after ten wrong guesses at an address within three minutes; the store's.
    pub async fn look_at_magic_code(&self, email: &str, code: &str) -> Result<MagicCode> {
        // Counted before the code is looked at, so that guesses at the same time count as well.
        if !self.memory.magic_code_attempts.allow(email.to_owned()) {
            let message = "Too many attempts, please try again later with a new code.";
            return Err(Error::new(ErrorKind::TooManyRequests, message));
        }
        let (owned, hash) = (email.to_owned(), hex(code.trim().as_bytes()));
        let read = move |connection: &mut dyn Connection| {
            let statement = sessions::select_magic_code(connection.dialect(), &owned, &hash);
            let mut expires = None;
            connection.query(&statement, &mut |row| {
                if let CellRef::Integer(time) = row.cell(0) {
                    expires = Some(time);
                }
                Flow::Stop
            })?;
            Ok::<_, Error>(expires)
        };
        Ok(match self.records.store().read(read).await? {
            None => MagicCode::Unknown,
            Some(expires) => {
                self.memory.magic_code_attempts.forgive(email);
                if expires > time::unix_milliseconds() { MagicCode::Valid } else { MagicCode::Expired }
            }
        })
    }

    /// Uses a code up; `false` if somebody else was first.
    ///
    /// # Errors
    /// The store's.
    pub async fn use_magic_code(&self, email: &str, code: &str) -> Result<bool> {
        let (email, hash) = (email.to_owned(), hex(code.trim().as_bytes()));
        let work = move |connection: &mut dyn Connection| {
            let statement = sessions::delete_magic_code(connection.dialect(), &email, &hash);
            Ok::<_, Error>(connection.execute(&statement)? > 0)
        };
        self.records.store().write(work).await
    }

    /// Removes the codes of an address.
    ///
    /// # Errors
    /// The store's.
    pub async fn remove_magic_codes_of(&self, email: &str) -> Result<()> {
        let email = email.to_owned();
        self.change_sessions(move |dialect| sessions::delete_magic_codes_of(dialect, &email)).await
    }

    /// Removes the codes that had ended at `now`, in milliseconds since 1970, for a day: until then
    /// whoever types one in learns why it fails.
    ///
    /// # Errors
    /// The store's.
    pub async fn remove_ended_magic_codes(&self, now: i64) -> Result<()> {
        let before = now - DURATION_MILLISECONDS;
        self.change_sessions(move |dialect| sessions::delete_ended_magic_codes(dialect, before)).await
    }
}
