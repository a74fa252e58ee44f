//! Required attrs: whoever was made or changed has them at the end.

use std::collections::BTreeMap;

use ketch_model::collection::AttrEntry;
use ketch_records::Transaction;
use serde_json::json;

use super::execute::Written;
use super::failure::{Failure, refusal};
use crate::error::{Error, Kind};

/// Ids that an error names at most.
const NAMED_MAX: usize = 5;

pub(super) fn check(transaction: &mut Transaction<'_>, written: &Written) -> Result<(), Failure> {
    let mut missing: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let schema = transaction.schema().clone();
    for ((collection_id, id), record) in written {
        let Some(namespace) = schema.attrs().namespace(collection_id) else { continue };
        // Those that this front requires: fields of the other one have rules of their own.
        let required: Vec<&AttrEntry> = schema
            .attrs()
            .of_namespace(namespace)
            .map(|(entry, _)| entry)
            .filter(|entry| entry.attr.required && entry.attr.forward.namespace == *namespace)
            .collect();
        if required.is_empty() {
            continue;
        }
        // Links are tied after the record is written.
        let linked = required.iter().any(|entry| entry.attr.is_link());
        let stored = if linked {
            let loaded = transaction.load(&record.collection, &[id]);
            loaded.map_err(|error| refusal(&schema, error))?.pop()
        } else {
            None
        };
        let record = stored.as_ref().unwrap_or(record);
        for entry in required {
            let Some((_, index)) = &entry.place else { continue };
            let (field, value) = (&record.collection.fields[*index], &record.values[*index]);
            let is_missing =
                if field.nullable && !entry.attr.is_link() { value.is_null() } else { field.is_blank(value) };
            if is_missing {
                let name = format!("{namespace}/{}", entry.attr.forward.label);
                missing.entry(name).or_default().push(id.clone());
            }
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let named: Vec<String> = missing
        .iter_mut()
        .map(|(name, ids)| {
            ids.sort();
            ids.truncate(NAMED_MAX);
            format!("Missing required attribute `{name}`: {}", ids.join(", "))
        })
        .collect();
    let records: Vec<&String> = missing.values().flatten().collect();
    let hint = json!({ "data-type": "records", "input": records, "errors": named.iter().map(|message| json!({ "message": message })).collect::<Vec<_>>() });
    Err(Error::new(
        Kind::ValidationFailed,
        format!("Validation failed for records: {}", named.join(", ")),
        hint,
    )
    .into())
}
