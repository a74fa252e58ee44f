//! Accounts and the identities that other services know their owners by. An account and its link
//! are written together or not at all.

use std::sync::Arc;

use ketch_model::{Collection, Error, ErrorKind, Object, Record, Result, Schema, Value};
use ketch_query::RequestInfo;
use ketch_store::Connection;

use crate::applied::Applied;
use crate::lookup::read_by_id;
use crate::plan::Prepared;
use crate::policy::{self, Action};
use crate::service::Records;
use crate::submission::{Submission, drop_hidden};
use crate::system_rules::{EXTERNAL_AUTHS, remove, rows_of};
use crate::write::{Authority, PASSWORD, create_in, current, set_random_password, update_in};

const LINK_FAILED: &str = "Failed to authenticate.";

/// Who somebody is to another service.
#[derive(Debug, Clone)]
pub struct ExternalIdentity {
    pub provider: String,
    /// The provider's own id of the person.
    pub provider_id: String,
}

/// What becomes of an account when an identity signs in to it.
#[derive(Debug, Default)]
pub struct AccountChange {
    /// Values to set, on the server's own word.
    pub data: Object,
    /// The password is replaced by one that nobody knows; all tokens end.
    pub random_password: bool,
    /// Links to other identities are removed.
    pub drops_other_identities: bool,
}

impl Records {
    /// Creates an account as [`Records::create`] does, linked to an identity. Without a submitted
    /// password it gets one that nobody knows; with `verified_email` as its address it is verified, and so is one without any address where the identity has none either.
    ///
    /// # Errors
    /// Those of [`Records::create`], and 400 `Failed to authenticate.` where the link is refused.
    pub async fn create_with_identity(
        &self,
        collection: &Arc<Collection>,
        mut submission: Submission,
        request: RequestInfo,
        verified_email: String,
        identity: ExternalIdentity,
    ) -> Result<Record> {
        policy::require(collection, Action::Create, &request)?;
        if !request.is_superuser() {
            drop_hidden(collection, &mut submission);
        }
        let has_password = submission.data.contains_key(PASSWORD);
        let mut prepared = self.prepare(collection, None, submission, &request).await?;
        if !has_password {
            set_random_password(collection, &mut prepared).await?;
        }
        prepared.verified_email = Some(verified_email);
        let authority = Authority::Request(Arc::new(request));
        let link = move |connection: &mut dyn Connection,
                         schema: &Arc<Schema>,
                         account: &Arc<Record>,
                         applied: &mut Applied| {
            link(connection, schema, account, &identity, applied)
        };
        self.create_prepared(collection, prepared, authority, Box::new(link)).await
    }

    /// Changes an account and links it to an identity, unless it is linked already.
    ///
    /// # Errors
    /// 400 `Failed to authenticate.` with the fields that stand against it.
    pub async fn link_identity(
        &self,
        account: &Record,
        change: AccountChange,
        identity: ExternalIdentity,
    ) -> Result<Record> {
        let submission = Submission { data: change.data, uploads: Vec::new() };
        let mut prepared = Prepared::of(&account.collection, submission);
        if change.random_password {
            set_random_password(&account.collection, &mut prepared).await?;
        }
        let (collection, id) = (account.collection.clone(), account.id().to_owned());
        let record = self
            .commit(move |connection, schema, applied| {
                let collection = current(schema, &collection)?;
                let record = if prepared.data.is_empty() {
                    let found = read_by_id(connection, &collection, &id)?;
                    Arc::new(found.ok_or_else(|| Error::bad_request(LINK_FAILED))?)
                } else {
                    update_in(connection, schema, &collection, &id, &prepared, &Authority::System, applied)
                        .map_err(refused)?
                };
                if change.drops_other_identities {
                    for row in rows_of(connection, schema, EXTERNAL_AUTHS, &record)? {
                        if !is_of(&row, &identity) {
                            remove(connection, row, applied)?;
                        }
                    }
                }
                link(connection, schema, &record, &identity, applied)?;
                Ok(record)
            })
            .await?;
        Ok(Arc::unwrap_or_clone(record))
    }
}

fn is_of(row: &Record, identity: &ExternalIdentity) -> bool {
    row.text("provider") == identity.provider && row.text("providerId") == identity.provider_id
}

/// Adds the link, if it is missing.
fn link(
    connection: &mut dyn Connection,
    schema: &Arc<Schema>,
    account: &Record,
    identity: &ExternalIdentity,
    applied: &mut Applied,
) -> Result<()> {
    if rows_of(connection, schema, EXTERNAL_AUTHS, account)?.iter().any(|row| is_of(row, identity)) {
        return Ok(());
    }
    let links = schema.by_name(EXTERNAL_AUTHS).filter(|collection| collection.system).cloned();
    let links =
        links.ok_or_else(|| Error::internal("the system collection of external identities is missing"))?;
    let data = Object::from_iter([
        ("collectionRef".to_owned(), Value::from(account.collection.id.as_str())),
        ("recordRef".to_owned(), Value::from(account.id())),
        ("provider".to_owned(), Value::from(identity.provider.as_str())),
        ("providerId".to_owned(), Value::from(identity.provider_id.as_str())),
    ]);
    let prepared = Prepared::of(&links, Submission { data, uploads: Vec::new() });
    create_in(connection, schema, &links, &prepared, &Authority::System, applied).map_err(refused)?;
    Ok(())
}

fn refused(mut error: Error) -> Error {
    if matches!(error.kind, ErrorKind::BadRequest | ErrorKind::NotFound) {
        error.kind = ErrorKind::BadRequest;
        error.message = LINK_FAILED.into();
    }
    error
}
