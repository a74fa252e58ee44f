//! Single changes of a schema, as clients send them: `[kind, payload]`.

use ketch_model::attr::CheckedType;
use ketch_model::{Object, Value};
use serde_json::json;

use crate::error::{Error, Result};
use crate::transact::{self, Step};

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub enum SchemaStep {
    /// An attr added, changed, deleted or restored.
    Attr(Step),
    /// A change of a flag that all data have to agree with.
    Job { attr_id: String, kind: JobKind },
}

/// What a job does with its attr.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobKind {
    Index,
    RemoveIndex,
    Unique,
    RemoveUnique,
    Required,
    RemoveRequired,
    CheckDataType(CheckedType),
    RemoveDataType,
}

impl JobKind {
    /// The job of a name; `checked` is the type that `check-data-type` asks for.
    ///
    /// # Errors
    /// `validation-failed` for an unknown name, or a missing or unknown type.
    pub fn parse(name: &str, checked: Option<&Value>) -> Result<Self> {
        Ok(match name {
            "index" => Self::Index,
            "remove-index" => Self::RemoveIndex,
            "unique" => Self::Unique,
            "remove-unique" => Self::RemoveUnique,
            "required" => Self::Required,
            "remove-required" => Self::RemoveRequired,
            "remove-data-type" => Self::RemoveDataType,
            "check-data-type" => {
                let checked = checked.unwrap_or(&Value::Null);
                let known = checked.as_str().and_then(CheckedType::from_name);
                Self::CheckDataType(known.ok_or_else(|| {
                    let message = format!(
                        "The checked-data-type must be string, number, boolean or date, not {checked}."
                    );
                    Error::validation("indexing-job", checked, &message)
                })?)
            }
            other => {
                let message = format!("`{other}` is no kind of indexing job.");
                return Err(Error::validation("indexing-job", &other.into(), &message));
            }
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::RemoveIndex => "remove-index",
            Self::Unique => "unique",
            Self::RemoveUnique => "remove-unique",
            Self::Required => "required",
            Self::RemoveRequired => "remove-required",
            Self::CheckDataType(_) => "check-data-type",
            Self::RemoveDataType => "remove-data-type",
        }
    }
}

/// Reads steps.
///
/// # Errors
/// `validation-failed` for the first one of no known form.
pub(super) fn parse(steps: &[Value]) -> Result<Vec<SchemaStep>> {
    steps.iter().map(parse_one).collect()
}

fn parse_one(step: &Value) -> Result<SchemaStep> {
    let wrong = |message: &str| Error::validation("steps", step, message);
    let parts = step.as_array().map_or(&[][..], Vec::as_slice);
    let kind = parts.first().and_then(Value::as_str).ok_or_else(|| wrong("A step is [kind, payload]."))?;
    match kind {
        "add-attr" | "update-attr" | "delete-attr" | "restore-attr" => {
            let mut parsed = transact::parse(std::slice::from_ref(step))?;
            parsed.pop().map(SchemaStep::Attr).ok_or_else(|| wrong("A step is [kind, payload]."))
        }
        "index" | "remove-index" | "unique" | "remove-unique" | "required" | "remove-required"
        | "check-data-type" | "remove-data-type" => {
            let payload = parts.get(1).and_then(Value::as_object);
            let payload = payload.ok_or_else(|| wrong("The payload of this step is an object."))?;
            let attr_id = payload.get("attr-id").and_then(Value::as_str);
            let attr_id = attr_id.ok_or_else(|| wrong("The `attr-id` of the step is missing."))?;
            let kind = JobKind::parse(kind, payload.get("checked-data-type"))?;
            Ok(SchemaStep::Job { attr_id: attr_id.to_ascii_lowercase(), kind })
        }
        other => Err(wrong(&format!(
            "`{other}` is no step of a schema: add-attr, update-attr, delete-attr, restore-attr, index, unique, required, check-data-type and their removals are."
        ))),
    }
}

/// The step with the id of the job that it became.
pub(super) fn with_job(step: &Value, job_id: &str) -> Value {
    let mut parts = step.as_array().cloned().unwrap_or_default();
    let mut payload = parts.get(1).and_then(Value::as_object).cloned().unwrap_or_else(Object::new);
    payload.insert("job-id".to_owned(), job_id.into());
    parts.truncate(1);
    parts.push(payload.into());
    json!(parts)
}
