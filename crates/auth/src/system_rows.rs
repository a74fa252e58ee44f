//! The rows that the server keeps of accounts, in system collections.

use std::sync::Arc;

use ketch_model::time::{self, DateTime};
use ketch_model::{Collection, Error, Object, Record, Result};

use crate::service::Auth;

/// First proofs that wait for a second one.
pub(crate) const MFAS: &str = "_mfas";
/// One-time passwords.
pub(crate) const OTPS: &str = "_otps";
/// Identities that people have elsewhere.
pub(crate) const EXTERNAL_AUTHS: &str = "_externalAuths";
/// Devices and places that people signed in from.
pub(crate) const AUTH_ORIGINS: &str = "_authOrigins";

/// More rows than these no account should have; a bound for memory all the same.
const ROWS_MAX: u64 = 1000;

impl Auth {
    pub(crate) fn system_collection(&self, name: &str) -> Result<Arc<Collection>> {
        let found = self.records.schema().by_name(name).cloned();
        found.ok_or_else(|| Error::internal(format!("the system collection {name} is missing")))
    }

    /// The rows of an account, the oldest first.
    pub(crate) async fn rows_of(
        &self,
        collection: &Arc<Collection>,
        account: &Record,
    ) -> Result<Vec<Record>> {
        let texts = [("collectionRef", account.collection.id.as_str()), ("recordRef", account.id())];
        let mut rows = self.records.find_all(collection, &texts, ROWS_MAX).await?;
        rows.sort_by(|one, other| one.text("created").cmp(other.text("created")));
        Ok(rows)
    }
}

/// The values that tie a new row to its account.
pub(crate) fn reference(account: &Record) -> Object {
    let mut data = Object::new();
    data.insert("collectionRef".to_owned(), account.collection.id.clone().into());
    data.insert("recordRef".to_owned(), account.id().into());
    data
}

/// Whether a row was created this many seconds ago or earlier.
pub(crate) fn has_expired(row: &Record, seconds: i64) -> bool {
    let created = DateTime::from_text(row.text("created")).map_or(0, |created| created.unix_milliseconds());
    time::unix_milliseconds() >= created.saturating_add(seconds.saturating_mul(1000))
}
