//! The rules as somebody asks them in one request.

use std::collections::BTreeSet;
use std::sync::Arc;

use ketch_cel::time::Timestamp;
use ketch_cel::{
    Action, CompiledRule, Decision, EvaluationError, Facts, FailureKind, LinkAction, Request, Rules, Variable,
};
use ketch_model::attr::USERS;
use ketch_model::collection::Attrs;
use ketch_model::{Collection, Error as CoreError, Object, Schema, Value, time};
use ketch_store::Connection;
use parking_lot::Mutex;

use super::context::Context;
use super::entity::{is_closed, object_of};
use super::failure;
use super::limits::Limiter;
use super::references::References;
use super::scene::Scene;
use super::service::RuleBook;
use crate::error::{Error, Result};
use crate::viewer::Viewer;

/// Paths of `auth.ref` begin with this.
const USER_PREFIX: &str = "$user.";

/// Who asks, of which rules, and all that rules may know of the request.
pub struct Inquiry {
    pub(super) book: Arc<RuleBook>,
    pub(crate) schema: Arc<Schema>,
    viewer: Viewer,
    /// The user's row as rules see it.
    user: Option<Object>,
    params: Object,
    request: Request,
    limiter: Arc<Limiter>,
    /// What an exhausted bucket says, until the error is made.
    exhausted: Mutex<Option<Value>>,
    /// Errors go to whoever writes the rules.
    to_author: bool,
    /// The app was made to be used through this dialect.
    for_instant: bool,
    /// Buckets are asked and nothing is taken from them.
    takes_nothing: bool,
}

impl Inquiry {
    pub(super) fn new(
        book: Arc<RuleBook>,
        schema: Arc<Schema>,
        viewer: Viewer,
        context: &Context,
        limiter: Arc<Limiter>,
    ) -> Self {
        let user = viewer.user().map(|user| object_of(schema.attrs(), USERS, user));
        let now = time::unix_milliseconds();
        let request = Request {
            time: at(now),
            modified_fields: None,
            ip: context.ip.clone(),
            origin: context.origin.clone(),
        };
        Self {
            book,
            schema,
            viewer,
            user,
            params: Object::new(),
            request,
            limiter,
            exhausted: Mutex::default(),
            to_author: false,
            for_instant: false,
            takes_nothing: false,
        }
    }

    /// With what a query passes as `ruleParams`.
    #[must_use]
    pub fn with_params(mut self, params: &Object) -> Self {
        self.params.clone_from(params);
        self
    }

    /// Errors of rules are told in full.
    #[must_use]
    pub fn for_author(mut self) -> Self {
        self.to_author = true;
        self
    }

    /// What is taken from buckets was taken before.
    #[must_use]
    pub(crate) fn without_taking(mut self) -> Self {
        self.takes_nothing = true;
        self
    }

    /// Tells what the app was made for.
    pub(super) fn of_app(mut self, for_instant: bool) -> Self {
        self.for_instant = for_instant;
        self
    }

    /// Whether anybody may make attrs as long as no rule says who: in apps that are used through this
    /// dialect. One that only the other dialect has ever been used in has an id too, which must open
    /// nothing. It is used so once its admin has made a namespace or set rules.
    pub(crate) fn makes_attrs_by_default(&self) -> bool {
        let has_namespaces = || self.schema.collections().iter().any(|known| known.instant.is_some());
        self.for_instant || self.book.is_set() || has_namespaces()
    }

    pub fn is_admin(&self) -> bool {
        self.viewer.is_admin()
    }

    pub(crate) fn attrs(&self) -> &Attrs {
        self.schema.attrs()
    }

    pub(super) fn rules(&self) -> &Rules {
        &self.book.rules
    }

    pub(crate) fn user(&self) -> Option<&Object> {
        self.user.as_ref()
    }

    pub(crate) fn params(&self) -> &Object {
        &self.params
    }

    pub(crate) fn request(&self) -> &Request {
        &self.request
    }

    /// What decides about an action on entities of a namespace.
    pub(crate) fn decision(
        &self,
        namespace: &str,
        collection: Option<&Arc<Collection>>,
        action: Action,
    ) -> Decision<'_> {
        let found = self.rules().rule(namespace, action);
        if !found.written && is_closed(namespace, collection) {
            return Decision::Constant(false);
        }
        found.decision
    }

    /// What the side of a link says of it; `None`: nothing.
    pub(crate) fn link_decision(
        &self,
        namespace: &str,
        label: &str,
        action: LinkAction,
    ) -> Option<Decision<'_>> {
        self.rules().link_rule(namespace, label, action)
    }

    /// What decides about new attrs, and whether the document says so.
    pub(crate) fn attribute_decision(&self) -> (Decision<'_>, bool) {
        let found = self.rules().attribute_rule();
        (found.decision, found.written)
    }

    /// Looks up what a rule's `ref`s of `data` and of `auth` need, for entities of a namespace.
    pub(crate) fn look_up(
        &self,
        connection: &mut dyn Connection,
        attrs: &Attrs,
        facts: &Facts,
        of: (Variable, &str, &BTreeSet<&str>),
        references: &mut References,
    ) -> Result<(), CoreError> {
        let (variable, namespace, ids) = of;
        for (object, path) in &facts.references {
            if *object == variable {
                references.look_up(connection, attrs, namespace, path, ids)?;
            }
        }
        self.look_up_auth(connection, attrs, facts, references)
    }

    /// Looks up what `auth.ref`s need.
    pub(crate) fn look_up_auth(
        &self,
        connection: &mut dyn Connection,
        attrs: &Attrs,
        facts: &Facts,
        references: &mut References,
    ) -> Result<(), CoreError> {
        let Some(user) = self.viewer.user() else { return Ok(()) };
        for (object, path) in &facts.references {
            if let (Variable::Auth, Some(path)) = (object, path.strip_prefix(USER_PREFIX)) {
                references.look_up(connection, attrs, USERS, path, &BTreeSet::from([user.id()]))?;
            }
        }
        Ok(())
    }

    pub(super) fn auth_reference<'a>(&self, references: &'a References, path: &str) -> Option<&'a [Value]> {
        let path = path.strip_prefix(USER_PREFIX)?;
        Some(self.viewer.user().map_or(&[], |user| references.of(USERS, path, user.id())))
    }

    /// Takes from a bucket.
    pub(super) fn take(&self, name: &str, key: &str, amount: u64) -> Result<bool, EvaluationError> {
        let Some(bucket) = self.rules().bucket(name) else {
            return Err(EvaluationError::failed(format!("there is no bucket '{name}'")));
        };
        if self.takes_nothing {
            return Ok(true);
        }
        match self.limiter.take(name, bucket, key, amount, time::unix_milliseconds()) {
            Ok(()) => Ok(true),
            Err(hint) => {
                *self.exhausted.lock() = Some(hint);
                Err(EvaluationError::rate_limited(name))
            }
        }
    }

    /// Asks a rule. `name` is where it is: `["posts", "view"]`.
    pub(crate) fn ask(&self, rule: &CompiledRule, name: &[&str], scene: &Scene<'_>) -> Result<Value> {
        match rule.evaluate(scene) {
            Ok(ketch_cel::Value::Bool(answer)) => Ok(Value::Bool(answer)),
            Ok(_) => Ok(Value::Null),
            Err(error) => Err(self.failure(name, &error)),
        }
    }

    /// What a rule raised, as an error.
    pub(crate) fn failure(&self, name: &[&str], error: &EvaluationError) -> Error {
        if error.kind == FailureKind::RateLimited {
            return failure::limited(self.exhausted.lock().take().unwrap_or_default());
        }
        failure::raised(name, error, self.to_author)
    }
}

/// The present; the epoch if the clock is beyond the times that rules know.
fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_milliseconds(milliseconds).unwrap_or_else(Timestamp::epoch)
}
