//! What accounts and the system collections demand beyond their rules: passwords confirmed,
//! sessions ended when credentials change, references that point somewhere, a last superuser kept.

use std::sync::Arc;

use ketch_model::error::Invalid;
use ketch_model::{Cell, Error, FieldErrors, FieldKind, Object, Record, Result, Schema, Value};
use ketch_query::Select;
use ketch_store::{Change, ChangeKind, Connection, sql};

use crate::applied::Applied;
use crate::lookup::{field_is, read_all, read_by_id};

pub(crate) const EXTERNAL_AUTHS: &str = "_externalAuths";
const MFAS: &str = "_mfas";
const OTPS: &str = "_otps";
const AUTH_ORIGINS: &str = "_authOrigins";
/// Collections whose rows belong to one auth record, by `collectionRef` and `recordRef`.
const ACCOUNT_COLLECTIONS: [&str; 4] = [EXTERNAL_AUTHS, MFAS, OTPS, AUTH_ORIGINS];

/// The account that the original makes to install the first superuser; it goes when a real one comes.
const INSTALLER_EMAIL: &str = "__pbinstaller@example.com";

/// Ids of this pattern cannot differ by case alone.
const DEFAULT_ID_PATTERN: &str = "^[a-z0-9]+$";

fn mismatch() -> Invalid {
    Invalid::new("validation_values_mismatch", "Values don't match.")
}

/// The text that a submitted password-like key holds, cast as a text field would.
fn submitted_text(data: &Object, key: &str) -> String {
    match data.get(key) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(flag)) => flag.to_string(),
        _ => String::new(),
    }
}

/// The checks that come before field validation when an account is created.
pub(crate) fn check_new_account(data: &Object, record: &Record, manages: bool) -> FieldErrors {
    let mut errors = FieldErrors::new();
    let password = submitted_text(data, "password");
    let confirm = submitted_text(data, "passwordConfirm");
    if password.is_empty() {
        errors.insert("password".to_owned(), Invalid::required().into());
    }
    if confirm.is_empty() {
        errors.insert("passwordConfirm".to_owned(), Invalid::required().into());
    } else if confirm != password {
        errors.insert("passwordConfirm".to_owned(), mismatch().into());
    }
    if !manages && record.bool("verified") {
        errors.insert("verified".to_owned(), mismatch().into());
    }
    errors
}

/// The checks that come before field validation when an account is changed.
///
/// `old_password_of` is the stored hash that the submitted old password was found to match.
pub(crate) fn check_changed_account(
    data: &Object,
    before: &Record,
    after: &Record,
    manages: bool,
    old_password_of: Option<&str>,
) -> FieldErrors {
    let mut errors = FieldErrors::new();
    if !manages {
        for field in ["email", "verified"] {
            if before.get(field) != after.get(field) {
                errors.insert(field.to_owned(), mismatch().into());
            }
        }
    }
    let password = submitted_text(data, "password");
    let confirm = submitted_text(data, "passwordConfirm");
    let old = submitted_text(data, "oldPassword");
    if password.is_empty() && (!confirm.is_empty() || !old.is_empty()) {
        errors.insert("password".to_owned(), Invalid::required().into());
    }
    if confirm.is_empty() {
        if !password.is_empty() || !old.is_empty() {
            errors.insert("passwordConfirm".to_owned(), Invalid::required().into());
        }
    } else if confirm != password {
        errors.insert("passwordConfirm".to_owned(), mismatch().into());
    }
    let changes_password = !password.is_empty() || !confirm.is_empty();
    if !manages && changes_password {
        if old.is_empty() {
            errors.insert("oldPassword".to_owned(), Invalid::required().into());
        } else if old_password_of != Some(before.text("password")) {
            let invalid = Invalid::new("validation_invalid_old_password", "Missing or invalid old password.");
            errors.insert("oldPassword".to_owned(), invalid.into());
        }
    }
    errors
}

/// What every new record of its collection is made to have. `verified_email` is an address that the
/// account's owner is known to have.
pub(crate) fn complete_new(record: &mut Record, verified_email: Option<&str>) {
    let is_proven = verified_email == Some(record.text("email"));
    if record.collection.is_superusers() || is_proven {
        record.set("verified", Value::Bool(true));
    }
}

/// Ends all sessions of an account whose credentials change, by a new token key.
pub(crate) fn complete_changed(before: &Record, after: &mut Record) {
    if !after.collection.is_auth() {
        return;
    }
    if after.collection.is_superusers() {
        after.set("verified", Value::Bool(true));
    }
    let credentials_changed =
        before.text("password") != after.text("password") || before.text("email") != after.text("email");
    if credentials_changed && before.text("tokenKey") == after.text("tokenKey") {
        renew_token_key(after);
    }
}

/// Ends all sessions of an account that becomes verified while other people's identities may be
/// linked to it: the links were made when nobody had proven to own the address.
pub(crate) fn complete_verified(
    connection: &mut dyn Connection,
    schema: &Arc<Schema>,
    before: &Record,
    after: &mut Record,
) -> Result<()> {
    if becomes_verified(before, after)
        && before.text("tokenKey") == after.text("tokenKey")
        && !rows_of(connection, schema, EXTERNAL_AUTHS, before)?.is_empty()
    {
        renew_token_key(after);
    }
    Ok(())
}

fn becomes_verified(before: &Record, after: &Record) -> bool {
    after.collection.is_auth() && !before.bool("verified") && after.bool("verified")
}

fn renew_token_key(record: &mut Record) {
    let key = record.collection.field("tokenKey").and_then(|field| match &field.kind {
        FieldKind::Text(text) => Some(text.autogenerate()),
        _ => None,
    });
    record.set("tokenKey", Value::String(key.unwrap_or_default()));
}

/// Checks ids that must be unique beyond their table, and rows that must point at an account.
pub(crate) fn check_references(
    connection: &mut dyn Connection,
    schema: &Arc<Schema>,
    record: &Record,
    before: Option<&Record>,
    errors: &mut FieldErrors,
) -> Result<()> {
    if before.is_none() {
        check_new_id(connection, schema, record, errors)?;
    }
    if record.collection.system && ACCOUNT_COLLECTIONS.contains(&record.collection.name.as_str()) {
        let account = schema.by_id(record.text("collectionRef")).filter(|collection| collection.is_auth());
        match account {
            None => {
                errors.entry("collectionRef".to_owned()).or_insert_with(|| Invalid::value().into());
            }
            Some(account) => {
                if read_by_id(connection, account, record.text("recordRef"))?.is_none() {
                    errors.entry("recordRef".to_owned()).or_insert_with(|| Invalid::value().into());
                }
            }
        }
    }
    Ok(())
}

fn check_new_id(
    connection: &mut dyn Connection,
    schema: &Arc<Schema>,
    record: &Record,
    errors: &mut FieldErrors,
) -> Result<()> {
    if errors.contains_key("id") {
        return Ok(());
    }
    if record.collection.is_auth() {
        for other in schema.collections() {
            if other.is_auth()
                && other.id != record.collection.id
                && read_by_id(connection, other, record.id())?.is_some()
            {
                let invalid =
                    Invalid::new("validation_invalid_auth_id", "Invalid or duplicated auth record id.");
                errors.insert("id".to_owned(), invalid.into());
                return Ok(());
            }
        }
    }
    let has_own_pattern = record.collection.field("id").is_some_and(|field| match &field.kind {
        FieldKind::Text(text) => *text.pattern != *DEFAULT_ID_PATTERN,
        _ => false,
    });
    if has_own_pattern {
        // Ids become folder names: on a file system that ignores case two of them must not meet.
        let id = record.collection.field_index("id").unwrap_or_default();
        let statement = sql::select_by_column(
            connection.dialect(),
            &record.collection,
            id,
            Cell::text(record.id()),
            true,
        );
        if !read_all(connection, &record.collection, &statement)?.is_empty() {
            let invalid =
                Invalid::new("validation_pk_invalid", "The record primary key is invalid or already exists.");
            errors.insert("id".to_owned(), invalid.into());
        }
    }
    Ok(())
}

/// A first real superuser replaces the installer account of the original.
pub(crate) fn after_create(
    connection: &mut dyn Connection,
    record: &Record,
    applied: &mut Applied,
) -> Result<()> {
    if !record.collection.is_superusers() || record.text("email") == INSTALLER_EMAIL {
        return Ok(());
    }
    let Some(email) = record.collection.field_index("email") else {
        return Ok(());
    };
    let statement = sql::select_by_column(
        connection.dialect(),
        &record.collection,
        email,
        Cell::text(INSTALLER_EMAIL),
        false,
    );
    for installer in read_all(connection, &record.collection, &statement)? {
        remove(connection, installer, applied)?;
    }
    Ok(())
}

/// Removes what a change of credentials makes worthless: open codes, known devices, unproven links.
pub(crate) fn after_update(
    connection: &mut dyn Connection,
    schema: &Arc<Schema>,
    before: &Record,
    after: &Record,
    applied: &mut Applied,
) -> Result<()> {
    if !after.collection.is_auth() {
        return Ok(());
    }
    let password_changed = before.text("password") != after.text("password");
    let email_changed = before.text("email") != after.text("email");
    let stale: &[&str] = match (password_changed, email_changed) {
        (true, _) => &[MFAS, OTPS, AUTH_ORIGINS],
        (false, true) => &[OTPS],
        (false, false) => &[],
    };
    let links: &[&str] = if becomes_verified(before, after) { &[EXTERNAL_AUTHS] } else { &[] };
    for name in stale.iter().chain(links) {
        for row in rows_of(connection, schema, name, after)? {
            remove(connection, row, applied)?;
        }
    }
    Ok(())
}

/// The last superuser stays.
pub(crate) fn check_delete(connection: &mut dyn Connection, record: &Record) -> Result<()> {
    if !record.collection.is_superusers() {
        return Ok(());
    }
    let statement = sql::count_records(connection.dialect(), &Select::all(record.collection.clone()));
    if connection.count(&statement)? <= 1 {
        return Err(Error::bad_request("You can't delete the only existing superuser."));
    }
    Ok(())
}

/// All rows that belong to an account and go with it.
pub(crate) fn account_rows(
    connection: &mut dyn Connection,
    schema: &Arc<Schema>,
    account: &Record,
) -> Result<Vec<Record>> {
    let mut rows = Vec::new();
    for name in ACCOUNT_COLLECTIONS {
        rows.extend(rows_of(connection, schema, name, account)?);
    }
    Ok(rows)
}

pub(crate) fn rows_of(
    connection: &mut dyn Connection,
    schema: &Arc<Schema>,
    name: &str,
    account: &Record,
) -> Result<Vec<Record>> {
    let Some(collection) = schema.by_name(name).filter(|collection| collection.system) else {
        return Ok(Vec::new());
    };
    let mut select = Select::all(collection.clone());
    for (field, text) in [("collectionRef", account.collection.id.as_str()), ("recordRef", account.id())] {
        select.predicate = select.predicate.and(field_is(collection, field, text));
    }
    let statement = sql::select_records(connection.dialect(), &select);
    Ok(read_all(connection, collection, &statement)?)
}

pub(crate) fn remove(connection: &mut dyn Connection, record: Record, applied: &mut Applied) -> Result<()> {
    let statement = sql::delete_record(connection.dialect(), &record.collection, record.id());
    connection.execute(&statement)?;
    applied.changes.push(Change { kind: ChangeKind::Delete, before: Some(Arc::new(record)), after: None });
    Ok(())
}
