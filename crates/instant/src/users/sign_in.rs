//! Signing in: by a code, as a guest, or by an admin's word.

use std::sync::Arc;

use ketch_auth::MagicCode;
use ketch_model::attr::{USERS, system_attr};
use ketch_model::{Object, Record, Value};
use serde_json::json;

use super::json::SignedIn;
use super::selector::Selector;
use crate::error::{Error, Kind, Result};
use crate::permissions::Context;
use crate::service::Instant;
use crate::transact::Mode;
use crate::viewer::Viewer;

/// The `type` of somebody without an address.
const GUEST: &str = "guest";
/// The `type` of somebody who signed up.
const USER: &str = "user";
/// Labels of `$users`, beside the system's own, that nobody sets at a sign-up.
const PROTECTED: [&str; 3] = ["verified", "emailVisibility", "id"];

/// What a user gets who is made by a sign-in.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Values of custom labels of `$users`.
    extra: Object,
    /// Where the request came from, if the rules of sign-ups are asked.
    asks_rules: Option<Context>,
}

impl NewUser {
    /// Made with the admin token: no rule is asked.
    pub fn by_admin(extra: Object) -> Self {
        Self { extra, asks_rules: None }
    }

    /// Made by somebody for themselves.
    pub fn by_sign_up(extra: Object, context: Context) -> Self {
        Self { extra, asks_rules: Some(context) }
    }
}

/// A sign-in by a code.
#[derive(Debug, Clone)]
pub struct SignIn {
    /// Trimmed and in lower case.
    pub email: String,
    pub code: String,
    /// The session of a guest who becomes this user.
    pub guest_token: Option<String>,
    pub new: NewUser,
}

impl Instant {
    /// A session for a user, made where there is none.
    ///
    /// # Errors
    /// What the extra fields do not hold.
    pub async fn session_for(&self, whom: Selector, new: NewUser) -> Result<SignedIn> {
        if let Some(user) = self.find_user(whom.clone()).await? {
            return self.signed_in(&user, false).await;
        }
        self.check_extra(&new.extra)?;
        let mut values = new.extra;
        let id = match whom {
            Selector::Id(id) if id.is_empty() => return Err(Error::malformed(&["body", "id"], &"".into())),
            Selector::Id(id) => Some(id),
            Selector::Email(email) => {
                values.insert("email".to_owned(), email.into());
                None
            }
            Selector::RefreshToken(_) => return Err(Error::not_found("app-user", whom.to_json())),
        };
        let user = self.make_user(id, values).await?;
        self.signed_in(&user, true).await
    }

    /// A user without an address.
    ///
    /// # Errors
    /// `permission-denied`, or what the extra fields do not hold.
    pub async fn sign_in_guest(&self, new: NewUser) -> Result<SignedIn> {
        self.check_extra(&new.extra)?;
        let mut values = new.extra.clone();
        values.insert("type".to_owned(), GUEST.into());
        self.check_sign_up(&values, &new, &Viewer::Guest)?;
        let user = self.make_user(None, values).await?;
        self.signed_in(&user, true).await
    }

    /// A code for an address that is told to the caller and sent to nobody.
    ///
    /// # Errors
    /// `rate-limited`.
    pub async fn make_magic_code(&self, email: &str) -> Result<String> {
        if let Some(code) = self.test_code(email).await? {
            return Ok(code);
        }
        Ok(self.auth.make_magic_code(email).await?)
    }

    /// Sends a code to an address; answers the code when a server has taken the mail.
    ///
    /// # Errors
    /// `rate-limited`, `email-send-failed`.
    pub async fn send_magic_code(&self, email: &str) -> Result<String> {
        // Whoever tests knows the code; the address may be nobody's.
        if let Some(code) = self.test_code(email).await? {
            return Ok(code);
        }
        let code = self.auth.make_magic_code(email).await?;
        self.auth.mail_magic_code(email, &code).await.map_err(|error| {
            let message = format!("The mail with the code was not sent: {error}.");
            Error::new(Kind::EmailSendFailed, message, Value::Null)
        })?;
        Ok(code)
    }

    /// Signs somebody in by a code. A refused sign-up does not use the code up.
    ///
    /// # Errors
    /// `record-not-found` and `record-expired` for the code, `permission-denied`, `rate-limited`.
    pub async fn sign_in(&self, sign_in: SignIn) -> Result<SignedIn> {
        let SignIn { email, code, guest_token, new } = sign_in;
        let about = || json!({ "email": email });
        if self.test_code(&email).await?.is_some_and(|known| known == code.trim()) {
            // From here on it is a code as any other: guesses at it are counted as well.
            self.auth.place_magic_code(&email, code.trim()).await?;
        }
        match self.auth.look_at_magic_code(&email, &code).await? {
            MagicCode::Valid => {}
            MagicCode::Unknown => return Err(Error::not_found("app-user-magic-code", about())),
            MagicCode::Expired => return Err(Error::expired("app-user-magic-code", about())),
        }
        let known = self.find_user(Selector::Email(email.clone())).await?;
        let guest = self.guest(guest_token).await?;
        let mut values = Object::new();
        if known.is_none() {
            self.check_extra(&new.extra)?;
            values.extend(new.extra.clone());
            values.insert("email".to_owned(), email.as_str().into());
            values.insert("type".to_owned(), USER.into());
            // Who asks is the guest, if there is one: their rows are theirs already.
            let viewer = guest.clone().map_or(Viewer::Guest, Viewer::User);
            self.check_sign_up(&values, &new, &viewer)?;
            // The code went to this address.
            values.insert("verified".to_owned(), true.into());
        }
        // Of two requests with the same code one finds it gone here.
        if !self.auth.use_magic_code(&email, &code).await? {
            return Err(Error::not_found("app-user-magic-code", about()));
        }
        match (known, guest) {
            (Some(user), None) => self.signed_in(&user, false).await,
            (Some(user), Some(guest)) => {
                self.tie_guest(&guest, &user).await?;
                self.signed_in(&user, false).await
            }
            (None, Some(guest)) => {
                let user = self.write_user(guest.id(), values, Mode::Update).await?;
                self.signed_in(&user, true).await
            }
            (None, None) => {
                let user = self.make_user(None, values).await?;
                self.signed_in(&user, true).await
            }
        }
    }

    /// The guest of a token; somebody else's token counts as none.
    async fn guest(&self, token: Option<String>) -> Result<Option<Arc<Record>>> {
        let Some(token) = token else { return Ok(None) };
        let user = self.find_user(Selector::RefreshToken(token)).await?;
        Ok(user.filter(|user| user.text("type") == GUEST).map(Arc::new))
    }

    /// Notes whose guest somebody was, once.
    async fn tie_guest(&self, guest: &Record, user: &Record) -> Result<()> {
        if guest.text("linkedPrimaryUser").is_empty() {
            let values = Object::from_iter([("linkedPrimaryUser".to_owned(), user.id().into())]);
            self.write_user(guest.id(), values, Mode::Update).await?;
        }
        Ok(())
    }

    async fn signed_in(&self, user: &Record, created: bool) -> Result<SignedIn> {
        let refresh_token = self.auth.issue_refresh_token(user).await?;
        Ok(SignedIn { user: self.user_json("", user), refresh_token, created })
    }

    /// Whether the rules let somebody sign up as this user.
    pub(crate) fn check_sign_up(&self, user: &Object, new: &NewUser, viewer: &Viewer) -> Result<()> {
        let Some(context) = &new.asks_rules else { return Ok(()) };
        let schema = self.records.schema();
        let inquiry = self.permissions.inquiry(&schema, viewer, context, None);
        inquiry.check_sign_up(user, !new.extra.is_empty())
    }

    /// Extra fields are custom labels of `$users`.
    fn check_extra(&self, extra: &Object) -> Result<()> {
        let schema = self.records.schema();
        for label in extra.keys() {
            let refused =
                |message: String| Error::validation("extra-fields", &label.as_str().into(), &message);
            if system_attr(USERS, label).is_some() || PROTECTED.contains(&label.as_str()) {
                return Err(refused(format!("Cannot set system field: {label}")));
            }
            let known = schema.attrs().forward(USERS, label).is_some_and(|entry| !entry.attr.is_link());
            if !known {
                return Err(refused(format!(
                    "Unknown field: {label}. Add it to `$users` in your schema first."
                )));
            }
        }
        Ok(())
    }
}
