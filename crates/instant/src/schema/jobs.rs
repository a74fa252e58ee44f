//! Changes that all data have to agree with.
//!
//! A job runs to its end inside the transaction of its step. One that meets data in its way leaves
//! its attr as it was and says which they are; the rest of the transaction stands.

use ketch_model::attr::Attr;
use ketch_model::collection::AttrEntry;
use ketch_model::{Value, json};
use ketch_records::{Transaction, TransactionError};
use ketch_store::Flow;
use ketch_store::sql::columns;

use super::job_json::{Job, JobError};
use super::steps::JobKind;
use crate::error::Error;
use crate::transact::failure::{Failure, refusal};
use crate::transact::values::{INDEXED_MAX, fits};

/// How many values in the way a job names.
const SAMPLE: usize = 10;

pub(super) fn run(transaction: &mut Transaction<'_>, attr_id: &str, kind: JobKind) -> Result<Job, Failure> {
    let entry = transaction.schema().attrs().by_id(attr_id).cloned();
    let entry = entry.ok_or_else(|| Error::not_found("attr", json_id(attr_id)))?;
    let known = Attr::clone(&entry.attr);
    let changed = changed(&known, kind);
    let mut job = Job { kind, attr: changed.clone(), looked_at: 0, failed: None };
    if changed == known {
        return Ok(job);
    }
    job.looked_at = look(transaction, &entry, &mut job.failed, kind)?;
    if job.failed.is_some() {
        return Ok(job);
    }
    let Err(error) = transaction.update_attr(&changed, &fits) else { return Ok(job) };
    job.failed = Some(match error {
        TransactionError::NotUnique { value, .. } => {
            let sample = sample(transaction, &entry, |other| *other == *value)?.0;
            (JobError::NotUnique(*value), sample)
        }
        TransactionError::Missing { ids, .. } => {
            (JobError::MissingRequired, ids.into_iter().map(|id| (id, Value::Null)).collect())
        }
        TransactionError::Mismatch { id, value, .. } => (JobError::InvalidTriple, vec![(id, *value)]),
        TransactionError::Refused(why) => (JobError::InvalidAttrState(why), Vec::new()),
        other @ (TransactionError::Taken { .. }
        | TransactionError::NotExclusive
        | TransactionError::Failed(_)) => return Err(refusal(transaction.schema(), other)),
    });
    // What had been done of it before the data were found to be in its way.
    if transaction.schema().attrs().by_id(attr_id).is_some_and(|entry| *entry.attr != known) {
        transaction.update_attr(&known, &fits).map_err(|error| refusal(transaction.schema(), error))?;
    }
    Ok(job)
}

fn json_id(id: &str) -> Value {
    serde_json::json!({ "id": id })
}

fn changed(known: &Attr, kind: JobKind) -> Attr {
    let mut attr = known.clone();
    match kind {
        JobKind::Index => attr.index = true,
        JobKind::RemoveIndex => attr.index = false,
        JobKind::Unique => attr.unique = true,
        JobKind::RemoveUnique => attr.unique = false,
        JobKind::Required => attr.required = true,
        JobKind::RemoveRequired => attr.required = false,
        JobKind::CheckDataType(checked) => attr.checked_type = Some(checked),
        JobKind::RemoveDataType => attr.checked_type = None,
    }
    attr
}

/// Looks for values that the job has no place for; answers how many it looked at.
fn look(
    transaction: &mut Transaction<'_>,
    entry: &AttrEntry,
    failed: &mut Option<(JobError, Vec<(String, Value)>)>,
    kind: JobKind,
) -> Result<usize, Failure> {
    if entry.attr.is_link() {
        return Ok(0);
    }
    let (error, (found, count)) = match kind {
        JobKind::CheckDataType(checked) => {
            (JobError::InvalidTriple, sample(transaction, entry, |value| !fits(checked, value))?)
        }
        JobKind::Index | JobKind::Unique => {
            let is_large = |value: &Value| json::to_text(value).len() > INDEXED_MAX;
            (JobError::TooLarge, sample(transaction, entry, is_large)?)
        }
        _ => return Ok(0),
    };
    if !found.is_empty() {
        *failed = Some((error, found));
    }
    Ok(count)
}

/// A few of the values for which a question holds, with their entities, and how many values there are.
fn sample(
    transaction: &mut Transaction<'_>,
    entry: &AttrEntry,
    question: impl Fn(&Value) -> bool,
) -> Result<(Vec<(String, Value)>, usize), Failure> {
    let (mut found, mut count) = (Vec::new(), 0);
    let Some((collection, index)) = &entry.place else { return Ok((found, count)) };
    let field = &collection.fields[*index];
    if field.is_link_table() {
        return Ok((found, count));
    }
    let connection = transaction.connection();
    let statement = columns::select_values(connection.dialect(), collection, field);
    connection.query(&statement, &mut |row| {
        count += 1;
        let value = field.from_cell(row.cell(1));
        if found.len() < SAMPLE && question(&value) {
            found.push((row.cell(0).as_text().unwrap_or_default().to_owned(), value));
        }
        Flow::More
    })?;
    Ok((found, count))
}
