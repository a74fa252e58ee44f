//! The schema of an app: read, pushed, changed.

use std::sync::Arc;

use ketch_model::attr::{Catalog, random_uuid};
use ketch_model::time::DateTime;
use ketch_model::{Object, Schema, Value, time};
use ketch_records::{Transaction, TransactionMode};
use serde_json::json;

use super::definition::Definition;
use super::job_json::{DOCUMENT, listed, remember};
use super::jobs;
use super::plan::{self, Style};
use super::pulled::{self, Keys};
use super::steps::{self, JobKind, SchemaStep};
use crate::error::{Error, Kind, Result};
use crate::service::Instant;
use crate::transact::failure::{Failure, refusal};
use crate::transact::{Step, schema_steps, values};

/// For how many days a deleted attr can be restored.
pub const GRACE_DAYS: i64 = 2;
const MILLISECONDS_OF_A_DAY: i64 = 24 * 3600 * 1000;
const EXCLUSIVE: TransactionMode = TransactionMode { exclusive: true, dry: false };

/// How many steps one request may have: their transaction keeps everybody else waiting.
const STEPS_MAX: usize = 5000;

/// How a definition is pushed.
#[derive(Debug, Clone, Copy)]
pub struct Push {
    /// Value types of the definition are enforced.
    pub check_types: bool,
    /// The client can look at jobs: one that fails leaves the rest of the push standing. Without
    /// that the whole push fails.
    pub background_updates: bool,
}

impl Push {
    fn style(self) -> Style {
        Style { check_types: self.check_types, jobs: self.background_updates }
    }
}

/// Steps that were run.
struct Ran {
    /// As they were sent, with the ids of their jobs.
    steps: Vec<Value>,
    jobs: Vec<Value>,
    group: String,
}

impl Instant {
    /// `{"refs", "blobs"}`: the schema without the server's own parts.
    pub fn schema_json(&self, keys: Keys) -> Value {
        pulled::schema_json(&self.records.schema(), keys)
    }

    /// All attrs, the system's too.
    pub fn attrs_json(&self) -> Value {
        pulled::attrs_json(&self.records.schema())
    }

    /// Attrs that were deleted and can be restored, oldest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn deleted_attrs(&self) -> Result<Vec<Value>> {
        let dry = TransactionMode { exclusive: false, dry: true };
        let work = |transaction: &mut Transaction<'_>| {
            transaction.deleted_attrs().map_err(|error| refusal(transaction.schema(), error))
        };
        let read = self.records.transact(dry, work).await.map_err(Failure::into_error)?;
        Ok(read.value.iter().map(|attr| Value::Object(attr.to_json())).collect())
    }

    /// Removes for good what can no longer be restored.
    ///
    /// # Errors
    /// The store's.
    pub async fn purge_deleted_attrs(&self) -> Result<usize> {
        let before =
            DateTime::from_unix_milliseconds(time::unix_milliseconds() - GRACE_DAYS * MILLISECONDS_OF_A_DAY)
                .to_text();
        let is_due =
            |attr: &Value| attr["deletion-marked-at"].as_str().is_some_and(|date| date < before.as_str());
        if !self.deleted_attrs().await?.iter().any(is_due) {
            return Ok(0);
        }
        let work = move |transaction: &mut Transaction<'_>| {
            transaction.purge_attrs(&before).map_err(|error| refusal(transaction.schema(), error))
        };
        Ok(self.records.transact(EXCLUSIVE, work).await.map_err(Failure::into_error)?.value)
    }

    /// What a push of the definition would do: `{"new-schema", "current-schema", "current-attrs", "steps"}`.
    ///
    /// # Errors
    /// Where the definition contradicts what is there.
    pub fn plan_push(&self, definition: &Definition, push: Push) -> Result<Object> {
        let schema = self.records.schema();
        let steps = plan::plan(&schema, definition, push.style())?;
        Ok(planned(&schema, definition, steps))
    }

    /// Makes the schema what the definition asks for, in one transaction. Answers what
    /// [`Instant::plan_push`] would, with `transaction` and `indexing-jobs`.
    ///
    /// # Errors
    /// As there, and whatever refuses a step; nothing is kept then.
    pub async fn push(&self, app_id: &str, definition: Definition, push: Push) -> Result<Object> {
        let schema = self.records.schema();
        if plan::plan(&schema, &definition, push.style())?.is_empty() {
            let mut answer = planned(&schema, &definition, Vec::new());
            complete(&mut answer, None, 0);
            return Ok(answer);
        }
        let app_id = app_id.to_owned();
        // Planned again: another push may have come in between.
        let work = move |transaction: &mut Transaction<'_>| {
            let before = transaction.schema().clone();
            let steps = plan::plan(&before, &definition, push.style()).map_err(Error::from)?;
            let ran = run(transaction, &app_id, steps)?;
            let answer = planned(&before, &definition, Vec::new());
            Ok::<_, Failure>((answer, ran))
        };
        let outcome = self.records.transact(EXCLUSIVE, work).await.map_err(Failure::into_error)?;
        let (mut answer, ran) = outcome.value;
        complete(&mut answer, Some(ran), outcome.number);
        Ok(answer)
    }

    /// Runs single steps in one transaction: `{"transaction", "steps", "indexing-jobs"}`.
    ///
    /// # Errors
    /// Whatever refuses a step; nothing is kept then.
    pub async fn apply_schema_steps(&self, app_id: &str, steps: Vec<Value>) -> Result<Object> {
        if steps.len() > STEPS_MAX {
            let message =
                format!("The request has {} steps; up to {STEPS_MAX} can be sent at once.", steps.len());
            return Err(Error::new(Kind::ParameterLimitExceeded, message, Value::Null));
        }
        steps::parse(&steps)?;
        let mut answer = Object::new();
        if steps.is_empty() {
            complete(&mut answer, None, 0);
            return Ok(answer);
        }
        let app_id = app_id.to_owned();
        let work = move |transaction: &mut Transaction<'_>| run(transaction, &app_id, steps);
        let outcome = self.records.transact(EXCLUSIVE, work).await.map_err(Failure::into_error)?;
        complete(&mut answer, Some(outcome.value), outcome.number);
        Ok(answer)
    }

    /// Runs one job and answers it.
    ///
    /// # Errors
    /// `record-not-found` for an unknown attr.
    pub async fn run_indexing_job(&self, app_id: &str, attr_id: &str, kind: JobKind) -> Result<Value> {
        let mut payload = json!({ "attr-id": attr_id });
        if let JobKind::CheckDataType(checked) = kind {
            payload["checked-data-type"] = checked.name().into();
        }
        let answer = self.apply_schema_steps(app_id, vec![json!([kind.name(), payload])]).await?;
        Ok(answer.get("indexing-jobs").map(|group| group["jobs"][0].clone()).unwrap_or_default())
    }

    /// The jobs of a group; the newest groups are kept.
    ///
    /// # Errors
    /// The store's.
    pub async fn indexing_jobs(&self, group: &str) -> Result<Vec<Value>> {
        let mut jobs = listed(self.records.document(DOCUMENT).await?);
        jobs.retain(|job| job["group_id"] == group);
        Ok(jobs)
    }

    /// The job of an id.
    ///
    /// # Errors
    /// `record-not-found`.
    pub async fn indexing_job(&self, id: &str) -> Result<Value> {
        let mut jobs = listed(self.records.document(DOCUMENT).await?).into_iter();
        jobs.find(|job| job["id"] == id).ok_or_else(|| Error::not_found("indexing-job", json!({ "id": id })))
    }

    /// Deletes every namespace and attr that was made through this dialect. They can be restored as
    /// long as any deleted attr. Accounts, files and collections of the other dialect stay.
    ///
    /// # Errors
    /// The store's.
    pub async fn clear(&self) -> Result<()> {
        let work = |transaction: &mut Transaction<'_>| {
            let schema = transaction.schema().clone();
            let is_born =
                |namespace: &str| schema.attrs().collection(namespace).is_some_and(|it| it.instant.is_some());
            let mut ids: Vec<&str> = Vec::new();
            for entry in schema.attrs().iter().filter(|entry| entry.attr.catalog == Catalog::User) {
                let made_here = entry.field().is_some_and(|field| field.attr.is_some());
                // Elsewhere single attrs go; a namespace goes with its id, after links to it.
                if made_here
                    && (!is_born(&entry.attr.forward.namespace) || entry.attr.is_link())
                    && !entry.attr.is_id()
                {
                    ids.push(&entry.attr.id);
                }
            }
            let born = schema
                .attrs()
                .iter()
                .filter(|entry| entry.attr.is_id() && is_born(&entry.attr.forward.namespace));
            ids.extend(born.map(|entry| entry.attr.id.as_str()));
            for id in ids {
                transaction.delete_attr(id).map_err(|error| refusal(transaction.schema(), error))?;
            }
            Ok::<_, Failure>(())
        };
        self.records.transact(EXCLUSIVE, work).await.map_err(Failure::into_error)?;
        Ok(())
    }
}

/// Runs steps, those that change attrs first.
fn run(
    transaction: &mut Transaction<'_>,
    app_id: &str,
    steps: Vec<Value>,
) -> std::result::Result<Ran, Failure> {
    let parsed = steps::parse(&steps)?;
    let of_attrs = || {
        parsed.iter().filter_map(|step| match step {
            SchemaStep::Attr(step) => Some(step),
            SchemaStep::Job { .. } => None,
        })
    };
    // What only adds is quick when it is added together; other steps may be in the way of each other.
    if of_attrs().all(|step| matches!(step, Step::AddAttr(_))) {
        schema_steps::add_all(transaction, of_attrs())?;
    } else {
        for step in of_attrs() {
            schema_steps::apply(transaction, step)?;
        }
    }
    let mut ran = Ran { steps: Vec::with_capacity(steps.len()), jobs: Vec::new(), group: random_uuid() };
    for (step, json) in parsed.iter().zip(steps) {
        let SchemaStep::Job { attr_id, kind } = step else {
            ran.steps.push(json);
            continue;
        };
        let job = jobs::run(transaction, attr_id, *kind)?.to_json(app_id, &ran.group, values::type_name);
        ran.steps.push(steps::with_job(&json, job["id"].as_str().unwrap_or_default()));
        ran.jobs.push(job);
    }
    if !ran.jobs.is_empty() {
        let known = transaction.document(DOCUMENT);
        let known = known.map_err(|error| refusal(transaction.schema(), error))?;
        let document = remember(known, &ran.jobs);
        transaction
            .save_document(DOCUMENT, Some(&document))
            .map_err(|error| refusal(transaction.schema(), error))?;
    }
    Ok(ran)
}

fn planned(schema: &Arc<Schema>, definition: &Definition, steps: Vec<Value>) -> Object {
    Object::from_iter([
        ("new-schema".to_owned(), plan::new_schema(definition)),
        ("current-schema".to_owned(), pulled::schema_json(schema, Keys::Vector)),
        ("current-attrs".to_owned(), pulled::attrs_json(schema)),
        ("steps".to_owned(), steps.into()),
    ])
}

/// Puts into an answer what became of the steps.
fn complete(answer: &mut Object, ran: Option<Ran>, number: i64) {
    let (steps, transaction, jobs) = match ran {
        None => (Vec::new(), json!({}), Value::Null),
        Some(Ran { steps, jobs, group }) => {
            let jobs = if jobs.is_empty() { Value::Null } else { json!({ "group-id": group, "jobs": jobs }) };
            (steps, json!({ "id": number }), jobs)
        }
    };
    answer.insert("transaction".to_owned(), transaction);
    answer.insert("steps".to_owned(), steps.into());
    answer.insert("indexing-jobs".to_owned(), jobs);
}
