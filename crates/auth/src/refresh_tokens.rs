//! Refresh tokens: the sessions of Instant's clients.
//!
//! A token is a UUID that never ends; of it only a hash is stored. It hangs on the account's token
//! key like a session of the PocketBase front: whatever ends those (a new password, a deleted
//! account whose id somebody takes again) ends this one too.

use std::sync::Arc;

use ketch_model::{Collection, Error, Record, Result, time};
use ketch_store::sql::sessions;
use ketch_store::{Flow, Statement};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::service::Auth;

impl Auth {
    /// Gives an account another refresh token and answers it.
    ///
    /// # Errors
    /// The store's.
    pub async fn issue_refresh_token(&self, account: &Record) -> Result<String> {
        let token = Uuid::new_v4();
        let (hash, key_hash) = (hash_of(token), hex(account.text("tokenKey").as_bytes()));
        let account = account.id().to_owned();
        let work = move |connection: &mut dyn ketch_store::Connection| {
            let now = time::unix_milliseconds();
            let statement =
                sessions::insert_refresh_token(connection.dialect(), &hash, &account, &key_hash, now);
            connection.execute(&statement)?;
            Ok::<_, Error>(())
        };
        self.records.store().write(work).await?;
        Ok(token.to_string())
    }

    /// The account of a refresh token; `None` for one that is unknown or was revoked.
    ///
    /// # Errors
    /// The store's.
    pub async fn account_of_refresh_token(
        &self,
        accounts: &Arc<Collection>,
        token: &str,
    ) -> Result<Option<Record>> {
        let Ok(token) = Uuid::try_parse(token) else { return Ok(None) };
        let hash = hash_of(token);
        let read = move |connection: &mut dyn ketch_store::Connection| {
            let statement = sessions::select_refresh_token(connection.dialect(), &hash);
            let mut found = None;
            connection.query(&statement, &mut |row| {
                found = row
                    .cell(0)
                    .as_text()
                    .zip(row.cell(1).as_text())
                    .map(|(account, key_hash)| (account.to_owned(), key_hash.to_owned()));
                Flow::Stop
            })?;
            Ok::<_, Error>(found)
        };
        let Some((account, key_hash)) = self.records.store().lookup(read).await? else { return Ok(None) };
        let account = self.records.find_by_id(accounts, &account).await?;
        Ok(account.filter(|account| hex(account.text("tokenKey").as_bytes()) == key_hash))
    }

    /// Ends one session, if there is such a token.
    ///
    /// # Errors
    /// The store's.
    pub async fn revoke_refresh_token(&self, token: &str) -> Result<()> {
        let Ok(token) = Uuid::try_parse(token) else { return Ok(()) };
        let hash = hash_of(token);
        self.change_sessions(move |dialect| sessions::delete_refresh_token(dialect, &hash)).await
    }

    /// Ends every session that an account has by refresh tokens.
    ///
    /// # Errors
    /// The store's.
    pub async fn revoke_refresh_tokens_of(&self, account: &str) -> Result<()> {
        let account = account.to_owned();
        self.change_sessions(move |dialect| sessions::delete_refresh_tokens_of(dialect, &account)).await
    }

    pub(crate) async fn change_sessions(
        &self,
        statement: impl FnOnce(&dyn ketch_store::Dialect) -> Statement + Send + 'static,
    ) -> Result<()> {
        let work = move |connection: &mut dyn ketch_store::Connection| {
            let statement = statement(connection.dialect());
            connection.execute(&statement)?;
            Ok::<_, Error>(())
        };
        self.records.store().write(work).await
    }
}

/// As Instant stores tokens, so that sessions survive a move: of the sixteen bytes, not of the text.
fn hash_of(token: Uuid) -> String {
    hex(token.as_bytes())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}
