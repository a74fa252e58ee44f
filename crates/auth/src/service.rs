//! The service: tokens of stored records.

use std::sync::Arc;
use std::time::Duration;

use ketch_mail::Mailer;
use ketch_model::{Cell, Collection, Error, Object, Record, Result};
use ketch_records::Records;
use tokio::sync::Mutex;

use crate::attempts::Attempts;
use crate::hash_gate::HashGate;
use crate::oauth2::http::Http;
use crate::oauth2::names::Names;
use crate::resend_guard::ResendGuard;
use crate::token::{self, Claims, TokenKind};

/// Durations above this many seconds do not fit the original's clock and count as not given.
const MAX_SECONDS: u64 = 9_223_372_036;

/// Sign-in for the records of one app. Cheap to clone.
#[derive(Clone)]
pub struct Auth {
    pub(crate) records: Records,
    pub(crate) hash_gate: HashGate,
    pub(crate) mailer: Mailer,
    pub(crate) memory: Arc<Memory>,
}

/// What is remembered of accounts between requests, until the server stops.
pub(crate) struct Memory {
    pub reset_mails: ResendGuard,
    pub verification_mails: ResendGuard,
    pub otp_attempts: Attempts,
    pub magic_code_attempts: Attempts,
    pub magic_codes_made: Attempts,
    /// Names that Apple told before the sign-in that they belong to.
    pub names: Names,
    /// Connections to OAuth2 providers.
    pub http: Http,
    /// Counting the codes of an account and adding one is one step; accounts share a few turns.
    pub otp_turns: [Mutex<()>; 16],
}

impl Default for Memory {
    fn default() -> Self {
        let minutes = |count: u64| Duration::from_secs(count * 60);
        Self {
            reset_mails: ResendGuard::default(),
            verification_mails: ResendGuard::default(),
            otp_attempts: Attempts::new(5, minutes(3)),
            magic_code_attempts: Attempts::new(10, minutes(3)),
            magic_codes_made: Attempts::new(20, minutes(60)),
            names: Names::default(),
            http: Http::default(),
            otp_turns: Default::default(),
        }
    }
}

impl Auth {
    pub fn new(records: Records, mailer: Mailer) -> Self {
        Self { records, hash_gate: HashGate::new(), mailer, memory: Arc::default() }
    }

    /// Whom a session token names; `None` for one that is broken, has ended or was revoked.
    pub async fn identify(&self, token: &str) -> Option<Arc<Record>> {
        let (record, _) = self.find_by_token(token, TokenKind::Auth).await?;
        Some(Arc::new(record))
    }

    /// The record with this text in a unique field, compared as the field's index compares.
    pub(crate) async fn find_unique(
        &self,
        collection: &Arc<Collection>,
        field: &str,
        text: &str,
    ) -> Result<Option<Record>> {
        let ignores_case = collection
            .has_unique_single_index(field)
            .and_then(|index| index.columns.first())
            .is_some_and(|column| column.collate.eq_ignore_ascii_case("nocase"));
        self.records.find_by_field(collection, field, Cell::text(text), ignores_case).await
    }

    /// The record that a token of this kind was signed for, and what the token says.
    pub async fn find_by_token(&self, token: &str, kind: TokenKind) -> Option<(Record, Claims)> {
        let claims = token::read_unverified(token, kind)?;
        let schema = self.records.schema();
        let collection = schema.by_id(&claims.collection_id).filter(|collection| collection.is_auth())?;
        let record = match self.records.find_by_id(collection, &claims.id).await {
            Ok(record) => record?,
            Err(error) => {
                // Nobody is let in by a fault of the store; the request goes on as a guest's.
                tracing::error!(%error, "cannot look up the record of a token");
                return None;
            }
        };
        token::verify(token, &record, kind).then_some((record, claims))
    }

    /// A new token; `seconds` overrides the collection's duration unless it is 0. `refreshable`
    /// says whether a session may be prolonged, and concerns sessions only.
    ///
    /// # Errors
    /// Internal, for records that cannot sign in.
    pub fn token_for(
        &self,
        record: &Record,
        kind: TokenKind,
        seconds: Option<u64>,
        refreshable: bool,
    ) -> Result<String> {
        let mut claims = Object::new();
        match kind {
            TokenKind::Auth => {
                claims.insert("refreshable".to_owned(), refreshable.into());
            }
            TokenKind::Verification | TokenKind::PasswordReset | TokenKind::EmailChange => {
                claims.insert("email".to_owned(), record.text("email").into());
            }
            TokenKind::File => {}
        }
        self.sign(record, kind, seconds, claims)
    }

    /// A token for the link that changes the record's email to `new_email`.
    ///
    /// # Errors
    /// Internal, for records that cannot sign in.
    pub fn email_change_token(&self, record: &Record, new_email: &str) -> Result<String> {
        let mut claims = Object::new();
        claims.insert("email".to_owned(), record.text("email").into());
        claims.insert("newEmail".to_owned(), new_email.into());
        self.sign(record, TokenKind::EmailChange, None, claims)
    }

    fn sign(&self, record: &Record, kind: TokenKind, seconds: Option<u64>, claims: Object) -> Result<String> {
        let of_collection = record.collection.auth().map_or(0, |options| kind.options(options).duration);
        let seconds = seconds
            .filter(|seconds| (1..=MAX_SECONDS).contains(seconds))
            .unwrap_or_else(|| u64::try_from(of_collection).unwrap_or_default());
        token::sign(record, kind, seconds, claims)
            .ok_or_else(|| Error::internal("the record has no key to sign tokens with"))
    }
}
