//! Records as JSON: keys in the order of their names, `collectionId`, `collectionName` and
//! `expand` among them. Rows are written straight from the statement's cells.

use std::collections::BTreeMap;
use std::sync::Arc;

use ketch_model::{Collection, FieldKind, Value, json};
use ketch_records::read::{Row, RowSink};
use ketch_records::view::{EmailSight, Expanded, RecordView, Sight};

use crate::error::ApiResult;
use crate::request::Caller;
use crate::response;

/// Writes the value of one field.
trait Values {
    fn write(&self, index: usize, out: &mut Vec<u8>);
}

struct RowValues<'a>(&'a Collection, &'a dyn Row);

impl Values for RowValues<'_> {
    fn write(&self, index: usize, out: &mut Vec<u8>) {
        self.0.fields[index].write_cell(self.1.cell(index), out);
    }
}

struct RecordValues<'a>(&'a [Value]);

impl Values for RecordValues<'_> {
    fn write(&self, index: usize, out: &mut Vec<u8>) {
        json::write(&self.0[index], out);
    }
}

/// Writes a record's object. Field names are word characters only, so they need no escapes.
fn write_object(
    collection: &Collection,
    values: &impl Values,
    shows_hidden: bool,
    shows_email: bool,
    expand: Option<&BTreeMap<String, Expanded>>,
    out: &mut Vec<u8>,
) {
    let is_auth = collection.is_auth();
    let mut extras = [("collectionId", true), ("collectionName", true), ("expand", expand.is_some())]
        .into_iter()
        .filter_map(|(name, present)| present.then_some(name))
        .peekable();
    let mut separator = b'{';
    let write_extra = |name: &str, separator: &mut u8, out: &mut Vec<u8>| {
        write_key(name, separator, out);
        match name {
            "collectionId" => json::write_str(&collection.id, out),
            "collectionName" => json::write_str(&collection.name, out),
            _ => {
                if let Some(expand) = expand {
                    write_expand(expand, out);
                }
            }
        }
    };
    for &index in collection.fields_by_name() {
        let field = &collection.fields[index];
        while let Some(name) = extras.next_if(|name| *name < field.name.as_str()) {
            write_extra(name, &mut separator, out);
        }
        if field.hidden && !shows_hidden {
            continue;
        }
        if is_auth {
            match field.name.as_str() {
                "password" | "tokenKey" => continue,
                "email" if !shows_email => continue,
                _ => {}
            }
        }
        write_key(&field.name, &mut separator, out);
        if matches!(field.kind, FieldKind::Password(_)) {
            // A hash is never shown, not even to superusers.
            out.extend_from_slice(b"\"\"");
        } else {
            values.write(index, out);
        }
    }
    for name in extras {
        write_extra(name, &mut separator, out);
    }
    out.push(b'}');
}

fn write_key(name: &str, separator: &mut u8, out: &mut Vec<u8>) {
    out.push(*separator);
    *separator = b',';
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

fn write_expand(expand: &BTreeMap<String, Expanded>, out: &mut Vec<u8>) {
    if expand.is_empty() {
        out.extend_from_slice(b"{}");
        return;
    }
    let mut separator = b'{';
    for (name, expanded) in expand {
        write_key(name, &mut separator, out);
        match expanded {
            Expanded::One(related) => record_view(related, out),
            Expanded::Many(related) => {
                out.push(b'[');
                for (index, related) in related.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    record_view(related, out);
                }
                out.push(b']');
            }
        }
    }
    out.push(b'}');
}

/// Writes the JSON of a record as its viewer may see it.
pub fn record_view(view: &RecordView, out: &mut Vec<u8>) {
    let values = RecordValues(&view.record.values);
    let RecordView { record, shows_hidden, shows_email, expand } = view;
    write_object(&record.collection, &values, *shows_hidden, *shows_email, expand.as_ref(), out);
}

/// The JSON of a record as a value tree, for answers that are reshaped (the field picker).
pub fn record_value(view: &RecordView) -> Value {
    let mut text = Vec::with_capacity(512);
    record_view(view, &mut text);
    serde_json::from_slice(&text).unwrap_or_default()
}

/// Writes rows as they come, separated by commas.
pub struct RowEncoder {
    collection: Arc<Collection>,
    sight: Sight,
    /// Positions of the columns that decide about the email.
    email_visibility: Option<usize>,
    id: Option<usize>,
    pub out: Vec<u8>,
    is_first: bool,
}

impl RowEncoder {
    /// `None` where a row alone does not tell what may be seen of it.
    pub fn new(collection: Arc<Collection>, sight: Sight, out: Vec<u8>) -> Option<Self> {
        if matches!(sight.emails, EmailSight::Managed(_)) {
            return None;
        }
        let email_visibility = collection.field_index("emailVisibility");
        let id = collection.field_index("id");
        Some(Self { collection, sight, email_visibility, id, out, is_first: true })
    }

    fn shows_email(&self, row: &dyn Row) -> bool {
        match &self.sight.emails {
            EmailSight::All => true,
            EmailSight::VisibleOrOwn(own) | EmailSight::Managed(own) => {
                let visible = self.email_visibility.is_some_and(|index| {
                    self.collection.fields[index].from_cell(row.cell(index)) == Value::Bool(true)
                });
                visible
                    || own.is_some() && self.id.and_then(|index| row.cell(index).as_text()) == own.as_deref()
            }
        }
    }
}

impl RowSink for RowEncoder {
    fn row(&mut self, row: &dyn Row) {
        if !std::mem::take(&mut self.is_first) {
            self.out.push(b',');
        }
        let shows_email = self.shows_email(row);
        let values = RowValues(&self.collection, row);
        write_object(&self.collection, &values, self.sight.shows_hidden, shows_email, None, &mut self.out);
    }
}

/// A 200 answer with one record; applies the caller's `fields` parameter.
pub fn respond(view: &RecordView, caller: &Caller) -> ApiResult {
    if caller.query.text("fields").is_empty() {
        let mut out = Vec::with_capacity(1024);
        record_view(view, &mut out);
        return Ok(response::bytes(out));
    }
    response::json(&record_value(view), caller)
}
