//! What a committed transaction did to records: the food of realtime, live queries and other nodes.

use std::sync::Arc;

use ketch_model::fields::FieldKind;
use ketch_model::{Object, Record, Value};
use serde::Serialize;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    Create,
    Update,
    Delete,
}

/// One record's change, with the record before (update, delete) and after (create, update).
#[derive(Debug, Clone)]
pub struct Change {
    pub kind: ChangeKind,
    pub before: Option<Arc<Record>>,
    pub after: Option<Arc<Record>>,
}

/// A change as the change log keeps it: enough to find the record again, or to know what is gone.
#[derive(Debug, Clone, PartialEq)]
pub struct LoggedChange {
    pub kind: ChangeKind,
    /// The collection's id, which survives a rename.
    pub collection: String,
    pub record: String,
    /// Names of the fields whose values changed; of an update only.
    pub fields: Vec<String>,
    /// The values of a deleted record by field name, without password hashes and token keys.
    pub before: Option<Object>,
}

/// The text of one transaction's row in the change log: a JSON list with, for each change,
/// `["c", collection, record]`, `["u", collection, record, [field, …]]` or
/// `["d", collection, record, {field: value, …}]`.
pub fn encode(changes: &[Change]) -> String {
    let entries: Vec<Entry<'_>> = changes.iter().filter_map(Entry::of).collect();
    // Writing to memory; the values are JSON.
    serde_json::to_string(&entries).unwrap_or_default()
}

/// A change in the form of the log.
#[derive(Serialize)]
#[serde(untagged)]
enum Entry<'a> {
    Create(&'a str, &'a str, &'a str),
    Update(&'a str, &'a str, &'a str, Vec<&'a str>),
    Delete(&'a str, &'a str, &'a str, Object),
}

impl<'a> Entry<'a> {
    fn of(change: &'a Change) -> Option<Self> {
        let record = change.after.as_ref().or(change.before.as_ref())?;
        let (collection, id) = (record.collection.id.as_str(), record.id());
        Some(match change.kind {
            ChangeKind::Create => Self::Create("c", collection, id),
            ChangeKind::Update => Self::Update("u", collection, id, changed_fields(change)),
            ChangeKind::Delete => Self::Delete("d", collection, id, public_values(record)),
        })
    }
}

/// Reads a row of the change log.
///
/// # Errors
/// A sentence for the server's log, if the text is none that [`encode`] wrote.
pub fn decode(text: &str) -> Result<Vec<LoggedChange>, String> {
    let entries: Vec<Vec<Value>> = serde_json::from_str(text)
        .map_err(|error| format!("the change log holds a row that cannot be read: {error}"))?;
    entries
        .into_iter()
        .map(|entry| {
            decode_entry(entry).ok_or_else(|| "the change log holds an unknown kind of row".to_owned())
        })
        .collect()
}

fn decode_entry(entry: Vec<Value>) -> Option<LoggedChange> {
    let mut parts = entry.into_iter();
    let mut text = || parts.next()?.as_str().map(str::to_owned);
    let (kind, collection, record) = (text()?, text()?, text()?);
    let mut change =
        LoggedChange { kind: ChangeKind::Create, collection, record, fields: Vec::new(), before: None };
    match (kind.as_str(), parts.next()) {
        ("c", _) => {}
        ("u", Some(Value::Array(fields))) => {
            change.kind = ChangeKind::Update;
            change.fields = fields.iter().filter_map(|field| field.as_str().map(str::to_owned)).collect();
        }
        ("d", Some(Value::Object(before))) => {
            change.kind = ChangeKind::Delete;
            change.before = Some(before);
        }
        _ => return None,
    }
    Some(change)
}

fn changed_fields(change: &Change) -> Vec<&str> {
    let (Some(before), Some(after)) = (&change.before, &change.after) else {
        return Vec::new();
    };
    let fields = after.collection.fields.iter().enumerate();
    let same_fields = before.values.len() == after.values.len();
    fields
        .filter(|&(index, _)| !same_fields || after.differs(before, index))
        .map(|(_, field)| field.name.as_str())
        .collect()
}

/// What a log may keep of a record that is gone.
fn public_values(record: &Record) -> Object {
    let is_auth = record.collection.is_auth();
    let fields = record.collection.fields.iter().zip(&record.values);
    fields
        .filter(|(field, _)| {
            let secret =
                matches!(field.kind, FieldKind::Password(_)) || (is_auth && field.name == "tokenKey");
            !secret
        })
        .map(|(field, value)| (field.name.clone(), value.clone()))
        .collect()
}
