//! Who may see what: the rules as the view policy of a query.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use ketch_cel::{Action, Condition, Decision, Residual};
use ketch_model::{Collection, Error as CoreError, Object, Value};
use ketch_query::Predicate;
use ketch_query::tree::Alias;
use ketch_store::Connection;
use parking_lot::Mutex;
use serde_json::json;

use super::conditions;
use super::dependencies;
use super::entity::Shape;
use super::failure;
use super::inquiry::Inquiry;
use super::references::References;
use super::scene::{Known, Scene, Subject};
use crate::error::{Error, Result};
use crate::query::{Aliases, Dependencies, Rows, Scope, Sight, ViewPolicy};

/// The view permissions of one viewer, for one query. Whoever is an admin sees everything.
pub struct RulePolicy {
    inquiry: Inquiry,
    /// What `auth.ref` of the viewer leads to.
    auth: References,
    seen: Mutex<HashMap<String, Arc<Seen>>>,
    /// What was decided of entities, by collection and entity id: nothing is asked twice.
    decided: Mutex<HashMap<(String, String), Sight>>,
    /// Why a rule could not be asked, in the words of this dialect.
    failure: Mutex<Option<Error>>,
    /// What was asked, where somebody wants to know.
    checks: Option<Mutex<Vec<Value>>>,
}

/// What is known of a collection before its rows are.
struct Seen {
    namespace: String,
    scope: Scope,
    view: Answer,
    /// Rules of fields that may hide them: position of the field, label, answer.
    fields: Vec<(usize, String, Answer)>,
    shape: Shape,
}

/// What a rule says of all entities.
enum Answer {
    Known(bool),
    /// True exactly where the condition is.
    Depends(Condition),
    /// It has to be asked.
    Unknown,
}

impl RulePolicy {
    /// The rules as the inquirer asks them. Reads what is behind `auth.ref`.
    ///
    /// # Errors
    /// The store's.
    pub fn new(connection: &mut dyn Connection, inquiry: Inquiry) -> Result<Self> {
        let mut auth = References::default();
        for facts in inquiry.rules().view_facts() {
            inquiry.look_up_auth(connection, inquiry.attrs(), facts, &mut auth)?;
        }
        Ok(Self {
            inquiry,
            auth,
            seen: Mutex::default(),
            decided: Mutex::default(),
            failure: Mutex::default(),
            checks: None,
        })
    }

    /// Asks the rules of every entity, and remembers the answers.
    #[must_use]
    pub fn noting_checks(mut self) -> Self {
        self.checks = Some(Mutex::default());
        self
    }

    /// The answers so far: `{"id", "entity", "record", "check"}` of each entity.
    pub fn take_checks(&self) -> Vec<Value> {
        self.checks.as_ref().map(|checks| std::mem::take(&mut *checks.lock())).unwrap_or_default()
    }

    /// The error of a query that was loaded under this policy: what a rule raised, or else the query's.
    pub fn explain(&self, error: CoreError) -> Error {
        self.failure.lock().take().unwrap_or_else(|| error.into())
    }

    fn seen(&self, collection: &Arc<Collection>) -> Arc<Seen> {
        if let Some(seen) = self.seen.lock().get(&collection.id) {
            return seen.clone();
        }
        let seen = Arc::new(self.find(collection));
        self.seen.lock().insert(collection.id.clone(), seen.clone());
        seen
    }

    fn find(&self, collection: &Arc<Collection>) -> Seen {
        let attrs = self.inquiry.attrs();
        let Some(namespace) = attrs.namespace(&collection.id) else {
            let (namespace, shape) = (String::new(), Shape::default());
            return Seen {
                namespace,
                scope: Scope::Nothing,
                view: Answer::Known(false),
                fields: Vec::new(),
                shape,
            };
        };
        let view = self.answer(self.inquiry.decision(namespace, Some(collection), Action::View));
        let mut fields = Vec::new();
        for (label, decision) in self.inquiry.rules().field_rules(namespace) {
            let Some(field) = collection.field_index(label) else { continue };
            match self.answer(decision) {
                Answer::Known(true) if self.checks.is_none() => {}
                answer => fields.push((field, label.to_owned(), answer)),
            }
        }
        let shape = Shape::of(attrs, namespace, collection);
        let scope = match &view {
            _ if self.checks.is_some() => Scope::Checked,
            Answer::Known(false) => Scope::Nothing,
            _ if !fields.is_empty() => Scope::Checked,
            Answer::Known(true) => Scope::All,
            Answer::Unknown => Scope::Checked,
            Answer::Depends(condition) => {
                let rows = conditions::Rows { attrs, namespace, collection, at: Alias::ROOT };
                match conditions::exact(&rows, condition, &mut Aliases::default()) {
                    Some(Predicate::Always) => Scope::All,
                    Some(Predicate::Never) => Scope::Nothing,
                    Some(_) => Scope::Pushed,
                    None => Scope::Checked,
                }
            }
        };
        Seen { namespace: namespace.to_owned(), scope, view, fields, shape }
    }

    fn answer(&self, decision: Decision<'_>) -> Answer {
        let rule = match decision {
            Decision::Constant(answer) => return Answer::Known(answer),
            Decision::Broken(_) => return Answer::Unknown,
            // A rule that takes from a bucket does so for each entity.
            Decision::Rule(rule) if !rule.facts().buckets.is_empty() => return Answer::Unknown,
            Decision::Rule(rule) => rule,
        };
        match rule.partial(&Known { inquiry: &self.inquiry, references: &self.auth }) {
            Residual::Always => Answer::Known(true),
            Residual::Never => Answer::Known(false),
            Residual::Fails(_) => Answer::Unknown,
            Residual::When(condition) => Answer::Depends(condition),
        }
    }

    /// The rules that decide about rows of a collection.
    fn look_at(&self, connection: &mut dyn Connection, rows: &Rows) -> Result<Vec<Sight>> {
        let seen = self.seen(&rows.collection);
        let key = |row: usize| (rows.collection.id.clone(), rows.id(row).to_owned());
        let open: Vec<usize> = {
            let decided = self.decided.lock();
            (0..rows.len()).filter(|row| !decided.contains_key(&key(*row))).collect()
        };
        if !open.is_empty() {
            let sights = self.ask(connection, rows, &open, &seen)?;
            let mut decided = self.decided.lock();
            for (row, sight) in open.into_iter().zip(sights) {
                decided.insert(key(row), sight);
            }
        }
        let decided = self.decided.lock();
        Ok((0..rows.len()).map(|row| decided.get(&key(row)).cloned().unwrap_or(Sight::Nothing)).collect())
    }

    fn ask(
        &self,
        connection: &mut dyn Connection,
        rows: &Rows,
        open: &[usize],
        seen: &Seen,
    ) -> Result<Vec<Sight>> {
        let (inquiry, attrs) = (&self.inquiry, self.inquiry.attrs());
        let namespace = seen.namespace.as_str();
        let view = inquiry.decision(namespace, Some(&rows.collection), Action::View);
        let mut asked = vec![(&seen.view, view)];
        for (_, label, answer) in &seen.fields {
            let decision = inquiry.rules().field_rule(namespace, label).unwrap_or(Decision::Constant(true));
            asked.push((answer, decision));
        }
        let ids: BTreeSet<&str> = open.iter().map(|row| rows.id(*row)).collect();
        let mut references = References::default();
        for (answer, decision) in &asked {
            if let (false, Decision::Rule(rule)) = (matches!(answer, Answer::Known(_)), decision) {
                let of = (ketch_cel::Variable::Data, namespace, &ids);
                inquiry.look_up(connection, attrs, rule.facts(), of, &mut references)?;
            }
        }
        let mut sights = Vec::with_capacity(open.len());
        for row in open {
            let object = seen.shape.of_row(rows, *row);
            let id = rows.id(*row);
            let scene = Scene {
                inquiry,
                data: Subject { namespace, id, object: Some(&object) },
                new_data: None,
                linked: None,
                actions: None,
                params: inquiry.params(),
                request: inquiry.request(),
                references: &references,
            };
            let answer = |position: usize, name: &str| -> Result<Value> {
                match asked[position] {
                    (Answer::Known(answer), _) => Ok(Value::Bool(*answer)),
                    (_, Decision::Constant(answer)) => Ok(Value::Bool(answer)),
                    (_, Decision::Broken(problem)) => Err(failure::broken(problem)),
                    (_, Decision::Rule(rule)) => inquiry.ask(rule, &[namespace, name], &scene),
                }
            };
            let view = answer(0, Action::View.name())?;
            self.note(namespace, id, &object, &view);
            if view != Value::Bool(true) {
                sights.push(Sight::Nothing);
                continue;
            }
            let mut hidden = BTreeSet::new();
            for (position, (field, label, _)) in seen.fields.iter().enumerate() {
                let shows = answer(position + 1, label)?;
                self.note(namespace, id, &object, &shows);
                if shows != Value::Bool(true) {
                    hidden.insert(*field);
                }
            }
            sights.push(if hidden.is_empty() { Sight::All } else { Sight::Without(hidden) });
        }
        Ok(sights)
    }

    fn note(&self, namespace: &str, id: &str, record: &Object, check: &Value) {
        if let Some(checks) = &self.checks {
            // One client takes these four keys and no other.
            checks.lock().push(json!({ "id": id, "entity": namespace, "record": record, "check": check }));
        }
    }
}

impl ViewPolicy for RulePolicy {
    fn scope(&self, collection: &Arc<Collection>) -> Scope {
        if self.inquiry.is_admin() {
            return Scope::All;
        }
        self.seen(collection).scope
    }

    fn predicate(&self, collection: &Arc<Collection>, at: Alias, aliases: &mut Aliases) -> Predicate {
        let seen = self.seen(collection);
        let Answer::Depends(condition) = &seen.view else { return Predicate::Always };
        let rows =
            conditions::Rows { attrs: self.inquiry.attrs(), namespace: &seen.namespace, collection, at };
        match seen.scope {
            // Whoever notes checks wants to know of hidden entities, too.
            _ if self.checks.is_some() => Predicate::Always,
            Scope::Checked => conditions::possible(&rows, condition, aliases),
            _ => conditions::exact(&rows, condition, aliases).unwrap_or(Predicate::Never),
        }
    }

    fn hint(&self, collection: &Arc<Collection>) -> Option<Predicate> {
        let seen = self.seen(collection);
        let Answer::Depends(condition) = &seen.view else { return None };
        if self.checks.is_some() {
            return None;
        }
        let (attrs, namespace) = (self.inquiry.attrs(), seen.namespace.as_str());
        conditions::hint(&conditions::Rows { attrs, namespace, collection, at: Alias::ROOT }, condition)
    }

    fn look(&self, connection: &mut dyn Connection, rows: &Rows) -> Result<Vec<Sight>, CoreError> {
        self.look_at(connection, rows).map_err(|error| {
            let core = CoreError::bad_request(error.message.clone());
            *self.failure.lock() = Some(error);
            core
        })
    }

    fn may_aggregate(&self) -> bool {
        self.inquiry.is_admin()
    }

    fn note_dependencies(&self, collection: &Arc<Collection>, dependencies: &mut Dependencies) {
        let Some(namespace) = self.inquiry.attrs().namespace(&collection.id) else { return };
        if self.inquiry.is_admin() {
            return;
        }
        let view = self.inquiry.decision(namespace, Some(collection), Action::View);
        let fields = self.inquiry.rules().field_rules(namespace).map(|(_, decision)| decision);
        for decision in fields.chain([view]) {
            if let Decision::Rule(rule) = decision {
                dependencies::note(&self.inquiry, namespace, collection, rule.facts(), dependencies);
            }
        }
    }
}
