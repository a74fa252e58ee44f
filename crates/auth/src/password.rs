//! Passwords: who has one, and whether it is this one.

use std::sync::Arc;

use ketch_model::collection::PasswordAuth;
use ketch_model::error::Invalid;
use ketch_model::fields::host;
use ketch_model::{Collection, Error, FieldKind, Record, Result};

use crate::form;
use crate::service::Auth;

/// The longest identity, identity field and password of a login form, in bytes.
const MAX_LENGTH: usize = 255;
/// A salt and hash that no password has (bar one chance in 2^184).
const NOBODYS_HASH: &str = "4yO3hkBQFEOkVlVOhnIA9.DYx1rPcLmd0cK3hP8pN0wLqGg3rVh2K";

/// What a person types in to sign in.
#[derive(Debug, Clone, Default)]
pub struct PasswordLogin {
    pub identity: String,
    pub password: String,
    /// The only field to look the identity up in; empty: all identity fields.
    pub identity_field: String,
}

impl PasswordLogin {
    fn validate(&self, options: &PasswordAuth) -> form::Checks {
        let mut errors = form::Checks::default();
        errors.text("identity", &self.identity, 1, MAX_LENGTH);
        errors.text("password", &self.password, 1, MAX_LENGTH);
        let name = &self.identity_field;
        if !name.is_empty()
            && errors.text("identityField", name, 1, MAX_LENGTH)
            && !options.identity_fields.contains(name)
        {
            errors.fail("identityField", Invalid::new("validation_in_invalid", "must be a valid value"));
        }
        errors
    }

    /// The fields to look the identity up in, in order. An email is most likely meant as one, and
    /// what is none is in no email field.
    fn fields<'a>(&'a self, options: &'a PasswordAuth) -> Vec<&'a str> {
        if !self.identity_field.is_empty() {
            return vec![&self.identity_field];
        }
        let (mut emails, mut others) = (Vec::new(), Vec::new());
        for name in &options.identity_fields {
            if name != "email" {
                others.push(name.as_str());
            } else if host::is_email(&self.identity) {
                emails.push(name.as_str());
            }
        }
        emails.append(&mut others);
        emails
    }
}

impl Auth {
    /// The collection's password options.
    ///
    /// # Errors
    /// 403 where the collection lets nobody sign in by password.
    pub fn password_options<'a>(&self, collection: &'a Collection) -> Result<&'a PasswordAuth> {
        collection.auth().map(|options| &options.password_auth).filter(|options| options.enabled).ok_or_else(
            || Error::forbidden("The collection is not configured to allow password authentication."),
        )
    }

    /// The record that these credentials belong to.
    ///
    /// Whether the identity or the password is wrong cannot be told from the answer, nor from the
    /// time it takes.
    ///
    /// # Errors
    /// 403 where passwords are off, 400 with the fields of a malformed form, 400 `Failed to
    /// authenticate.`
    pub async fn check_password(
        &self,
        collection: &Arc<Collection>,
        login: &PasswordLogin,
    ) -> Result<Record> {
        let options = self.password_options(collection)?;
        login.validate(options).finish()?;
        let record = self.find_identity(collection, options, login).await?;
        match record {
            Some(record) if self.password_matches(&record, &login.password).await => Ok(record),
            Some(_) => Err(failed()),
            None => {
                self.hash_gate.matches(login.password.clone(), nobodys_hash(collection)).await;
                Err(failed())
            }
        }
    }

    /// Whether the record has this password; a record without one has none. Takes as long either way.
    pub async fn password_matches(&self, record: &Record, plain: &str) -> bool {
        let stored = record.text("password");
        let hash = if stored.is_empty() { nobodys_hash(&record.collection) } else { stored.to_owned() };
        self.hash_gate.matches(plain.to_owned(), hash).await && !stored.is_empty()
    }

    async fn find_identity(
        &self,
        collection: &Arc<Collection>,
        options: &PasswordAuth,
        login: &PasswordLogin,
    ) -> Result<Option<Record>> {
        for name in login.fields(options) {
            let found = self.find_unique(collection, name, &login.identity).await?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }
}

fn failed() -> Error {
    Error::bad_request("Failed to authenticate.")
}

/// A hash of the cost that the collection's hashes have.
pub(crate) fn nobodys_hash(collection: &Collection) -> String {
    let cost = collection.field("password").and_then(|field| match &field.kind {
        FieldKind::Password(options) => Some(options.effective_cost()),
        _ => None,
    });
    format!("$2a${:02}${NOBODYS_HASH}", cost.unwrap_or(10))
}

#[cfg(test)]
mod tests;
