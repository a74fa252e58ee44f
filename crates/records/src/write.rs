//! The one write path: a step is planned against the stored state and applied in one transaction.
//!
//! Order of refusals, as clients of the original expect it: superusers only (403), missing record
//! (404), rule (400 for create, 404 else), account checks, field checks.

use std::sync::Arc;

use ketch_files::Source;
use ketch_model::error::Invalid;
use ketch_model::fields::relation::RelationOptions;
use ketch_model::{
    Collection, Error, ErrorKind, FieldErrors, FieldKind, Object, Record, Result, Schema, Value, ids,
};
use ketch_query::RequestInfo;
use ketch_store::{Connection, Flow, StoreError, sql};

use crate::applied::{Applied, store_insert, store_update};
use crate::lookup::read_by_id;
use crate::plan::{Draft, PASSWORD_BYTES_MAX, Prepared, Question};
use crate::policy::{self, Access, Action};
use crate::service::Records;
use crate::submission::{Submission, UploadedContent, drop_hidden};
use crate::{cascade, system_rules};

pub(crate) const CREATE_FAILED: &str = "Failed to create record.";
pub(crate) const UPDATE_FAILED: &str = "Failed to update record.";
const DELETE_FAILED: &str = "Failed to delete record. Make sure that the record is not part of a required \
                             relation reference.";

/// On whose word a step runs.
#[derive(Debug, Clone)]
pub(crate) enum Authority {
    /// A client's: rules apply.
    Request(Arc<RequestInfo>),
    /// The server's own: no rules, no account checks.
    System,
}

/// What is done in the transaction that creates a record.
pub(crate) type More = Box<
    dyn FnOnce(&mut dyn Connection, &Arc<Schema>, &Arc<Record>, &mut Applied) -> Result<()> + Send + 'static,
>;

fn no_more() -> More {
    Box::new(|_, _, _, _| Ok(()))
}

impl Records {
    /// Creates a record from a client's submission.
    ///
    /// Errors: 403 where only superusers may create, 400 with the failed fields, 400 without
    /// fields where the create rule is not met.
    pub async fn create(
        &self,
        collection: &Arc<Collection>,
        mut submission: Submission,
        request: RequestInfo,
    ) -> Result<Record> {
        refuse_view(collection)?;
        policy::require(collection, Action::Create, &request)?;
        if !request.is_superuser() {
            drop_hidden(collection, &mut submission);
        }
        let prepared = self.prepare(collection, None, submission, &request).await?;
        self.create_prepared(collection, prepared, Authority::Request(Arc::new(request)), no_more()).await
    }

    /// Creates a record on the server's own word: no rules, no `passwordConfirm`.
    pub async fn create_internal(&self, collection: &Arc<Collection>, data: Object) -> Result<Record> {
        let submission = Submission { data, uploads: Vec::new() };
        let prepared = self.prepare(collection, None, submission, &RequestInfo::default()).await?;
        self.create_prepared(collection, prepared, Authority::System, no_more()).await
    }

    /// Changes a record by a client's submission.
    ///
    /// Errors: 403 where only superusers may update, 404 where the record is missing or the update
    /// rule is not met, 400 with the failed fields.
    pub async fn update(
        &self,
        collection: &Arc<Collection>,
        id: &str,
        mut submission: Submission,
        request: RequestInfo,
    ) -> Result<Record> {
        refuse_view(collection)?;
        policy::require(collection, Action::Update, &request)?;
        if !request.is_superuser() {
            drop_hidden(collection, &mut submission);
        }
        let prepared = self.prepare(collection, Some(id), submission, &request).await?;
        self.update_prepared(collection, id, prepared, Authority::Request(Arc::new(request))).await
    }

    /// Changes a record on the server's own word: no rules, no `oldPassword`.
    pub async fn update_internal(&self, record: &Record, data: Object) -> Result<Record> {
        let submission = Submission { data, uploads: Vec::new() };
        let prepared = self.prepare(&record.collection, None, submission, &RequestInfo::default()).await?;
        self.update_prepared(&record.collection, record.id(), prepared, Authority::System).await
    }

    /// Changes an account as [`Records::update_internal`] does and gives it a password that nobody
    /// knows, whatever the field demands of passwords. All its tokens end.
    pub async fn update_with_random_password(&self, record: &Record, data: Object) -> Result<Record> {
        let mut prepared = Prepared::of(&record.collection, Submission { data, uploads: Vec::new() });
        set_random_password(&record.collection, &mut prepared).await?;
        self.update_prepared(&record.collection, record.id(), prepared, Authority::System).await
    }

    /// Deletes a record and what cascades from it.
    ///
    /// Errors: 403 where only superusers may delete, 404 where the record is missing or the delete
    /// rule is not met, 400 where a required relation or the last superuser stands against it.
    pub async fn delete(&self, collection: &Arc<Collection>, id: &str, request: RequestInfo) -> Result<()> {
        refuse_view(collection)?;
        policy::require(collection, Action::Delete, &request)?;
        self.delete_as(collection, id, Authority::Request(Arc::new(request))).await
    }

    /// Deletes a record and what cascades from it, on the server's own word.
    pub async fn delete_internal(&self, record: &Record) -> Result<()> {
        self.delete_as(&record.collection, record.id(), Authority::System).await
    }

    /// Creates a record; `more` belongs to it and happens with it or not at all.
    pub(crate) async fn create_prepared(
        &self,
        collection: &Arc<Collection>,
        prepared: Prepared,
        authority: Authority,
        more: More,
    ) -> Result<Record> {
        if prepared.files.is_empty() {
            return self.create_in_transaction(collection, prepared, authority, None, more).await;
        }
        // Files are stored before the row and outside the transaction, so the rules and checks are
        // asked once before: who may not create must not fill the disk.
        let (prepared, authority, draft) = {
            let collection = collection.clone();
            let schema = self.schema();
            self.inner
                .store
                .read(move |connection| {
                    let draft = plan_create(connection, &schema, &collection, &prepared, &authority)?;
                    Ok::<_, Error>((prepared, authority, draft))
                })
                .await?
        };
        let id = draft.record.id().to_owned();
        let (this, collection) = (self.clone(), collection.clone());
        to_its_end(async move {
            let stored = this.store_files(&collection, &id, &prepared, CREATE_FAILED).await?;
            let written =
                this.create_in_transaction(&collection, prepared, authority, Some(id.clone()), more);
            let result = written.await;
            if result.is_err() {
                this.inner.files.remove_all(&collection.id, &id, stored).await;
            }
            result
        })
        .await
    }

    async fn create_in_transaction(
        &self,
        collection: &Arc<Collection>,
        mut prepared: Prepared,
        authority: Authority,
        id: Option<String>,
        more: More,
    ) -> Result<Record> {
        if let Some(id) = id {
            prepared.data.insert("id".to_owned(), Value::String(id));
        }
        let collection = collection.clone();
        let record = self
            .commit(move |connection, schema, applied| {
                let collection = current(schema, &collection)?;
                let record = create_in(connection, schema, &collection, &prepared, &authority, applied)?;
                more(connection, schema, &record, applied)?;
                Ok(record)
            })
            .await?;
        Ok(Arc::unwrap_or_clone(record))
    }

    async fn update_prepared(
        &self,
        collection: &Arc<Collection>,
        id: &str,
        prepared: Prepared,
        authority: Authority,
    ) -> Result<Record> {
        if prepared.files.is_empty() {
            return self.update_in_transaction(collection, id, prepared, authority).await;
        }
        // As for create: asked once before anything is stored.
        let schema = self.schema();
        let (target, target_id) = (collection.clone(), id.to_owned());
        let (prepared, authority) = self
            .inner
            .store
            .read(move |connection| {
                plan_update(connection, &schema, &target, &target_id, &prepared, &authority)?;
                Ok::<_, Error>((prepared, authority))
            })
            .await?;
        let (this, collection, id) = (self.clone(), collection.clone(), id.to_owned());
        to_its_end(async move {
            let stored = this.store_files(&collection, &id, &prepared, UPDATE_FAILED).await?;
            let result = this.update_in_transaction(&collection, &id, prepared, authority).await;
            if result.is_err() {
                this.inner.files.remove_all(&collection.id, &id, stored).await;
            }
            result
        })
        .await
    }

    async fn update_in_transaction(
        &self,
        collection: &Arc<Collection>,
        id: &str,
        prepared: Prepared,
        authority: Authority,
    ) -> Result<Record> {
        let (target, target_id) = (collection.clone(), id.to_owned());
        let record = self
            .commit(move |connection, schema, applied| {
                let collection = current(schema, &target)?;
                update_in(connection, schema, &collection, &target_id, &prepared, &authority, applied)
            })
            .await?;
        Ok(Arc::unwrap_or_clone(record))
    }

    async fn delete_as(&self, collection: &Arc<Collection>, id: &str, authority: Authority) -> Result<()> {
        self.look_before_delete(collection, id).await;
        let (collection, id) = (collection.clone(), id.to_owned());
        self.commit(move |connection, schema, applied| {
            let collection = current(schema, &collection)?;
            delete_in(connection, schema, &collection, &id, &authority, applied)
        })
        .await
    }

    /// Stores the uploads of a submission: all of them, or none and an error with the message.
    pub(crate) async fn store_files(
        &self,
        collection: &Collection,
        id: &str,
        prepared: &Prepared,
        message: &'static str,
    ) -> Result<Vec<String>> {
        let mut stored = Vec::new();
        let names = prepared.files.iter().map(|file| file.name.clone()).collect();
        self.note_pending_files(&collection.id, id, names).await?;
        for file in &prepared.files {
            let source = match &file.content {
                UploadedContent::Memory(bytes) => Source::Memory(bytes.clone()),
                UploadedContent::File { path, .. } => Source::File(path.to_path_buf()),
            };
            let files = &self.inner.files;
            let put =
                files.put(&collection.id, id, &file.name, &file.original_name, &file.content_type, source);
            if let Err(error) = put.await {
                self.inner.files.remove_all(&collection.id, id, stored).await;
                // As the original: the client is told as little as of a refusal, whoever runs the server more.
                tracing::error!(%error, "an upload could not be stored");
                return Err(Error::bad_request(message).with_cause(error));
            }
            stored.push(file.name.clone());
        }
        Ok(stored)
    }

    /// Names uploads, hashes passwords and checks the old one, off the async threads.
    pub(crate) async fn prepare(
        &self,
        collection: &Arc<Collection>,
        id: Option<&str>,
        submission: Submission,
        request: &RequestInfo,
    ) -> Result<Prepared> {
        let mut prepared = Prepared::of(collection, submission);
        let to_hash = prepared.to_hash(collection);
        let old_password = if collection.is_auth() && !request.is_superuser() {
            prepared.data.get("oldPassword").and_then(Value::as_str).map(str::to_owned)
        } else {
            None
        };
        if to_hash.is_empty() && old_password.is_none() {
            return Ok(prepared);
        }
        let stored_hash = match (id, &old_password) {
            (Some(id), Some(_)) => {
                self.find_by_id(collection, id).await?.map(|record| record.text("password").to_owned())
            }
            _ => None,
        };
        let worked = tokio::task::spawn_blocking(move || {
            let hashes = to_hash
                .into_iter()
                .map(|(name, plain, cost)| (name, hash_password(&plain, cost)))
                .collect::<Vec<_>>();
            let matched = stored_hash.filter(|hash| {
                old_password.is_some_and(|plain| bcrypt::verify(plain, hash).unwrap_or(false))
            });
            (hashes, matched)
        });
        let (hashes, matched) = worked.await.map_err(Error::internal)?;
        prepared.hashes = hashes.into_iter().collect();
        prepared.old_password_of = matched;
        Ok(prepared)
    }
}

/// Goes on when the requester hangs up: or files would stay that no record names.
pub(crate) async fn to_its_end<T, E>(
    work: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, E>
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    tokio::spawn(work).await.map_err(|error| E::from(Error::internal(error)))?
}

/// The field of an account's own password.
pub(crate) const PASSWORD: &str = "password";
const RANDOM_PASSWORD_LENGTH: usize = 30;

/// Gives an account a password that nobody knows, whatever the field demands of passwords.
pub(crate) async fn set_random_password(collection: &Collection, prepared: &mut Prepared) -> Result<()> {
    let plain = ids::random_text(RANDOM_PASSWORD_LENGTH, ids::ALPHANUMERIC);
    let cost = collection.field(PASSWORD).and_then(|field| match &field.kind {
        FieldKind::Password(options) => Some(options.effective_cost()),
        _ => None,
    });
    let cost = cost.ok_or_else(|| Error::internal("the record has no password"))?;
    for key in [PASSWORD, "passwordConfirm"] {
        prepared.data.insert(key.to_owned(), plain.clone().into());
    }
    let hash = tokio::task::spawn_blocking(move || hash_password(&plain, cost));
    prepared.hashes.insert(PASSWORD.to_owned(), hash.await.map_err(Error::internal)?);
    prepared.trusts_passwords = true;
    Ok(())
}

/// bcrypt takes so many bytes at most; a longer text is refused, not cut.
fn hash_password(plain: &str, cost: u32) -> Result<String, Invalid> {
    if plain.len() > PASSWORD_BYTES_MAX {
        return Err(Invalid::value());
    }
    let parts = bcrypt::hash_with_result(plain, cost).map_err(|_| Invalid::value())?;
    Ok(parts.format_for_version(bcrypt::Version::TwoA))
}

pub(crate) fn refuse_view(collection: &Collection) -> Result<()> {
    if collection.is_view() {
        return Err(Error::bad_request("Unsupported collection type."));
    }
    Ok(())
}

/// The collection as it is now: a schema change may have committed since the request was parsed.
pub(crate) fn current(schema: &Schema, collection: &Arc<Collection>) -> Result<Arc<Collection>> {
    schema.by_id(&collection.id).cloned().ok_or_else(|| Error::not_found(""))
}

/// Decides whether the record may be created and what it would be. Writes nothing.
fn plan_create(
    connection: &mut dyn Connection,
    schema: &Arc<Schema>,
    collection: &Arc<Collection>,
    prepared: &Prepared,
    authority: &Authority,
) -> Result<Draft> {
    let mut asked = None;
    if let Authority::Request(request) = authority {
        // As the original: rules cannot be asked about a record whose password cannot be hashed.
        if !request.is_superuser() && prepared.has_unhashable(collection) {
            return Err(Error::bad_request(CREATE_FAILED));
        }
        let access = policy::require(collection, Action::Create, request)?;
        let asks = matches!(access, Access::Matching(_)) || collection.is_auth();
        asked = asks.then_some((request, access));
    }
    let mut draft = Draft::of_create(collection, prepared, asked.is_some());
    if let (Some((request, access)), Some(Question { unsaved, body })) = (asked, draft.question.take()) {
        let unsaved = unsaved.unwrap_or_else(|| draft.record.clone());
        let request = RequestInfo { body, ..RequestInfo::clone(request) };
        if let Access::Matching(rule) = access {
            let satisfied = policy::virtual_satisfies(connection, schema, &unsaved, rule, &request)
                .map_err(|error| Error::bad_request(CREATE_FAILED).with_cause(error))?;
            if !satisfied {
                return Err(Error::bad_request(CREATE_FAILED));
            }
        }
        if collection.is_auth() {
            let manages = manages(connection, schema, &unsaved, &request, policy::virtual_satisfies)?;
            let errors = system_rules::check_new_account(&prepared.data, &draft.record, manages);
            fail(CREATE_FAILED, errors)?;
        }
    }
    system_rules::complete_new(&mut draft.record, prepared.verified_email.as_deref());
    let mut errors = std::mem::take(&mut draft.errors);
    system_rules::check_references(connection, schema, &draft.record, None, &mut errors)?;
    check_relations(connection, schema, &draft.record, None, &mut errors)?;
    fail(CREATE_FAILED, errors)?;
    Ok(draft)
}

/// Creates one record inside a transaction.
pub(crate) fn create_in(
    connection: &mut dyn Connection,
    schema: &Arc<Schema>,
    collection: &Arc<Collection>,
    prepared: &Prepared,
    authority: &Authority,
    applied: &mut Applied,
) -> Result<Arc<Record>> {
    let draft = plan_create(connection, schema, collection, prepared, authority)?;
    let record = store_insert(connection, draft.record, applied)
        .map_err(|error| write_error(collection, CREATE_FAILED, error))?;
    system_rules::after_create(connection, &record, applied)?;
    Ok(record)
}

/// Decides whether the record may be changed and what it would become. Writes nothing.
fn plan_update(
    connection: &mut dyn Connection,
    schema: &Arc<Schema>,
    collection: &Arc<Collection>,
    id: &str,
    prepared: &Prepared,
    authority: &Authority,
) -> Result<(Record, Draft)> {
    let before = read_by_id(connection, collection, id)?.ok_or_else(|| Error::not_found(""))?;
    let mut asked = None;
    if let Authority::Request(request) = authority {
        let access = policy::require(collection, Action::Update, request)?;
        let asks = matches!(access, Access::Matching(_)) || collection.is_auth();
        asked = asks.then_some(request);
    }
    let mut draft = Draft::of_update(&before, prepared, asked.is_some());
    if let (Some(request), Some(Question { body, .. })) = (asked, draft.question.take()) {
        let request = RequestInfo { body, ..RequestInfo::clone(request) };
        check_stored(connection, schema, Action::Update, &before, &request)?;
        if collection.is_auth() {
            let manages = manages(connection, schema, &before, &request, policy::stored_satisfies)?;
            let errors = system_rules::check_changed_account(
                &prepared.data,
                &before,
                &draft.record,
                manages,
                prepared.old_password_of.as_deref(),
            );
            fail(UPDATE_FAILED, errors)?;
        }
    }
    system_rules::complete_changed(&before, &mut draft.record);
    system_rules::complete_verified(connection, schema, &before, &mut draft.record)?;
    let mut errors = std::mem::take(&mut draft.errors);
    system_rules::check_references(connection, schema, &draft.record, Some(&before), &mut errors)?;
    check_relations(connection, schema, &draft.record, Some(&before), &mut errors)?;
    fail(UPDATE_FAILED, errors)?;
    Ok((before, draft))
}

/// Changes one record inside a transaction.
pub(crate) fn update_in(
    connection: &mut dyn Connection,
    schema: &Arc<Schema>,
    collection: &Arc<Collection>,
    id: &str,
    prepared: &Prepared,
    authority: &Authority,
    applied: &mut Applied,
) -> Result<Arc<Record>> {
    let (before, draft) = plan_update(connection, schema, collection, id, prepared, authority)?;
    store_update(connection, before, draft.record, applied)
        .map_err(|error| write_error(collection, UPDATE_FAILED, error))
        .and_then(|(before, after)| {
            system_rules::after_update(connection, schema, &before, &after, applied)?;
            Ok(after)
        })
}

/// Deletes one record inside a transaction, and what cascades from it.
pub(crate) fn delete_in(
    connection: &mut dyn Connection,
    schema: &Arc<Schema>,
    collection: &Arc<Collection>,
    id: &str,
    authority: &Authority,
    applied: &mut Applied,
) -> Result<()> {
    let record = read_by_id(connection, collection, id)?.ok_or_else(|| Error::not_found(""))?;
    if let Authority::Request(request) = authority {
        check_stored(connection, schema, Action::Delete, &record, request)?;
    }
    system_rules::check_delete(connection, &record)?;
    cascade::delete(connection, schema, record, applied).map_err(|error| match error.kind {
        ErrorKind::Internal => error,
        _ => Error::bad_request(DELETE_FAILED).with_cause(error),
    })
}

/// Refuses what the rule of the action does not allow with the stored record: 403 where only
/// superusers may, else 404, as if there were no such record.
fn check_stored(
    connection: &mut dyn Connection,
    schema: &Arc<Schema>,
    action: Action,
    record: &Record,
    request: &RequestInfo,
) -> Result<()> {
    let Access::Matching(rule) = policy::require(&record.collection, action, request)? else {
        return Ok(());
    };
    match policy::stored_satisfies(connection, schema, record, rule, request) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Error::not_found("")),
        Err(error) => Err(Error::not_found("").with_cause(error)),
    }
}

/// How a rule is asked about a record: as it is stored, or as it would be.
type Satisfies = fn(&mut dyn Connection, &Arc<Schema>, &Record, &str, &RequestInfo) -> Result<bool>;

/// Whether the requester has manager rights over the (would-be) record: superusers, and those whom
/// the manage rule names; never guests.
fn manages(
    connection: &mut dyn Connection,
    schema: &Arc<Schema>,
    record: &Record,
    request: &RequestInfo,
    satisfies: Satisfies,
) -> Result<bool> {
    if request.is_superuser() {
        return Ok(true);
    }
    let rule = record.collection.auth().and_then(|options| options.manage_rule.as_deref());
    match rule {
        Some(rule) if !rule.is_empty() && request.auth.is_some() => {
            // A rule that no longer resolves grants nothing.
            Ok(satisfies(connection, schema, record, rule, request).unwrap_or(false))
        }
        _ => Ok(false),
    }
}

/// Checks that related records exist, for relations that this write sets.
fn check_relations(
    connection: &mut dyn Connection,
    schema: &Arc<Schema>,
    record: &Record,
    before: Option<&Record>,
    errors: &mut FieldErrors,
) -> Result<()> {
    for (index, field) in record.collection.fields.iter().enumerate() {
        let FieldKind::Relation(relation) = &field.kind else {
            continue;
        };
        let value = &record.values[index];
        let unchanged = before.is_some_and(|before| &before.values[index] == value);
        let ids: Vec<&str> = crate::relation::ids_of(value).collect();
        if unchanged || ids.is_empty() || errors.contains_key(&field.name) {
            continue;
        }
        let Some(target) = schema.by_id(&relation.collection_id) else {
            errors.insert(field.name.clone(), RelationOptions::missing_collection().into());
            continue;
        };
        let statement = sql::existing_ids(connection.dialect(), target, &ids);
        let mut found = 0;
        connection.query(&statement, &mut |_| {
            found += 1;
            Flow::More
        })?;
        if found != ids.len() {
            errors.insert(field.name.clone(), RelationOptions::missing_records().into());
        }
    }
    Ok(())
}

fn fail(message: &'static str, errors: FieldErrors) -> Result<()> {
    if errors.is_empty() { Ok(()) } else { Err(Error::bad_request(message).with_fields(errors)) }
}

/// A refused statement as a client may see it: unique violations name their fields.
fn write_error(collection: &Collection, message: &'static str, error: StoreError) -> Error {
    match &error {
        StoreError::Unique { columns, .. } => {
            let fields = columns.iter().filter(|column| collection.field(column).is_some());
            let errors = fields.map(|column| (column.clone(), Invalid::not_unique().into())).collect();
            Error::bad_request(message).with_fields(errors).with_cause(error)
        }
        StoreError::Constraint(_) | StoreError::Sql(_) | StoreError::Timeout | StoreError::ReadOnly => {
            Error::bad_request(message).with_cause(error)
        }
        StoreError::Unavailable(_) | StoreError::Closed | StoreError::Panicked => Error::internal(error),
    }
}
