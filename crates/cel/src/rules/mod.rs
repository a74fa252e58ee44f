//! The rules document: who may do what in which namespace.

mod document;
mod fallback;
mod limits;

pub use limits::{Bucket, Limit, Refill};

use std::collections::{BTreeMap, HashMap};

use ketch_model::Value as Json;

use crate::error::RuleError;
use crate::facts::Facts;
use crate::rule::CompiledRule;
use crate::syntax::ast::Variable;

/// What is asked of an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    View,
    Create,
    Update,
    Delete,
}

impl Action {
    pub const ALL: [Self; 4] = [Self::View, Self::Create, Self::Update, Self::Delete];

    /// The key in the document.
    pub fn name(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    /// What its rules may use.
    pub fn variables(self) -> &'static [Variable] {
        match self {
            Self::View | Self::Delete => &[
                Variable::Data,
                Variable::Auth,
                Variable::RuleParams,
                Variable::Request,
                Variable::RateLimit,
            ],
            Self::Create | Self::Update => &[
                Variable::Data,
                Variable::NewData,
                Variable::Auth,
                Variable::RuleParams,
                Variable::Request,
                Variable::RateLimit,
            ],
        }
    }
}

/// What is done to a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkAction {
    Link,
    Unlink,
}

impl LinkAction {
    pub fn name(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Unlink => "unlink",
        }
    }

    pub fn variables(self) -> &'static [Variable] {
        const ALL: &[Variable] = &[
            Variable::Data,
            Variable::NewData,
            Variable::LinkedData,
            Variable::Auth,
            Variable::RuleParams,
            Variable::Request,
            Variable::RateLimit,
            Variable::Actions,
        ];
        match self {
            Self::Link => ALL,
            Self::Unlink => &ALL[..ALL.len() - 1],
        }
    }
}

/// Something in a rules document that cannot stay so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleProblem {
    /// Where in the document: `["posts", "allow", "view"]`.
    pub path: Vec<String>,
    pub message: String,
    /// From 1, in the expression; 1 and 1 where it is not about a place in one.
    pub line: u32,
    pub column: u32,
}

impl RuleProblem {
    fn new(path: &[&str], message: impl Into<String>) -> Self {
        Self {
            path: path.iter().map(|&part| part.to_owned()).collect(),
            message: message.into(),
            line: 1,
            column: 1,
        }
    }

    fn of(path: &[&str], error: RuleError) -> Self {
        let RuleError { message, line, column } = error;
        Self { line, column, ..Self::new(path, message) }
    }
}

/// The answer of the document for one thing that is asked.
#[derive(Debug, Clone, Copy)]
pub enum Decision<'a> {
    Constant(bool),
    Rule(&'a CompiledRule),
    /// A rule that was stored but cannot be compiled: asking it is an error.
    Broken(&'a RuleProblem),
}

/// A decision, and whether the document says it or it is what holds without one.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    pub decision: Decision<'a>,
    pub written: bool,
}

#[derive(Debug, Clone)]
enum Entry {
    Constant(bool),
    Rule(Box<CompiledRule>),
    Broken(RuleProblem),
}

impl Entry {
    fn decision(&self) -> Decision<'_> {
        match self {
            Self::Constant(value) => Decision::Constant(*value),
            Self::Rule(rule) => Decision::Rule(rule),
            Self::Broken(problem) => Decision::Broken(problem),
        }
    }
}

/// The compiled rules of one key of the document.
#[derive(Debug, Clone, Default)]
struct Namespace {
    actions: HashMap<Action, Entry>,
    /// `$default`, once for each action, as each has its own variables.
    default: HashMap<Action, Entry>,
    links: HashMap<(LinkAction, String), Entry>,
    fields: BTreeMap<String, Entry>,
}

impl Namespace {
    fn action(&self, action: Action) -> Option<&Entry> {
        self.actions.get(&action).or_else(|| self.default.get(&action))
    }
}

/// A rules document, compiled.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    namespaces: HashMap<String, Namespace>,
    buckets: BTreeMap<String, Bucket>,
}

impl Rules {
    /// Compiles a document, or says all that is wrong with it. Expressions of `link`, `unlink` and
    /// `$default` are not asked to be right: a broken one is found when it is needed.
    pub fn compile(document: &Json) -> Result<Self, Vec<RuleProblem>> {
        document::compile(document)
    }

    /// The rule for an action on entities of a namespace.
    pub fn rule(&self, namespace: &str, action: Action) -> Found<'_> {
        let entry = |name: &str| self.namespaces.get(name).and_then(|rules| rules.action(action));
        match entry(namespace).or_else(|| entry("$default")) {
            Some(entry) => Found { decision: entry.decision(), written: true },
            None => Found { decision: fallback::decision(namespace, action), written: false },
        }
    }

    /// The rule for creating attributes: allowed unless the document says otherwise.
    pub fn attribute_rule(&self) -> Found<'_> {
        self.rule("attrs", Action::Create)
    }

    /// The rule for a link as the namespace of one side has it; `None` where that side has none.
    pub fn link_rule(&self, namespace: &str, label: &str, action: LinkAction) -> Option<Decision<'_>> {
        let links = &self.namespaces.get(namespace)?.links;
        let entry =
            links.get(&(action, label.to_owned())).or_else(|| links.get(&(action, "$default".to_owned())));
        entry.map(Entry::decision)
    }

    /// The rule for reading one field, asked after `view` has passed.
    pub fn field_rule(&self, namespace: &str, label: &str) -> Option<Decision<'_>> {
        self.namespaces.get(namespace)?.fields.get(label).map(Entry::decision)
    }

    /// All fields of a namespace that have a rule of their own.
    pub fn field_rules(&self, namespace: &str) -> impl Iterator<Item = (&str, Decision<'_>)> {
        let fields = self.namespaces.get(namespace).into_iter().flat_map(|rules| &rules.fields);
        fields.map(|(label, entry)| (label.as_str(), entry.decision()))
    }

    /// What the rules need that decide what may be seen, fallbacks aside.
    pub fn view_facts(&self) -> impl Iterator<Item = &Facts> {
        let entries = self
            .namespaces
            .values()
            .flat_map(|rules| rules.action(Action::View).into_iter().chain(rules.fields.values()));
        entries.filter_map(|entry| match entry {
            Entry::Rule(rule) => Some(rule.facts()),
            Entry::Constant(_) | Entry::Broken(_) => None,
        })
    }

    /// What a rate limit bucket holds.
    pub fn bucket(&self, name: &str) -> Option<&Bucket> {
        self.buckets.get(name)
    }
}
