//! Removing what has expired.

use std::sync::Arc;

use ketch_model::collection::AuthOptions;
use ketch_model::time::DateTime;
use ketch_model::{Collection, ErrorKind, Result};

use crate::service::Auth;
use crate::system_rows::{MFAS, OTPS};

/// Rows looked for at once.
const PORTION: u64 = 200;

impl Auth {
    /// Removes first proofs that have ended at `now`, in milliseconds since 1970.
    ///
    /// # Errors
    /// The store's.
    pub async fn remove_expired_mfas(&self, now: i64) -> Result<()> {
        self.remove_expired(MFAS, now, |options| options.mfa.duration).await
    }

    /// Removes one-time passwords that have ended at `now`, in milliseconds since 1970.
    ///
    /// # Errors
    /// The store's.
    pub async fn remove_expired_otps(&self, now: i64) -> Result<()> {
        self.remove_expired(OTPS, now, |options| options.otp.duration).await
    }

    async fn remove_expired(&self, name: &str, now: i64, seconds: fn(&AuthOptions) -> i64) -> Result<()> {
        let rows = self.system_collection(name)?;
        for account in self.records.schema().collections() {
            let Some(options) = account.auth() else { continue };
            let before = now.saturating_sub(seconds(options).saturating_mul(1000));
            self.remove_older(&rows, &account.id, before).await?;
        }
        Ok(())
    }

    async fn remove_older(
        &self,
        rows: &Arc<Collection>,
        account_collection: &str,
        before: i64,
    ) -> Result<()> {
        let before = DateTime::from_unix_milliseconds(before).to_text();
        loop {
            let reference = ("collectionRef", account_collection);
            let expired = self.records.find_older(rows, reference, &before, PORTION).await?;
            for row in &expired {
                match self.records.delete_internal(row).await {
                    // Used in the meantime.
                    Err(error) if error.kind == ErrorKind::NotFound => {}
                    other => other?,
                }
            }
            if (expired.len() as u64) < PORTION {
                return Ok(());
            }
        }
    }
}
