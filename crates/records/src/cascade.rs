//! Deleting a record takes its references along: ids leave relation values, and records that
//! cannot stand without go too.

use std::collections::HashSet;
use std::sync::Arc;

use ketch_model::{Collection, Error, Field, FieldKind, Record, Result, Schema, Value};
use ketch_store::sql::relations;
use ketch_store::{Change, ChangeKind, Connection, sql};

use crate::applied::{Applied, store_update};
use crate::lookup::{read_all, read_by_id};
use crate::system_rules;

/// Deletes the record and everything that cascades from it, breadth first.
///
/// Errors: 400 where a required relation would be left empty; the transaction must then be undone.
pub(crate) fn delete(
    connection: &mut dyn Connection,
    schema: &Arc<Schema>,
    record: Record,
    applied: &mut Applied,
) -> Result<()> {
    let mut seen = HashSet::from([(record.collection.id.clone(), record.id().to_owned())]);
    let mut doomed = vec![record];
    while let Some(record) = doomed.pop() {
        let statement = sql::delete_record(connection.dialect(), &record.collection, record.id());
        connection.execute(&statement)?;
        for (target, ids) in owned(schema, &record) {
            let statement = sql::select_by_ids(connection.dialect(), &target, &ids);
            for record in read_all(connection, &target, &statement)? {
                if seen.insert((target.id.clone(), record.id().to_owned())) {
                    doomed.push(record);
                }
            }
        }
        for field in record.collection.fields.iter().filter(|field| field.is_link_table()) {
            drop_links(connection, field, relations::SOURCE, record.id())?;
        }
        for (source, field) in schema.back_relations(&record.collection.id) {
            if source.is_view() {
                continue;
            }
            let statement = sql::referencing_records(connection.dialect(), &source, field, &[record.id()]);
            for referrer in read_all(connection, &source, &statement)? {
                if seen.contains(&(source.id.clone(), referrer.id().to_owned())) {
                    continue;
                }
                if let Some(referrer) = detach(connection, referrer, field, record.id(), applied)? {
                    seen.insert((source.id.clone(), referrer.id().to_owned()));
                    doomed.push(referrer);
                }
            }
            // Links may also start from records that are not there.
            if source.fields[field].is_link_table() {
                drop_links(connection, &source.fields[field], relations::TARGET, record.id())?;
            }
        }
        if record.collection.is_auth() {
            for dependent in system_rules::account_rows(connection, schema, &record)? {
                if seen.insert((dependent.collection.id.clone(), dependent.id().to_owned())) {
                    doomed.push(dependent);
                }
            }
        }
        applied.changes.push(Change {
            kind: ChangeKind::Delete,
            before: Some(Arc::new(record)),
            after: None,
        });
    }
    Ok(())
}

/// What goes with a record because it points there: targets of relations that own them.
fn owned<'a>(schema: &Schema, record: &'a Record) -> Vec<(Arc<Collection>, Vec<&'a str>)> {
    let fields = record.collection.fields.iter().zip(&record.values);
    fields
        .filter(|(field, _)| owns_targets(field))
        .filter_map(|(field, value)| {
            let FieldKind::Relation(relation) = &field.kind else { return None };
            let target = schema.by_id(&relation.collection_id)?.clone();
            let ids: Vec<&str> = crate::relation::ids_of(value).collect();
            (!ids.is_empty()).then_some((target, ids))
        })
        .collect()
}

fn owns_targets(field: &Field) -> bool {
    field.attr.as_ref().is_some_and(|attr| attr.on_delete_reverse)
}

/// Ends every link from or to an id that is no record.
pub(crate) fn forget_links(
    connection: &mut dyn Connection,
    schema: &Schema,
    collection: &Collection,
    id: &str,
) -> Result<()> {
    for field in collection.fields.iter().filter(|field| field.is_link_table()) {
        drop_links(connection, field, relations::SOURCE, id)?;
    }
    for (source, field) in schema.back_relations(&collection.id) {
        if source.fields[field].is_link_table() {
            drop_links(connection, &source.fields[field], relations::TARGET, id)?;
        }
    }
    Ok(())
}

fn drop_links(connection: &mut dyn Connection, field: &Field, side: &str, id: &str) -> Result<()> {
    let statement = relations::delete_links_of(connection.dialect(), &field.id, side, &[id]);
    connection.execute(&statement)?;
    Ok(())
}

/// The collections whose records may go when a record of this one does, itself among them.
pub(crate) fn reach(schema: &Schema, collection: &Arc<Collection>) -> Vec<Arc<Collection>> {
    let mut reached = vec![collection.clone()];
    let mut next = 0;
    while next < reached.len() {
        for (source, field) in schema.back_relations(&reached[next].id) {
            let cascades = match &source.fields[field].kind {
                FieldKind::Relation(relation) => relation.cascade_delete,
                _ => false,
            };
            if cascades && !source.is_view() && reached.iter().all(|known| known.id != source.id) {
                reached.push(source);
            }
        }
        for field in reached[next].clone().fields.iter().filter(|field| owns_targets(field)) {
            let FieldKind::Relation(relation) = &field.kind else { continue };
            let target = schema.by_id(&relation.collection_id);
            if let Some(target) = target.filter(|target| reached.iter().all(|known| known.id != target.id)) {
                reached.push(target.clone());
            }
        }
        next += 1;
    }
    reached
}

/// How many records are looked at before a delete; what else cascades is judged afterwards.
const MAX_DOOMED: usize = 1000;

/// The record and those that would go with it, going by their relations. Writes nothing.
pub(crate) fn doomed(
    connection: &mut dyn Connection,
    schema: &Schema,
    collection: &Arc<Collection>,
    id: &str,
) -> Result<Vec<Record>> {
    match read_by_id(connection, collection, id)? {
        Some(record) => all_doomed(connection, schema, vec![record], MAX_DOOMED),
        None => Ok(Vec::new()),
    }
}

/// The records and those that would go with them, going by their relations; no more are looked for
/// once `limit` is reached. Writes nothing.
pub(crate) fn all_doomed(
    connection: &mut dyn Connection,
    schema: &Schema,
    records: Vec<Record>,
    limit: usize,
) -> Result<Vec<Record>> {
    let mut seen: HashSet<(String, String)> =
        records.iter().map(|record| (record.collection.id.clone(), record.id().to_owned())).collect();
    let mut doomed = records;
    let mut next = 0;
    while next < doomed.len() && doomed.len() < limit {
        let mut found = Vec::new();
        for (target, ids) in owned(schema, &doomed[next]) {
            let statement = sql::select_by_ids(connection.dialect(), &target, &ids);
            found.extend(read_all(connection, &target, &statement)?);
        }
        for record in found {
            if seen.insert((record.collection.id.clone(), record.id().to_owned())) {
                doomed.push(record);
            }
        }
        let (target, id) = (doomed[next].collection.id.clone(), doomed[next].id().to_owned());
        for (source, field) in schema.back_relations(&target) {
            let FieldKind::Relation(relation) = &source.fields[field].kind else { continue };
            if source.is_view() || !relation.cascade_delete {
                continue;
            }
            let statement = sql::referencing_records(connection.dialect(), &source, field, &[&id]);
            for referrer in read_all(connection, &source, &statement)? {
                let stands = crate::relation::ids_of(&referrer.values[field])
                    .any(|related| !seen.contains(&(target.clone(), related.to_owned())));
                if !stands && seen.insert((source.id.clone(), referrer.id().to_owned())) {
                    doomed.push(referrer);
                }
            }
        }
        next += 1;
    }
    Ok(doomed)
}

/// Takes the id out of the referrer's relation; answers the referrer if it has to go as well.
fn detach(
    connection: &mut dyn Connection,
    referrer: Record,
    field: usize,
    id: &str,
    applied: &mut Applied,
) -> Result<Option<Record>> {
    let definition = &referrer.collection.fields[field];
    let FieldKind::Relation(relation) = &definition.kind else {
        return Ok(None);
    };
    let remaining: Vec<Value> = crate::relation::ids_of(&referrer.values[field])
        .filter(|related| *related != id)
        .map(Value::from)
        .collect();
    if remaining.is_empty() {
        if relation.cascade_delete {
            return Ok(Some(referrer));
        }
        if definition.required {
            return Err(Error::bad_request(format!(
                "the record is required by {} of {}",
                definition.name, referrer.collection.name
            )));
        }
    }
    // Two fields of one referrer may point here: its row may have changed since it was read.
    let before = read_by_id(connection, &referrer.collection, referrer.id())?.unwrap_or(referrer);
    let mut after = before.clone();
    after.values[field] = if definition_is_multiple(&before, field) {
        Value::Array(remaining)
    } else {
        remaining.into_iter().next().unwrap_or_else(|| Value::String(String::new()))
    };
    store_update(connection, before, after, applied)?;
    Ok(None)
}

fn definition_is_multiple(record: &Record, field: usize) -> bool {
    record.collection.fields[field].is_multiple()
}
