//! Jobs as clients see them, and where they are kept: one document of the newest.

use ketch_model::attr::{Attr, random_uuid};
use ketch_model::{Object, Value, time};
use serde_json::json;

use super::steps::JobKind;

/// The name of the document.
pub(super) const DOCUMENT: &str = "instant:indexing-jobs";
/// How many jobs of earlier groups are kept.
const KEPT: usize = 200;

/// Why a job left its attr as it was.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum JobError {
    /// Values of other types.
    InvalidTriple,
    /// The attr is not one that this can be done with: the sentence says why.
    InvalidAttrState(String),
    /// Several entities with this value.
    NotUnique(Value),
    /// Values that are too large for an index.
    TooLarge,
    /// Entities without a value.
    MissingRequired,
}

/// A job that has ended, as all of them have when a client hears of them.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) kind: JobKind,
    pub(super) attr: Attr,
    /// Values that were looked at.
    pub(super) looked_at: usize,
    /// With (entity id, value), a few of those that were in the way.
    pub(super) failed: Option<(JobError, Vec<(String, Value)>)>,
}

impl Job {
    pub(super) fn to_json(&self, app_id: &str, group: &str, json_type: fn(&Value) -> &'static str) -> Value {
        let now = time::now();
        let mut object = json!({
            "id": random_uuid(),
            "app_id": app_id,
            "group_id": group,
            "attr_id": self.attr.id,
            "attr_name": self.attr.name(),
            "job_type": self.kind.name(),
            "job_status": if self.failed.is_some() { "errored" } else { "completed" },
            "job_stage": if self.failed.is_some() { "validate" } else { "completed" },
            "work_estimate": self.looked_at,
            "work_completed": self.looked_at,
            "created_at": seconds(&now),
            "updated_at": seconds(&now),
            "done_at": seconds(&now),
        });
        if let JobKind::CheckDataType(checked) = self.kind {
            object["checked_data_type"] = checked.name().into();
        }
        if let Some((error, sample)) = &self.failed {
            object["error"] = error.name().into();
            if let JobError::NotUnique(value) = error {
                object["invalid_unique_value"] = value.clone();
            }
            if let JobError::InvalidAttrState(why) = error {
                object["error_data"] = json!({ "message": why });
            }
            let sample = sample
                .iter()
                .map(|(id, value)| json!({ "entity_id": id, "value": value, "json_type": json_type(value) }));
            object["invalid_triples_sample"] = sample.collect();
        }
        object
    }
}

impl JobError {
    fn name(&self) -> &'static str {
        match self {
            Self::InvalidTriple => "invalid-triple-error",
            Self::InvalidAttrState(_) => "invalid-attr-state-error",
            Self::NotUnique(_) => "triple-not-unique-error",
            Self::TooLarge => "triple-too-large-error",
            Self::MissingRequired => "missing-required-error",
        }
    }
}

/// `2026-01-02T03:04:05Z` of a stored date.
pub(super) fn seconds(stored: &str) -> String {
    match (stored.get(..10), stored.get(11..19)) {
        (Some(day), Some(time)) => format!("{day}T{time}Z"),
        _ => stored.to_owned(),
    }
}

/// The document with new jobs, without the oldest of the others.
pub(super) fn remember(document: Option<Value>, new: &[Value]) -> Value {
    let mut jobs = listed(document);
    let surplus = jobs.len().saturating_sub(KEPT);
    jobs.drain(..surplus);
    jobs.extend_from_slice(new);
    Value::Object(Object::from_iter([("jobs".to_owned(), jobs.into())]))
}

/// The jobs of the document, oldest first.
pub(super) fn listed(document: Option<Value>) -> Vec<Value> {
    match document {
        Some(Value::Object(mut object)) => match object.remove("jobs") {
            Some(Value::Array(jobs)) => jobs,
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}
