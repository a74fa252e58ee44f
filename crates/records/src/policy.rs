//! Who may do what: the collection's rules, decided in one place for every front and path.

use std::sync::Arc;

use ketch_model::{Collection, Error, Record, Result, Schema};
use ketch_query::{RequestInfo, Resolver, Select};
use ketch_store::{Connection, Flow, StoreResult, sql};

/// The operations that a collection has a rule for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    List,
    View,
    Create,
    Update,
    Delete,
}

/// What a rule says before any record is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access<'a> {
    /// Everything: a superuser, or an empty rule.
    Everything,
    /// What matches the rule.
    Matching(&'a str),
    /// Nothing: only superusers may.
    Nothing,
}

pub fn rule_of(collection: &Collection, action: Action) -> Option<&str> {
    match action {
        Action::List => collection.list_rule.as_deref(),
        Action::View => collection.view_rule.as_deref(),
        Action::Create => collection.create_rule.as_deref(),
        Action::Update => collection.update_rule.as_deref(),
        Action::Delete => collection.delete_rule.as_deref(),
    }
}

pub fn access<'a>(collection: &'a Collection, action: Action, request: &RequestInfo) -> Access<'a> {
    if request.is_superuser() {
        return Access::Everything;
    }
    match rule_of(collection, action) {
        None => Access::Nothing,
        Some("") => Access::Everything,
        Some(rule) => Access::Matching(rule),
    }
}

/// [`access`] for entry points that answer 403 where only superusers may.
pub fn require<'a>(collection: &'a Collection, action: Action, request: &RequestInfo) -> Result<Access<'a>> {
    match access(collection, action, request) {
        Access::Nothing => Err(Error::forbidden("Only superusers can perform this action.")),
        access => Ok(access),
    }
}

/// Which of the stored records satisfy the rule; answers their ids.
pub(crate) fn matching_ids(
    connection: &mut dyn Connection,
    schema: &Arc<Schema>,
    collection: &Arc<Collection>,
    ids: Vec<String>,
    rule: &str,
    request: &RequestInfo,
) -> Result<Vec<String>> {
    let Some(select) = rule_select(schema, collection, rule, request)? else {
        return Ok(Vec::new());
    };
    let select = select.only_ids(ids);
    let id = collection.field_index("id").unwrap_or_default();
    let statement = sql::select_records(connection.dialect(), &select);
    let mut found = Vec::new();
    connection.query(&statement, &mut |row| {
        if let Some(text) = row.cell(id).as_text() {
            found.push(text.to_owned());
        }
        Flow::More
    })?;
    Ok(found)
}

/// Whether the stored record satisfies the rule.
pub(crate) fn stored_satisfies(
    connection: &mut dyn Connection,
    schema: &Arc<Schema>,
    record: &Record,
    rule: &str,
    request: &RequestInfo,
) -> Result<bool> {
    satisfies(connection, schema, record, rule, request, |select| {
        select.only_ids(vec![record.id().to_owned()])
    })
}

/// Whether a record that is not stored yet would satisfy the rule.
pub(crate) fn virtual_satisfies(
    connection: &mut dyn Connection,
    schema: &Arc<Schema>,
    record: &Record,
    rule: &str,
    request: &RequestInfo,
) -> Result<bool> {
    satisfies(connection, schema, record, rule, request, |select| {
        let fields = record.collection.fields.iter().zip(&record.values);
        select.over_virtual(fields.map(|(field, value)| field.to_cell(value)).collect())
    })
}

/// Asks the rule, and the store only where the request alone does not decide it; `narrow` makes the
/// rule's select speak of the one record.
fn satisfies(
    connection: &mut dyn Connection,
    schema: &Arc<Schema>,
    record: &Record,
    rule: &str,
    request: &RequestInfo,
    narrow: impl FnOnce(Select) -> Select,
) -> Result<bool> {
    if rule.is_empty() {
        return Ok(true);
    }
    let Some(select) = rule_select(schema, &record.collection, rule, request)? else {
        return Ok(false);
    };
    if select.predicate.is_always_true() {
        return Ok(true);
    }
    Ok(exists(connection, &narrow(select))?)
}

/// The select of a rule, `None` where the rule can never match for this request.
fn rule_select(
    schema: &Arc<Schema>,
    collection: &Arc<Collection>,
    rule: &str,
    request: &RequestInfo,
) -> Result<Option<Select>> {
    let mut resolver = Resolver::new(schema.clone(), collection.clone(), request);
    let predicate = resolver.rule(rule).map_err(|error| Error::bad_request("").with_cause(error))?;
    if predicate.is_never() {
        return Ok(None);
    }
    Ok(Some(resolver.into_select(vec![predicate])))
}

fn exists(connection: &mut dyn Connection, select: &Select) -> StoreResult<bool> {
    let statement = sql::record_exists(connection.dialect(), select);
    let mut found = false;
    connection.query(&statement, &mut |_| {
        found = true;
        Flow::Stop
    })?;
    Ok(found)
}
