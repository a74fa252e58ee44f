//! Whom an identity belongs to here.

use std::sync::Arc;

use ketch_model::error::FieldError;
use ketch_model::{Collection, Error, ErrorKind, FieldKind, Object, Record, Result, Value};
use ketch_query::RequestInfo;
use ketch_records::Submission;
use ketch_records::identity::{AccountChange, ExternalIdentity};

use crate::oauth2::avatar;
use crate::oauth2::provider::Person;
use crate::service::Auth;
use crate::system_rows::EXTERNAL_AUTHS;

/// Somebody whom a provider vouches for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Newcomer<'a> {
    pub collection: &'a Arc<Collection>,
    pub provider: &'static str,
    pub person: &'a Person,
    /// The client's values for a record that has to be made.
    pub create_data: &'a Object,
    pub request: &'a RequestInfo,
}

impl Newcomer<'_> {
    fn identity(&self) -> ExternalIdentity {
        ExternalIdentity { provider: self.provider.to_owned(), provider_id: self.person.id.clone() }
    }

    /// The record of this collection that asks, if there is one.
    fn requester(&self) -> Option<&Arc<Record>> {
        self.request.auth.as_ref().filter(|record| record.collection.id == self.collection.id)
    }
}

impl Auth {
    /// The record of an identity, linked to it, and whether it was made for it.
    pub(crate) async fn account_of(&self, newcomer: &Newcomer<'_>) -> Result<(Record, bool)> {
        if let Some(record) = self.known_account(newcomer).await? {
            return Ok((self.link(newcomer, record).await?, false));
        }
        match self.sign_up(newcomer).await {
            Ok(record) => Ok((record, true)),
            // The same person may have signed up by another request in the meantime.
            Err(error) if is_taken(&error) => match self.linked_account(newcomer).await? {
                Some(record) => Ok((self.link(newcomer, record).await?, false)),
                None => Err(error),
            },
            Err(error) => Err(error),
        }
    }

    /// A link beats the record that asks, and that one beats an equal address.
    async fn known_account(&self, newcomer: &Newcomer<'_>) -> Result<Option<Record>> {
        if let Some(linked) = self.linked_account(newcomer).await? {
            return Ok(Some(linked));
        }
        if let Some(requester) = newcomer.requester() {
            return Ok(Some(Record::clone(requester)));
        }
        if newcomer.person.email.is_empty() {
            return Ok(None);
        }
        self.find_unique(newcomer.collection, "email", &newcomer.person.email).await
    }

    async fn linked_account(&self, newcomer: &Newcomer<'_>) -> Result<Option<Record>> {
        if newcomer.person.id.is_empty() {
            return Ok(None);
        }
        let texts = [
            ("collectionRef", newcomer.collection.id.as_str()),
            ("provider", newcomer.provider),
            ("providerId", newcomer.person.id.as_str()),
        ];
        let links = self.system_collection(EXTERNAL_AUTHS)?;
        let found = self.records.find_all(&links, &texts, 1).await?;
        match found.first() {
            Some(link) => self.records.find_by_id(newcomer.collection, link.text("recordRef")).await,
            None => Ok(None),
        }
    }

    /// Signs in to an existing record. Nobody had proven to own the address of an unverified one, so
    /// whatever keys strangers may have left there are taken from it.
    async fn link(&self, newcomer: &Newcomer<'_>, record: Record) -> Result<Record> {
        let email = &newcomer.person.email;
        let is_own = newcomer.requester().is_some_and(|requester| requester.id() == record.id());
        let was_verified = record.bool("verified");
        let mut change = AccountChange {
            data: Object::new(),
            random_password: !was_verified && !is_own,
            drops_other_identities: !was_verified,
        };
        let stored_email = record.text("email");
        if stored_email.is_empty() && !email.is_empty() {
            change.data.insert("email".to_owned(), email.clone().into());
        }
        if !was_verified && (stored_email.is_empty() || stored_email == email) {
            change.data.insert("verified".to_owned(), true.into());
        }
        self.records.link_identity(&record, change, newcomer.identity()).await
    }

    async fn sign_up(&self, newcomer: &Newcomer<'_>) -> Result<Record> {
        let person = newcomer.person;
        let mut submission = Submission { data: newcomer.create_data.clone(), uploads: Vec::new() };
        let own_email = submission.data.get("email").and_then(Value::as_str).unwrap_or_default();
        if own_email.is_empty() {
            submission.data.insert("email".to_owned(), person.email.clone().into());
        }
        self.fill_mapped(newcomer, &mut submission).await?;
        let mut request = newcomer.request.clone();
        request.body = submission.data.clone();
        let verified_email = person.email.clone();
        self.records
            .create_with_identity(
                newcomer.collection,
                submission,
                request,
                verified_email,
                newcomer.identity(),
            )
            .await
    }

    /// Fills the fields that the collection maps the person's data to, where the client gave nothing.
    async fn fill_mapped(&self, newcomer: &Newcomer<'_>, submission: &mut Submission) -> Result<()> {
        let (collection, person) = (newcomer.collection, newcomer.person);
        let Some(mapped) = collection.auth().map(|options| &options.oauth2.mapped_fields) else {
            return Ok(());
        };
        for (field, text) in [(&mapped.id, &person.id), (&mapped.name, &person.name)] {
            fill(submission, field, text);
        }
        if !submission.data.contains_key(&mapped.username)
            && self.is_free(collection, &mapped.username, &person.username).await?
        {
            fill(submission, &mapped.username, &person.username);
        }
        let field = collection.field(&mapped.avatar_url);
        match field.map(|field| &field.kind) {
            Some(FieldKind::File(_)) => {
                if person.avatar_url.is_empty() || submission.data.contains_key(&mapped.avatar_url) {
                    return Ok(());
                }
                match avatar::fetch(&self.memory.http, &person.avatar_url, &mapped.avatar_url).await {
                    Ok(file) => submission.uploads.push(file),
                    // A person without a picture is better than none.
                    Err(error) => tracing::warn!(%error, "the avatar of a new account could not be fetched"),
                }
            }
            _ => fill(submission, &mapped.avatar_url, &person.avatar_url),
        }
        Ok(())
    }

    /// Whether a new record could have this name: a person's name elsewhere must not keep them out.
    async fn is_free(&self, collection: &Arc<Collection>, field: &str, name: &str) -> Result<bool> {
        let Some(definition) = collection.field(field) else { return Ok(false) };
        if name.is_empty() || definition.validate(&definition.normalize(&name.into())).is_err() {
            return Ok(false);
        }
        let is_unique = collection.has_unique_single_index(field).is_some();
        Ok(!is_unique || self.find_unique(collection, field, name).await?.is_none())
    }
}

fn fill(submission: &mut Submission, field: &str, text: &str) {
    if !field.is_empty() && !text.is_empty() && !submission.data.contains_key(field) {
        submission.data.insert(field.to_owned(), text.into());
    }
}

/// Whether a write failed because something unique is there already.
fn is_taken(error: &Error) -> bool {
    let not_unique = |error: &FieldError| match error {
        FieldError::Invalid(invalid) => invalid.code == "validation_not_unique",
        FieldError::Nested(_) => false,
    };
    error.kind == ErrorKind::BadRequest && error.fields.values().any(not_unique)
}
