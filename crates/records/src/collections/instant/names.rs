//! What namespaces and labels may be called, and what their collections are called.

use ketch_model::attr::{has_custom_attrs, is_reserved};
use ketch_model::collection::CREATED_AT;
use ketch_model::collection::attrs::DELETED;
use ketch_model::{Collection, Schema, ids};

use crate::transaction_error::TransactionError;

const LONGEST: usize = 200;

/// Refuses a namespace that the app cannot have.
pub(super) fn check_namespace(namespace: &str) -> Result<(), TransactionError> {
    check_name(namespace, "namespace")?;
    if is_reserved(namespace) && !has_custom_attrs(namespace) {
        return Err(refused(format!("`{namespace}` is reserved: namespaces cannot begin with `$`")));
    }
    Ok(())
}

/// Refuses a label that no column can have.
pub(super) fn check_label(label: &str) -> Result<(), TransactionError> {
    check_name(label, "label")?;
    if label.eq_ignore_ascii_case(CREATED_AT) || label.eq_ignore_ascii_case("_rowid_") {
        return Err(refused(format!("`{label}` is reserved and cannot be a label")));
    }
    Ok(())
}

fn check_name(name: &str, what: &str) -> Result<(), TransactionError> {
    if name.is_empty() {
        return Err(refused(format!("a {what} cannot be empty")));
    }
    if name.len() > LONGEST {
        return Err(refused(format!("the {what} `{name}` is longer than {LONGEST} bytes")));
    }
    if name.contains(DELETED) {
        return Err(refused(format!("the {what} `{name}` cannot contain `{DELETED}`")));
    }
    match name.chars().find(|character| matches!(character, '\0' | '.' | '`')) {
        Some(character) => Err(refused(format!("the {what} {name:?} cannot contain {character:?}"))),
        None => Ok(()),
    }
}

pub(super) fn refused(message: String) -> TransactionError {
    TransactionError::Refused(message)
}

/// Refuses a label that another field of the collection has, perhaps in other letter case: column
/// names are compared without regard to it.
pub(super) fn check_free(
    collection: &Collection,
    namespace: &str,
    label: &str,
    but: Option<&str>,
) -> Result<(), TransactionError> {
    let mut others = collection.fields.iter().filter(|field| Some(field.id.as_str()) != but);
    match others.find(|field| field.name.eq_ignore_ascii_case(label)) {
        Some(field) if field.name == label && !field.hidden => {
            Err(TransactionError::Taken { namespace: namespace.to_owned(), label: label.to_owned() })
        }
        Some(field) => Err(refused(format!(
            "`{namespace}` cannot have `{label}` beside `{}`: labels must differ in more than letter case, \
             also from fields that are hidden",
            field.name
        ))),
        None => Ok(()),
    }
}

/// The name of a namespace's collection: its own, unless a table cannot be called so.
pub(super) fn collection_name(schema: &Schema, namespace: &str) -> String {
    let lower = namespace.to_ascii_lowercase();
    let free = |name: &str| schema.by_name(name).is_none();
    if free(namespace) && !lower.starts_with('_') && !lower.starts_with("sqlite_") {
        return namespace.to_owned();
    }
    let name = format!("instant_{namespace}");
    if free(&name) {
        return name;
    }
    (2..).map(|counter: u32| format!("{name}_{counter}")).find(|name| free(name)).unwrap_or(name)
}

/// The id of a new collection of this name.
pub(super) fn collection_id(schema: &Schema, name: &str) -> String {
    let first = ids::checksum_id("pbc_", &format!("base{name}"));
    if schema.by_id(&first).is_none() {
        return first;
    }
    (2..)
        .map(|counter: u32| format!("{first}{counter}"))
        .find(|id| schema.by_id(id).is_none())
        .unwrap_or(first)
}
