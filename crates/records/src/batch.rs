//! Several writes in one transaction: all of them or none.

use std::sync::{Arc, OnceLock};
use std::time::Instant;

use ketch_files::names;
use ketch_model::{Collection, Error, FieldKind, Object, Result, Schema, Value};
use ketch_query::{RequestInfo, expand};
use ketch_store::Connection;

use crate::applied::Applied;
use crate::expand::Viewing;
use crate::lookup::read_by_id;
use crate::plan::Prepared;
use crate::service::Records;
use crate::submission::{Submission, UploadedContent, drop_hidden};
use crate::view::RecordView;
use crate::write::{
    Authority, CREATE_FAILED, UPDATE_FAILED, create_in, current, delete_in, refuse_view, to_its_end,
    update_in,
};

/// One write of a batch, by a client: the collection's rules apply.
#[derive(Debug)]
pub enum Step {
    Create {
        collection: Arc<Collection>,
        submission: Submission,
    },
    /// Changes the record that the submitted `id` names, or creates it.
    Upsert {
        collection: Arc<Collection>,
        submission: Submission,
    },
    Update {
        collection: Arc<Collection>,
        id: String,
        submission: Submission,
    },
    Delete {
        collection: Arc<Collection>,
        id: String,
    },
    /// Was refused before it came here; fails the batch when its turn comes, after the steps before it.
    Refused(Error),
}

#[derive(Debug)]
pub struct BatchStep {
    pub step: Step,
    /// The request as this step's rules see it. An upsert gets its method here.
    pub request: RequestInfo,
    /// The relations that the answer shows.
    pub expand: String,
}

/// Asked for each step in its turn: its place, whether it is a `POST`, a `PATCH` or a `DELETE`, and its
/// collection. An error fails the step. Called on the writer, so it must be quick.
pub type Gate = Box<dyn Fn(usize, &str, &Collection) -> Result<()> + Send + Sync>;

/// Why nothing of a batch was done.
#[derive(Debug)]
pub enum BatchError {
    /// This step failed.
    Step {
        index: usize,
        error: Error,
    },
    /// There was no time left.
    Late,
    Whole(Error),
}

impl From<Error> for BatchError {
    fn from(error: Error) -> Self {
        Self::Whole(error)
    }
}

/// What a step does, with everything slow done before.
enum Work {
    Create(Prepared),
    Upsert(String, Prepared),
    Update(String, Prepared),
    Delete(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    /// Taken back at its end.
    Rehearsal,
    ForGood,
}

/// How a run of a batch ended, where not well.
enum End {
    /// All steps went well, and were taken back.
    Rehearsed,
    Step(usize),
    Late,
}

struct Ready {
    work: Result<(Arc<Collection>, Work)>,
    /// The record that the step's files belong to; `None` for a step without files.
    owner: Option<String>,
    request: Arc<RequestInfo>,
    /// The submitted data, where rules that decide about the answer may look at it.
    body: Option<Object>,
    expand: String,
}

/// Files that were stored for a step: collection, record, names.
type Stored = (String, String, Vec<String>);

impl Records {
    /// Runs the steps in order, in one transaction. Answers what each requester may see of the
    /// record that it wrote, `None` for deletes.
    pub async fn batch(
        &self,
        steps: Vec<BatchStep>,
        deadline: Instant,
        gate: Gate,
    ) -> Result<Vec<Option<RecordView>>, BatchError> {
        let mut ready = Vec::with_capacity(steps.len());
        for step in steps {
            let ready_step = self.ready(step).await;
            let stop = ready_step.work.is_err() || Instant::now() > deadline;
            ready.push(ready_step);
            // What comes after a refused step never gets its turn.
            if stop {
                break;
            }
        }
        let ready = Arc::new(ready);
        if ready.iter().all(|step| step.owner.is_none()) {
            return self.run(ready, deadline, Some(gate), Run::ForGood).await;
        }
        // Files are stored outside of the transaction, so all of it is tried once before: who may
        // not write must not fill the disk. The gate counts: it is asked once.
        self.run(ready.clone(), deadline, Some(gate), Run::Rehearsal).await?;
        let this = self.clone();
        to_its_end(async move {
            let mut stored = Vec::new();
            let mut result = this.store_all(&ready, &mut stored).await;
            if result.is_ok() {
                result = this.run(ready, deadline, None, Run::ForGood).await;
            }
            if result.is_err() {
                for (collection, record, names) in stored {
                    this.inner.files.remove_all(&collection, &record, names).await;
                }
            }
            result
        })
        .await
    }

    /// Runs the steps in one transaction. A rehearsal is taken back at its end and answers nothing.
    async fn run(
        &self,
        steps: Arc<Vec<Ready>>,
        deadline: Instant,
        gate: Option<Gate>,
        run: Run,
    ) -> Result<Vec<Option<RecordView>>, BatchError> {
        let ended = Arc::new(OnceLock::new());
        let end = ended.clone();
        let result = self
            .commit(move |connection, schema, applied| {
                let mut answers = Vec::with_capacity(steps.len());
                let late = || {
                    let _ = end.set(End::Late);
                    Error::bad_request("")
                };
                for (index, step) in steps.iter().enumerate() {
                    if Instant::now() > deadline {
                        return Err(late());
                    }
                    let answer = apply(connection, schema, (index, step), gate.as_ref(), applied);
                    answers.push(answer.inspect_err(|_| {
                        let _ = end.set(End::Step(index));
                    })?);
                }
                if Instant::now() > deadline {
                    return Err(late());
                }
                if run == Run::Rehearsal {
                    let _ = end.set(End::Rehearsed);
                    return Err(Error::bad_request(""));
                }
                Ok(answers)
            })
            .await;
        result.or_else(|error| match ended.get() {
            Some(End::Rehearsed) => Ok(Vec::new()),
            Some(End::Step(index)) => Err(BatchError::Step { index: *index, error }),
            Some(End::Late) => Err(BatchError::Late),
            None => Err(BatchError::Whole(error)),
        })
    }

    /// Stores the files of all steps; `stored` tells which, also after an error.
    async fn store_all(
        &self,
        steps: &[Ready],
        stored: &mut Vec<Stored>,
    ) -> Result<Vec<Option<RecordView>>, BatchError> {
        for (index, step) in steps.iter().enumerate() {
            let (Some(owner), Ok((collection, work))) = (&step.owner, &step.work) else { continue };
            let (prepared, message) = match work {
                Work::Create(prepared) => (prepared, CREATE_FAILED),
                Work::Upsert(_, prepared) | Work::Update(_, prepared) => (prepared, UPDATE_FAILED),
                Work::Delete(_) => continue,
            };
            let names = self.store_files(collection, owner, prepared, message).await;
            let names = names.map_err(|error| BatchError::Step { index, error })?;
            stored.push((collection.id.clone(), owner.clone(), names));
        }
        Ok(Vec::new())
    }

    /// Does what is slow: names files, hashes passwords, lets sinks look at what will go.
    async fn ready(&self, step: BatchStep) -> Ready {
        let BatchStep { step, request, expand } = step;
        let request = Arc::new(request);
        let mut body = None;
        let mut owner = None;
        let work = match step {
            Step::Refused(error) => Err(error),
            Step::Delete { collection, id } => match refuse_view(&collection) {
                Ok(()) => {
                    self.look_before_delete(&collection, &id).await;
                    Ok((collection, Work::Delete(id)))
                }
                Err(error) => Err(error),
            },
            Step::Create { collection, submission } => {
                body = shown_body(&collection, &submission, &expand);
                let prepared = self.prepare_step(&collection, None, submission, &request, &mut owner).await;
                prepared.map(|prepared| (collection, Work::Create(prepared)))
            }
            Step::Upsert { collection, submission } => {
                body = shown_body(&collection, &submission, &expand);
                let id = submission.data.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
                let known = (!id.is_empty()).then_some(id.as_str());
                let prepared = self.prepare_step(&collection, known, submission, &request, &mut owner).await;
                prepared.map(|prepared| (collection, Work::Upsert(id, prepared)))
            }
            Step::Update { collection, id, submission } => {
                body = shown_body(&collection, &submission, &expand);
                let prepared =
                    self.prepare_step(&collection, Some(&id), submission, &request, &mut owner).await;
                prepared.map(|prepared| (collection, Work::Update(id, prepared)))
            }
        };
        Ready { work, owner, request, body, expand }
    }

    async fn prepare_step(
        &self,
        collection: &Arc<Collection>,
        id: Option<&str>,
        mut submission: Submission,
        request: &RequestInfo,
        owner: &mut Option<String>,
    ) -> Result<Prepared> {
        refuse_view(collection)?;
        if !request.is_superuser() {
            drop_hidden(collection, &mut submission);
        }
        for upload in &mut submission.uploads {
            // Like the original, whose batch names its files twice.
            let content_type = match &upload.content {
                UploadedContent::Memory(bytes) => names::sniff(bytes),
                UploadedContent::File { head, .. } => names::sniff(head),
            };
            upload.original_name = names::stored_name(&upload.original_name, &content_type);
        }
        let mut prepared = self.prepare(collection, id, submission, request).await?;
        if !prepared.files.is_empty() {
            *owner = file_owner(collection, id, &mut prepared);
        }
        Ok(prepared)
    }
}

/// The record that a step's files belong to: the one to change, or the one that will be made.
/// `None` for an id that no record can have; the step will be refused for it.
fn file_owner(collection: &Collection, id: Option<&str>, prepared: &mut Prepared) -> Option<String> {
    let field = collection.field("id")?;
    let FieldKind::Text(text) = &field.kind else { return None };
    let submitted = prepared.data.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
    let id = match id.or(submitted) {
        Some(id) => id.to_owned(),
        None => prepared.new_id.insert(text.autogenerate()).clone(),
    };
    // It becomes the name of a folder.
    let is_name = !id.starts_with('.') && !id.contains(['/', '\\', '\0']);
    (is_name && field.validate(&Value::String(id.clone())).is_ok()).then_some(id)
}

/// What rules may ask about when they decide what an answer shows: a manage rule shows emails, view
/// rules show what is expanded.
fn shown_body(collection: &Collection, submission: &Submission, expand: &str) -> Option<Object> {
    (collection.is_auth() || !expand.is_empty()).then(|| submission.data.clone())
}

fn apply(
    connection: &mut dyn Connection,
    schema: &Arc<Schema>,
    (index, step): (usize, &Ready),
    gate: Option<&Gate>,
    applied: &mut Applied,
) -> Result<Option<RecordView>> {
    let (collection, work) = step.work.as_ref().map_err(Error::clone)?;
    let collection = current(schema, collection)?;
    let mut request = step.request.clone();
    let mut exists = false;
    if let Work::Upsert(id, _) = work {
        exists = !id.is_empty() && read_by_id(connection, &collection, id)?.is_some();
        let method = if exists { "PATCH" } else { "POST" };
        Arc::make_mut(&mut request).method = method.to_owned();
    }
    if let Some(gate) = gate {
        let method = match work {
            Work::Create(_) => "POST",
            Work::Upsert(..) if !exists => "POST",
            Work::Upsert(..) | Work::Update(..) => "PATCH",
            Work::Delete(_) => "DELETE",
        };
        gate(index, method, &collection)?;
    }
    let authority = Authority::Request(request.clone());
    let record = match work {
        Work::Upsert(id, prepared) if exists => {
            update_in(connection, schema, &collection, id, prepared, &authority, applied)?
        }
        Work::Create(prepared) | Work::Upsert(_, prepared) => {
            create_in(connection, schema, &collection, prepared, &authority, applied)?
        }
        Work::Update(id, prepared) => {
            update_in(connection, schema, &collection, id, prepared, &authority, applied)?
        }
        Work::Delete(id) => {
            delete_in(connection, schema, &collection, id, &authority, applied)?;
            return Ok(None);
        }
    };
    let viewer = match &step.body {
        None => request,
        Some(body) => Arc::new(RequestInfo { body: body.clone(), ..RequestInfo::clone(&request) }),
    };
    let nodes = expand::parse(&step.expand);
    let record = Arc::unwrap_or_clone(record);
    Ok(Viewing::new(connection, schema, &viewer).view(&collection, vec![record], &nodes)?.pop())
}
