//! What somebody does who is no admin, checked against the rules.
//!
//! What is changed or deleted is asked about before anything is written, as it is stored; what is
//! made, afterwards, so that rules see its links. Every check is asked once.

mod attributes;
mod check;
mod links;
mod restrictions;
mod touched;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use ketch_cel::{Action, CompiledRule, Decision, Request, Variable};
use ketch_model::attr::{FILES, is_reserved};
use ketch_model::{Object, Record, Schema, Value};
use ketch_records::Transaction;
use ketch_store::ChangeKind;

use super::failure::{Failure, refusal};
use super::plan::Plan;
use super::step::Step;
use crate::error::Error;
use crate::permissions::Inquiry;
use crate::permissions::entity::object_of;
use crate::permissions::failure::broken;
use crate::permissions::references::References;
use crate::permissions::scene::{Scene, Subject};
use check::{Check, Ends, Of};
use touched::{Key, Touched};

/// What every denial expects.
const EXPECTED: &str = "perms-pass?";

pub(super) struct Guard<'g> {
    inquiry: &'g Inquiry,
    is_trial: bool,
    touched: Touched,
    /// Asked when everything is written.
    later: Vec<Check>,
    /// Entities whose deletion was asked about.
    doomed: HashSet<Key>,
    all_passed: bool,
    told: Vec<Value>,
}

impl<'g> Guard<'g> {
    pub(super) fn new(inquiry: &'g Inquiry, is_trial: bool) -> Self {
        Self {
            inquiry,
            is_trial,
            touched: Touched::default(),
            later: Vec::new(),
            doomed: HashSet::new(),
            all_passed: true,
            told: Vec::new(),
        }
    }

    /// Attrs are changed and deleted by admins alone.
    pub(super) fn schema_steps(&self, steps: &[Step]) -> Result<(), Failure> {
        attributes::refuse_changes(self.inquiry, steps)
    }

    /// Checks what is asked of the state before the transaction.
    pub(super) fn before(&mut self, transaction: &mut Transaction<'_>, plan: &Plan) -> Result<(), Failure> {
        if let Some(name) = plan.absent.first() {
            let message = format!("Could not find the entity {name} that is to be deleted.");
            return Err(Error::validation("lookup", name, &message).into());
        }
        self.touched = Touched::read(transaction, plan)?;
        restrictions::check(transaction, plan, &self.touched)?;
        let mut checks = Vec::new();
        for (key, entity) in self.touched.iter() {
            if entity.is_written && entity.before.is_some() {
                checks.push(Check::object(Action::Update, key));
            } else if entity.is_made() {
                self.later.push(Check::object(Action::Create, key));
            }
        }
        links::checks(self.inquiry, transaction.schema(), plan, &self.touched, &mut checks, &mut self.later);
        for key in self.touched.deleted(plan) {
            checks.push(Check::object(Action::Delete, &key));
        }
        let cascades = self.touched.read_cascades(transaction, plan)?;
        checks.extend(cascades.iter().map(|key| Check::object(Action::Delete, key)));
        let mut seen = HashSet::new();
        checks.retain(|check| seen.insert(check.clone()));
        self.later.retain(|check| seen.insert(check.clone()));
        for check in &checks {
            if let Of::Object(Action::Delete) = check.of {
                self.doomed.insert(check.key.clone());
            }
        }
        self.ask(transaction, &checks, false)
    }

    /// Checks what is asked of the state that the transaction made. `before` is the schema it found.
    pub(super) fn after(
        &mut self,
        transaction: &mut Transaction<'_>,
        before: &Arc<Schema>,
    ) -> Result<(), Failure> {
        self.attributes(transaction, before)?;
        // Links that this transaction made may have taken others along.
        let more: Vec<Arc<Record>> = transaction
            .changes()
            .iter()
            .filter(|change| change.kind == ChangeKind::Delete)
            .filter_map(|change| change.before.clone())
            .filter(|record| !self.doomed.contains(&touched::key_of(record)))
            .filter(|record| !self.touched.is_made(&touched::key_of(record)))
            .collect();
        let mut checks = Vec::new();
        for record in more {
            let key = touched::key_of(&record);
            checks.push(Check::object(Action::Delete, &key));
            self.touched.add(key, Record::clone(&record));
        }
        checks.append(&mut self.later);
        self.touched.read_made(transaction)?;
        self.ask(transaction, &checks, true)
    }

    /// Whether everything may be, and each check for whoever tries.
    pub(super) fn outcome(self) -> (bool, Vec<Value>) {
        (self.all_passed, self.told)
    }

    fn ask(
        &mut self,
        transaction: &mut Transaction<'_>,
        checks: &[Check],
        is_after: bool,
    ) -> Result<(), Failure> {
        let schema = transaction.schema().clone();
        let references = self.look_up(transaction, &schema, checks)?;
        for check in checks {
            self.ask_one(&schema, check, is_after, &references)?;
        }
        Ok(())
    }

    /// What the link paths of all rules lead to, one statement a link.
    fn look_up(
        &self,
        transaction: &mut Transaction<'_>,
        schema: &Arc<Schema>,
        checks: &[Check],
    ) -> Result<References, Failure> {
        let mut references = References::default();
        type Rules<'r> = BTreeMap<(String, String), (&'r CompiledRule, Vec<(Variable, String, String)>)>;
        let mut rules = Rules::new();
        for check in checks {
            let names = check.names(schema);
            if let Some(Decision::Rule(rule)) = self.decision(schema, check, &names) {
                let name = (names.namespace.clone(), check.rule_name().join("."));
                let (_, subjects) = rules.entry(name).or_insert_with(|| (rule, Vec::new()));
                subjects.push((Variable::Data, names.namespace, check.key.1.clone()));
                if let (Some(linked), Some(other)) = (names.linked, &check.other) {
                    subjects.push((Variable::LinkedData, linked, other.1.clone()));
                }
            }
        }
        for (rule, subjects) in rules.values() {
            let mut by_place: BTreeMap<(Variable, &str), BTreeSet<&str>> = BTreeMap::new();
            for (variable, namespace, id) in subjects {
                by_place.entry((*variable, namespace)).or_default().insert(id);
            }
            for ((variable, namespace), ids) in by_place {
                let of = (variable, namespace, &ids);
                let connection = transaction.connection();
                self.inquiry.look_up(connection, schema.attrs(), rule.facts(), of, &mut references)?;
            }
        }
        Ok(references)
    }

    fn decision(&self, schema: &Schema, check: &Check, names: &check::Names) -> Option<Decision<'g>> {
        match &check.of {
            // Accounts come by signing up and go by an admin's word; other namespaces of the system are
            // the server's.
            Of::Object(Action::Create | Action::Delete)
                if is_reserved(&names.namespace) && names.namespace != FILES =>
            {
                Some(Decision::Constant(false))
            }
            Of::Object(action) => {
                let collection = schema.by_id(&check.key.0);
                Some(self.inquiry.decision(&names.namespace, collection, *action))
            }
            Of::Link(action, label) => self.inquiry.link_decision(&names.namespace, label, *action),
        }
    }

    fn ask_one(
        &mut self,
        schema: &Arc<Schema>,
        check: &Check,
        is_after: bool,
        references: &References,
    ) -> Result<(), Failure> {
        let names = check.names(schema);
        let decision = self.decision(schema, check, &names).unwrap_or(Decision::Constant(false));
        let objects = self.objects(schema, check, &names, is_after);
        let request = Request { modified_fields: objects.modified.clone(), ..self.inquiry.request().clone() };
        let scene = Scene {
            inquiry: self.inquiry,
            data: Subject { namespace: &names.namespace, id: &check.key.1, object: objects.data.as_ref() },
            new_data: check.has_new_data().then_some(objects.new_data.as_ref()),
            linked: check.other.as_ref().map(|other| Subject {
                namespace: names.linked.as_deref().unwrap_or_default(),
                id: &other.1,
                object: objects.linked.as_ref(),
            }),
            actions: objects.actions.as_ref(),
            params: &objects.params,
            request: &request,
            references,
        };
        let mut name = vec![names.namespace.as_str()];
        let rule_name = check.rule_name();
        name.extend(rule_name.iter().map(String::as_str));
        let (result, source) = match decision {
            Decision::Constant(allowed) => (Value::Bool(allowed), None),
            Decision::Broken(problem) => return Err(broken(problem).into()),
            Decision::Rule(rule) => (self.inquiry.ask(rule, &name, &scene)?, Some(rule.source())),
        };
        let passes = result == true;
        if self.is_trial {
            let told = check.told(&names, source, &objects, result, passes);
            self.told.push(told);
            self.all_passed &= passes;
            return Ok(());
        }
        if passes { Ok(()) } else { Err(Error::denied(&[&names.namespace, "object"], EXPECTED).into()) }
    }

    /// What the variables of a check are.
    fn objects(&self, schema: &Schema, check: &Check, names: &check::Names, is_after: bool) -> Ends {
        let params = || self.touched.params(&check.key);
        let object = |namespace: &str, record: Option<&Record>| -> Option<Object> {
            record.map(|record| object_of(schema.attrs(), namespace, record))
        };
        let namespace = names.namespace.as_str();
        let stored = self.touched.stored(&check.key, is_after);
        let mut data = object(namespace, stored);
        let mut new_data = object(namespace, self.touched.predicted(&check.key, is_after));
        if data.is_none() && matches!(check.of, Of::Object(Action::Create)) {
            // Made by a link alone: there is nothing of it but its id.
            let bare = Object::from_iter([("id".to_owned(), Value::from(check.key.1.as_str()))]);
            data = Some(bare.clone());
            new_data = Some(bare);
        }
        let linked = check.other.as_ref().and_then(|other| {
            object(names.linked.as_deref().unwrap_or_default(), self.touched.stored(other, is_after))
        });
        let modified = match &check.of {
            Of::Object(Action::Create | Action::Update) => {
                Some(self.touched.modified(&check.key).map(Value::from).collect())
            }
            _ => None,
        };
        let actions = check.actions(&self.touched);
        Ends { data, new_data, linked, modified, actions, params: params() }
    }

    /// New attrs, those that steps named too.
    fn attributes(&mut self, transaction: &mut Transaction<'_>, before: &Arc<Schema>) -> Result<(), Failure> {
        let schema = transaction.schema().clone();
        if Arc::ptr_eq(&schema, before) {
            return Ok(());
        }
        let new: Vec<_> = schema
            .attrs()
            .iter()
            .filter(|entry| before.attrs().by_id(&entry.attr.id).is_none())
            .map(|entry| entry.attr.clone())
            .collect();
        let mut references = References::default();
        if let (Decision::Rule(rule), _) = self.inquiry.attribute_decision() {
            self.inquiry
                .look_up_auth(transaction.connection(), schema.attrs(), rule.facts(), &mut references)
                .map_err(|error| refusal(&schema, error.into()))?;
        }
        for attr in new {
            let (passes, told) = attributes::ask(self.inquiry, before, &attr, &references)?;
            if self.is_trial {
                self.told.push(told);
                self.all_passed &= passes;
            } else if !passes {
                return Err(attributes::denial(self.inquiry, &attr).into());
            }
        }
        Ok(())
    }
}
