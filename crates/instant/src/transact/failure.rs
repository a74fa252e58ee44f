//! Why a transaction ended.

use ketch_model::collection::Schema;
use ketch_model::{Value, json};
use ketch_records::TransactionError;
use ketch_store::StoreError;
use serde_json::json;

use crate::error::{Error, Kind};

/// Why a transaction was undone.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It has to change the schema and was not begun so: it is begun again.
    NotExclusive,
    /// It was a trial, and rules did not let it pass.
    Tried(Vec<Value>),
    Failed(Error),
}

impl Failure {
    /// The error of a transaction that was not to change the schema, or was begun so.
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Failed(error) => error,
            Self::NotExclusive => Error::unknown("a transaction that changes the schema was not exclusive"),
            Self::Tried(_) => Error::unknown("a transaction that was no trial ended as one"),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<ketch_model::Error> for Failure {
    fn from(error: ketch_model::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Failed(match error {
            StoreError::Timeout => {
                let message = "The transaction took too long and was undone: send it in smaller parts.";
                Error::new(Kind::Timeout, message, Value::Null)
            }
            other => ketch_model::Error::from(other).into(),
        })
    }
}

/// The core's refusal in the words of this dialect. `input` is what the client sent.
pub(crate) fn refusal(schema: &Schema, error: TransactionError) -> Failure {
    let message = error.message();
    Failure::Failed(match error {
        TransactionError::NotExclusive => return Failure::NotExclusive,
        TransactionError::NotUnique { collection, field, value } => {
            let namespace = schema.attrs().namespace(&collection.id).unwrap_or(&collection.name).to_owned();
            not_unique(schema, &namespace, &field, &value)
        }
        TransactionError::Taken { namespace, label } => {
            let hint = json!({ "record-type": "ident", "etype": namespace, "label": label });
            Error::new(Kind::RecordNotUnique, format!("`{label}` already exists on `{namespace}`"), hint)
        }
        TransactionError::Failed(error) => error.into(),
        TransactionError::Missing { .. }
        | TransactionError::Mismatch { .. }
        | TransactionError::Refused(_) => Error::validation("tx-step", &Value::Null, &message),
    })
}

/// An entity has the value already.
pub(crate) fn not_unique(schema: &Schema, namespace: &str, label: &str, value: &Value) -> Error {
    let text = json::to_text(value);
    let message = format!(
        "`{label}` is a unique attribute on `{namespace}` and an entity already exists with `{namespace}.{label}` = {text}"
    );
    let attr = schema.attrs().forward(namespace, label);
    let hint = json!({
        "record-type": "triple",
        "attr-id": attr.map(|entry| entry.attr.id.as_str()),
        "etype": namespace,
        "label": label,
        "value": text,
    });
    Error::new(Kind::RecordNotUnique, message, hint)
}
