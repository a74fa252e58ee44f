//! What surrounds a rule for one entity.

use ketch_cel::{Environment, EvaluationError, FailureKind, Request, Value, Variable};
use ketch_model::{Object, Value as Json};

use super::inquiry::Inquiry;
use super::references::References;

/// An entity that a rule is asked about, and where it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) namespace: &'a str,
    pub(crate) id: &'a str,
    /// `None`: there is none, and the variable is null.
    pub(crate) object: Option<&'a Object>,
}

/// Everything that a rule can name. Variables that the action does not have are `None`.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) inquiry: &'a Inquiry,
    pub(crate) data: Subject<'a>,
    pub(crate) new_data: Option<Option<&'a Object>>,
    pub(crate) linked: Option<Subject<'a>>,
    pub(crate) actions: Option<&'a Object>,
    pub(crate) params: &'a Object,
    pub(crate) request: &'a Request,
    pub(crate) references: &'a References,
}

fn object(object: Option<&Object>) -> Value<'_> {
    object.map_or(Value::Null, Value::from_object)
}

impl Environment for Scene<'_> {
    fn variable(&self, variable: Variable) -> Option<Value<'_>> {
        match variable {
            Variable::Data => Some(object(self.data.object)),
            Variable::NewData => self.new_data.map(object),
            Variable::LinkedData => self.linked.map(|linked| object(linked.object)),
            Variable::Actions => self.actions.map(Value::from_object),
            Variable::RuleParams => Some(Value::from_object(self.params)),
            Variable::Auth => Some(object(self.inquiry.user())),
            _ => None,
        }
    }

    fn reference(&self, variable: Variable, path: &str) -> Option<&[Json]> {
        match variable {
            Variable::Data => Some(self.references.of(self.data.namespace, path, self.data.id)),
            Variable::LinkedData => {
                let linked = self.linked?;
                Some(self.references.of(linked.namespace, path, linked.id))
            }
            Variable::Auth => self.inquiry.auth_reference(self.references, path),
            _ => None,
        }
    }

    fn request(&self) -> Option<&Request> {
        Some(self.request)
    }

    fn limit(&self, bucket: &str, key: &str, amount: u64) -> Result<bool, EvaluationError> {
        self.inquiry.take(bucket, key, amount)
    }
}

/// What is known of a rule before any entity is: what is left of it is a condition on entities.
pub(super) struct Known<'a> {
    pub(super) inquiry: &'a Inquiry,
    /// What `auth.ref` answers.
    pub(super) references: &'a References,
}

impl Environment for Known<'_> {
    fn variable(&self, variable: Variable) -> Option<Value<'_>> {
        match variable {
            Variable::RuleParams => Some(Value::from_object(self.inquiry.params())),
            Variable::Auth => Some(object(self.inquiry.user())),
            _ => None,
        }
    }

    fn reference(&self, variable: Variable, path: &str) -> Option<&[Json]> {
        match variable {
            Variable::Auth => self.inquiry.auth_reference(self.references, path),
            _ => None,
        }
    }

    fn request(&self) -> Option<&Request> {
        Some(self.inquiry.request())
    }

    /// Taking from a bucket is something that happens for each entity.
    fn limit(&self, bucket: &str, _: &str, _: u64) -> Result<bool, EvaluationError> {
        let message = format!("'rateLimit.{bucket}' is not known here");
        Err(EvaluationError { kind: FailureKind::Unknown, message })
    }
}
