//! Why a step of a transaction was refused, as far as its caller has to know more than a message.

use std::sync::Arc;

use ketch_model::{Collection, Error, FieldError, Value};
use ketch_store::StoreError;

/// Why a step of a [`Transaction`](crate::transact::Transaction) failed. The transaction must be undone.
#[derive(Debug, Clone)]
pub enum TransactionError {
    /// Another record holds the value of a unique field, or a target has another source already.
    NotUnique {
        collection: Arc<Collection>,
        field: String,
        value: Box<Value>,
    },
    /// An attr or an identity of this name is there already.
    Taken {
        namespace: String,
        label: String,
    },
    /// Records lack the value of an attr that was to become required; a few of their ids.
    Missing {
        namespace: String,
        label: String,
        ids: Vec<String>,
    },
    /// A value is there that an attr's new type, or number of targets, has no place for.
    Mismatch {
        namespace: String,
        label: String,
        id: String,
        value: Box<Value>,
    },
    /// The request does not hold: one sentence for people.
    Refused(String),
    /// The step changes the schema, and the transaction was not begun as exclusive: begin it again so.
    NotExclusive,
    Failed(Error),
}

impl TransactionError {
    /// A sentence for people.
    pub fn message(&self) -> String {
        match self {
            Self::NotUnique { collection, field, value } => {
                format!(
                    "`{field}` is a unique attribute of `{}` and {value} is there already",
                    collection.name
                )
            }
            Self::Taken { namespace, label } => format!("`{label}` already exists on `{namespace}`"),
            Self::Missing { namespace, label, ids } => {
                format!("missing required attribute `{namespace}/{label}`: {}", ids.join(", "))
            }
            Self::Mismatch { namespace, label, id, value } => {
                format!("`{namespace}.{label}` of {id} holds {value}, which does not fit")
            }
            Self::Refused(message) => message.clone(),
            Self::NotExclusive => "the schema can only change in an exclusive transaction".to_owned(),
            Self::Failed(error) => match error.fields.values().find_map(first_message) {
                Some(message) => format!("{} {message}", error.message),
                None => error.message.clone().into(),
            },
        }
    }
}

fn first_message(error: &FieldError) -> Option<String> {
    match error {
        FieldError::Invalid(invalid) => Some(invalid.message.clone().into()),
        FieldError::Nested(nested) => nested.values().find_map(first_message),
    }
}

impl std::fmt::Display for TransactionError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.message())
    }
}

impl std::error::Error for TransactionError {}

impl From<Error> for TransactionError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<StoreError> for TransactionError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}
