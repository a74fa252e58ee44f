//! From proven credentials to a session.

use std::sync::Arc;

use ketch_model::{Error, Object, Record, Result};
use ketch_query::RequestInfo;

use crate::alert::Origin;
use crate::service::Auth;
use crate::system_rows::{MFAS, has_expired};
use crate::token::TokenKind;

/// How a person proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Password,
    Otp,
    OAuth2,
}

impl Method {
    /// The name in `_mfas` rows and in rules (`@request.context`).
    pub fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Otp => "otp",
            Self::OAuth2 => "oauth2",
        }
    }
}

/// A record that is signed in.
#[derive(Debug, Clone)]
pub struct Session {
    pub record: Arc<Record>,
    pub token: String,
}

/// The outcome of proven credentials.
#[derive(Debug, Clone)]
pub enum SignIn {
    Session(Session),
    /// A first proof is noted under this id; another method must follow.
    AnotherFactor {
        mfa_id: String,
    },
}

impl Auth {
    /// Opens a session for a record whose credentials were proven. `mfa_id` is the id of an earlier
    /// proof by another method, or empty; `request` is as it came, with the method as context. A
    /// session from a new `origin` is told to the account's owner by mail, where the collection wants it.
    ///
    /// # Errors
    /// 403 where the collection's auth rule refuses the record, 400 where the earlier proof is no good.
    pub async fn sign_in(
        &self,
        record: Record,
        method: Method,
        request: &RequestInfo,
        mfa_id: &str,
        origin: &Origin,
    ) -> Result<SignIn> {
        self.check_auth_rule(&record, request).await?;
        if self.needs_another_factor(&record, request).await {
            if mfa_id.is_empty() {
                return self.note_factor(&record, method).await;
            }
            self.use_factor(&record, method, mfa_id).await?;
        }
        self.note_origin(&record, origin).await;
        let token = self.token_for(&record, TokenKind::Auth, None, true)?;
        Ok(SignIn::Session(Session { record: Arc::new(record), token }))
    }

    /// Prolongs the session of `record` that `token` (already verified) stands for. A session that
    /// may not be prolonged keeps its token.
    ///
    /// # Errors
    /// 403 where the auth rule refuses the record by now.
    pub async fn refresh(&self, record: &Arc<Record>, token: &str, request: &RequestInfo) -> Result<Session> {
        self.check_auth_rule(record, request).await?;
        let is_refreshable =
            crate::token::read_unverified(token, TokenKind::Auth).is_some_and(|claims| claims.refreshable);
        let token = if is_refreshable {
            self.token_for(record, TokenKind::Auth, None, true)?
        } else {
            token.to_owned()
        };
        Ok(Session { record: record.clone(), token })
    }

    /// A session of somebody else's record, for superusers; it cannot be prolonged. `seconds` 0 is
    /// the collection's own duration.
    ///
    /// # Errors
    /// Internal, for records that cannot sign in.
    pub fn impersonate(&self, record: Record, seconds: u64) -> Result<Session> {
        let token = self.token_for(&record, TokenKind::Auth, Some(seconds), false)?;
        Ok(Session { record: Arc::new(record), token })
    }

    async fn check_auth_rule(&self, record: &Record, request: &RequestInfo) -> Result<()> {
        if request.is_superuser() {
            return Ok(());
        }
        let rule = record.collection.auth().and_then(|options| options.auth_rule.as_deref());
        let (is_satisfied, cause) = match rule {
            None => (false, None),
            Some(rule) => match self.records.satisfies(record, rule, request).await {
                Ok(is_satisfied) => (is_satisfied, None),
                Err(error) => (false, Some(error)),
            },
        };
        if is_satisfied {
            return Ok(());
        }
        let error =
            Error::forbidden("The request doesn't satisfy the collection requirements to authenticate.");
        Err(match cause {
            Some(cause) => error.with_cause(cause),
            None => error,
        })
    }

    /// Whether this record must prove itself twice. A rule that cannot be decided does not let anybody off.
    async fn needs_another_factor(&self, record: &Record, request: &RequestInfo) -> bool {
        let Some(options) = record.collection.auth().map(|options| &options.mfa) else { return false };
        if !options.enabled || options.rule.is_empty() || request.is_superuser() {
            return options.enabled;
        }
        self.records.satisfies(record, &options.rule, request).await.unwrap_or(true)
    }

    async fn note_factor(&self, record: &Record, method: Method) -> Result<SignIn> {
        let mut data = Object::new();
        data.insert("collectionRef".to_owned(), record.collection.id.clone().into());
        data.insert("recordRef".to_owned(), record.id().into());
        data.insert("method".to_owned(), method.name().into());
        let row = self.records.create_internal(&self.system_collection(MFAS)?, data).await?;
        Ok(SignIn::AnotherFactor { mfa_id: row.id().to_owned() })
    }

    /// Checks the earlier proof and uses it up.
    async fn use_factor(&self, record: &Record, method: Method, mfa_id: &str) -> Result<()> {
        let expired = || Error::bad_request("Invalid or expired MFA session.");
        let row =
            self.records.find_by_id(&self.system_collection(MFAS)?, mfa_id).await?.ok_or_else(expired)?;
        let duration = record.collection.auth().map_or(0, |options| options.mfa.duration);
        if has_expired(&row, duration) {
            self.records.delete_internal(&row).await?;
            return Err(expired());
        }
        if row.text("collectionRef") != record.collection.id || row.text("recordRef") != record.id() {
            return Err(Error::bad_request("Invalid MFA session."));
        }
        if row.text("method") == method.name() {
            return Err(Error::bad_request("A different authentication method is required."));
        }
        // Of two requests with the same proof one finds it gone here.
        self.records.delete_internal(&row).await.map_err(|error| expired().with_cause(error))
    }
}
