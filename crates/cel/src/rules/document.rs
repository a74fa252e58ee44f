//! Reads a rules document.

use std::collections::BTreeMap;
use std::sync::Arc;

use ketch_model::{Object, Value as Json};

use super::{Action, Bucket, Entry, LinkAction, Namespace, RuleProblem, Rules, limits};
use crate::error::RuleError;
use crate::expression::Binds;
use crate::rule::CompiledRule;
use crate::syntax::ast::Variable;

const DEFAULT: &str = "$default";
const RATE_LIMITS: &str = "$rateLimits";
/// System namespaces that rules can be written for.
const OPEN: [&str; 3] = ["$users", "$files", "$streams"];

pub(super) fn compile(document: &Json) -> Result<Rules, Vec<RuleProblem>> {
    let none = Object::new();
    let document = match document {
        Json::Null => &none,
        Json::Object(document) => document,
        _ => return Err(vec![RuleProblem::new(&[], "the rules are an object of namespaces")]),
    };
    let mut reader = Reader { problems: Vec::new(), rules: Rules::default() };
    if let Some(value) = document.get(RATE_LIMITS).filter(|value| !value.is_null()) {
        reader.buckets(value);
    }
    let shared = document.get(DEFAULT).map(|value| reader.definitions(DEFAULT, value)).unwrap_or_default();
    for (name, value) in document {
        match name.as_str() {
            RATE_LIMITS => {}
            DEFAULT => reader.namespace(name, value, &BTreeMap::new()),
            other if other.starts_with('$') && !OPEN.contains(&other) => {
                reader.problem(&[name], format!("there can be no rules for the system namespace '{name}'"));
            }
            _ => reader.namespace(name, value, &shared),
        }
    }
    if reader.problems.is_empty() { Ok(reader.rules) } else { Err(reader.problems) }
}

struct Reader {
    problems: Vec<RuleProblem>,
    rules: Rules,
}

/// Expressions by name.
type Definitions = BTreeMap<String, String>;

impl Reader {
    fn problem(&mut self, path: &[&str], message: impl Into<String>) {
        self.problems.push(RuleProblem::new(path, message));
    }

    /// The object under a key, if there is one.
    fn object<'a>(&mut self, parent: &'a Json, path: &[&str]) -> Option<&'a Object> {
        match parent.get(path.last()?) {
            None | Some(Json::Null) => None,
            Some(Json::Object(object)) => Some(object),
            Some(_) => {
                self.problem(path, format!("{} must be an object", path.join(".")));
                None
            }
        }
    }

    fn buckets(&mut self, value: &Json) {
        let Json::Object(buckets) = value else {
            return self.problem(&[RATE_LIMITS], "$rateLimits must be an object of buckets");
        };
        for (name, value) in buckets {
            let bucket: Result<Bucket, RuleProblem> = limits::bucket(name, value);
            match bucket {
                Ok(bucket) => drop(self.rules.buckets.insert(name.clone(), bucket)),
                Err(problem) => self.problems.push(problem),
            }
        }
    }

    fn namespace(&mut self, name: &str, value: &Json, shared: &Definitions) {
        if value.is_null() {
            return;
        }
        if !value.is_object() {
            return self.problem(&[name], format!("the rules of '{name}' must be an object"));
        }
        let Some(binds) = self.binds(name, value, shared) else { return };
        let mut namespace = Namespace::default();
        if let Some(allow) = self.object(value, &[name, "allow"]) {
            self.actions(name, allow, &binds, &mut namespace);
            self.links(name, value, &binds, &mut namespace);
        }
        if let Some(fields) = self.object(value, &[name, "fields"]) {
            for (label, text) in fields {
                let path = [name, "fields", label];
                if label == "id" {
                    self.problem(&path, "the id of an entity cannot be hidden: there can be no rule for it");
                    continue;
                }
                if let Some(entry) = self.strict(text, &path, Action::View.variables(), &binds) {
                    namespace.fields.insert(label.clone(), entry);
                }
            }
        }
        self.rules.namespaces.insert(name.to_owned(), namespace);
    }

    fn actions(&mut self, name: &str, allow: &Object, binds: &Arc<Binds>, namespace: &mut Namespace) {
        for action in Action::ALL {
            if let Some(text) = allow.get(action.name()) {
                let path = [name, "allow", action.name()];
                let refused = matches!(text, Json::Bool(false))
                    || text.as_str().is_some_and(|text| text.trim() == "false");
                if name == "$users" && action == Action::Delete && !refused && !text.is_null() {
                    self.problem(&path, "users cannot be deleted by clients: the rule can only be false");
                } else if let Some(entry) = self.strict(text, &path, action.variables(), binds) {
                    namespace.actions.insert(action, entry);
                }
            }
            if let Some(text) = allow.get(DEFAULT) {
                let path = [name, "allow", DEFAULT];
                if let Some(entry) = self.lenient(text, &path, action.variables(), binds) {
                    namespace.default.insert(action, entry);
                }
            }
        }
    }

    fn links(&mut self, name: &str, value: &Json, binds: &Arc<Binds>, namespace: &mut Namespace) {
        let Some(allow) = value.get("allow") else { return };
        for action in [LinkAction::Link, LinkAction::Unlink] {
            let Some(labels) = self.object(allow, &[name, "allow", action.name()]) else { continue };
            for (label, text) in labels {
                let path = [name, "allow", action.name(), label];
                if let Some(entry) = self.lenient(text, &path, action.variables(), binds) {
                    namespace.links.insert((action, label.clone()), entry);
                }
            }
        }
    }

    /// A rule that must compile.
    fn strict(
        &mut self,
        text: &Json,
        path: &[&str],
        variables: &[Variable],
        binds: &Arc<Binds>,
    ) -> Option<Entry> {
        match self.entry(text, path, variables, binds) {
            Ok(entry) => entry,
            Err(problems) => {
                self.problems.extend(problems);
                None
            }
        }
    }

    /// A rule that may turn out to be broken when it is needed.
    fn lenient(
        &mut self,
        text: &Json,
        path: &[&str],
        variables: &[Variable],
        binds: &Arc<Binds>,
    ) -> Option<Entry> {
        match self.entry(text, path, variables, binds) {
            Ok(entry) => entry,
            Err(problems) => problems.into_iter().next().map(Entry::Broken),
        }
    }

    fn entry(
        &self,
        text: &Json,
        path: &[&str],
        variables: &[Variable],
        binds: &Arc<Binds>,
    ) -> Result<Option<Entry>, Vec<RuleProblem>> {
        let text = match text {
            Json::Null => return Ok(None),
            Json::Bool(value) => return Ok(Some(Entry::Constant(*value))),
            Json::String(text) => text,
            _ => return Err(vec![RuleProblem::new(path, "a rule is an expression, true or false")]),
        };
        let problems = |errors: Vec<RuleError>| -> Vec<RuleProblem> {
            errors.into_iter().map(|error| RuleProblem::of(path, error)).collect()
        };
        let rule = CompiledRule::compile(text, variables, binds.clone()).map_err(problems)?;
        let unknown = rule.facts().buckets.iter().find(|bucket| !self.rules.buckets.contains_key(&***bucket));
        if let Some(bucket) = unknown {
            let message = format!("there is no bucket '{bucket}' in {RATE_LIMITS}");
            return Err(vec![RuleProblem::new(path, message)]);
        }
        Ok(Some(match rule.source().trim() {
            "true" => Entry::Constant(true),
            "false" => Entry::Constant(false),
            _ => Entry::Rule(Box::new(rule)),
        }))
    }

    /// The binds of a namespace, `[name, expression, …]` or `{name: expression}`.
    fn definitions(&mut self, name: &str, value: &Json) -> Definitions {
        let path = [name, "bind"];
        let mut pairs: Vec<(&Json, &Json)> = Vec::new();
        let keys: Vec<Json>;
        match value.get("bind") {
            None | Some(Json::Null) => {}
            Some(Json::Array(items)) if items.len() % 2 == 0 => {
                pairs.extend(items.chunks_exact(2).map(|pair| (&pair[0], &pair[1])));
            }
            Some(Json::Array(_)) => {
                self.problem(
                    &path,
                    "bind has an odd number of items: write a name and its expression in turn",
                );
            }
            Some(Json::Object(object)) => {
                keys = object.keys().map(|key| Json::String(key.clone())).collect();
                pairs.extend(keys.iter().zip(object.values()));
            }
            Some(_) => self.problem(&path, "bind is a list of names and expressions in turn, or an object"),
        }
        let mut definitions = Definitions::new();
        for (bind, text) in pairs {
            let Json::String(bind) = bind else {
                self.problem(&path, format!("the name of a bind must be a string, not {bind}"));
                continue;
            };
            let text = match text {
                Json::String(text) => text.clone(),
                Json::Bool(value) => value.to_string(),
                _ => {
                    self.problem(&[name, "bind", bind], "a bind is an expression, true or false");
                    continue;
                }
            };
            if definitions.insert(bind.clone(), text).is_some() {
                self.problem(&[name, "bind", bind], format!("there are two binds named '{bind}'"));
            }
        }
        definitions
    }

    /// The compiled binds of a namespace with those of all namespaces behind them.
    fn binds(&mut self, name: &str, value: &Json, shared: &Definitions) -> Option<Arc<Binds>> {
        let before = self.problems.len();
        let own = self.definitions(name, value);
        if name == DEFAULT {
            // Reported when they were first read.
            self.problems.truncate(before);
        } else if self.problems.len() > before {
            return None;
        }
        let inherited = shared.iter().filter(|(name, _)| !own.contains_key(*name));
        let all = own.iter().chain(inherited).map(|(name, text)| (name.as_str(), text.as_str()));
        match Binds::compile(all) {
            Ok(binds) => Some(Arc::new(binds)),
            Err(errors) => {
                for error in errors {
                    // A shared bind that is wrong everywhere is reported where it is written.
                    if own.contains_key(&error.name) || Binds::compile(pairs(shared)).is_ok() {
                        self.problems.push(RuleProblem::of(&[name, "bind", &error.name], error.error));
                    }
                }
                None
            }
        }
    }
}

fn pairs(definitions: &Definitions) -> impl Iterator<Item = (&str, &str)> {
    definitions.iter().map(|(name, text)| (name.as_str(), text.as_str()))
}
