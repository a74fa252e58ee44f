//! Accounts: found, made and deleted.

use std::sync::Arc;

use ketch_model::attr::{USERS, random_uuid};
use ketch_model::{Cell, Collection, Object, Record, Value};

use super::selector::Selector;
use crate::error::{Error, Result};
use crate::service::Instant;
use crate::transact::{EntityRef, Mode, Options, Step};

impl Instant {
    /// The collection of users.
    pub(crate) fn users(&self) -> Result<Arc<Collection>> {
        self.records.schema().attrs().collection(USERS).cloned().ok_or_else(|| {
            let message = "This app has no users: its auth collection `users` was renamed or deleted.";
            Error::validation("app", &Value::Null, message)
        })
    }

    /// The user, if there is one.
    ///
    /// # Errors
    /// The store's.
    pub async fn find_user(&self, whom: Selector) -> Result<Option<Record>> {
        let users = self.users()?;
        Ok(match whom {
            Selector::Id(id) => self.records.find_by_id(&users, &id).await?,
            Selector::RefreshToken(token) => self.auth.account_of_refresh_token(&users, &token).await?,
            // The other front stores addresses as they were typed.
            Selector::Email(email) => {
                self.records.find_by_field(&users, "email", Cell::text(email), true).await?
            }
        })
    }

    /// The user with exactly this address.
    ///
    /// # Errors
    /// The store's.
    pub async fn user_with_email(&self, email: &str) -> Result<Option<Record>> {
        let users = self.users()?;
        if email.is_empty() {
            return Ok(None);
        }
        Ok(self.records.find_by_field(&users, "email", Cell::text(email), false).await?)
    }

    /// Deletes a user with their sessions, codes and guests; answers who it was.
    ///
    /// # Errors
    /// The store's.
    pub async fn delete_user(&self, whom: Selector) -> Result<Option<Record>> {
        let Some(user) = self.find_user(whom).await? else { return Ok(None) };
        let entity = EntityRef::Id(user.id().to_owned());
        let step = Step::Delete { namespace: USERS.to_owned(), entity };
        self.transact(vec![step], Options::default()).await?;
        self.auth.revoke_refresh_tokens_of(user.id()).await?;
        if !user.text("email").is_empty() {
            self.auth.remove_magic_codes_of(&user.text("email").to_lowercase()).await?;
        }
        Ok(Some(user))
    }

    /// Makes a user with these values, under an id of its own unless one is given.
    pub(super) async fn make_user(&self, id: Option<String>, values: Object) -> Result<Record> {
        let id = id.unwrap_or_else(random_uuid);
        self.write_user(&id, values, Mode::Create).await
    }

    /// Writes values of a user and answers what became of it.
    pub(super) async fn write_user(&self, id: &str, values: Object, mode: Mode) -> Result<Record> {
        let step =
            Step::Write { namespace: USERS.to_owned(), entity: EntityRef::Id(id.to_owned()), values, mode };
        let strict = Options { throw_on_missing_attrs: true };
        self.transact(vec![step], strict).await?;
        let user = self.records.find_by_id(&self.users()?, id).await?;
        user.ok_or_else(|| Error::unknown("a user was gone as soon as it was written"))
    }
}
