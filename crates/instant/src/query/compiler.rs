//! The state of compiling one query: schema, viewer, names that were given out.

use std::sync::Arc;

use ketch_model::collection::Attrs;
use ketch_model::{Collection, Schema};
use ketch_query::Predicate;
use ketch_query::tree::Alias;

use super::dependencies::Dependencies;
use super::policy::{Aliases, Scope, ViewPolicy};
use crate::invalid::{Expected, Issue, Step};

pub(super) struct Compiler<'a> {
    pub(super) attrs: &'a Attrs,
    pub(super) policy: &'a dyn ViewPolicy,
    /// Links that lead to at most one entity become objects.
    pub(super) infers: bool,
    pub(super) aliases: Aliases,
    pub(super) dependencies: Dependencies,
    /// Conditions so far, of the whole query.
    pub(super) conditions: usize,
}

impl<'a> Compiler<'a> {
    pub(super) fn new(schema: &'a Schema, policy: &'a dyn ViewPolicy, infers: bool) -> Self {
        Self {
            attrs: schema.attrs(),
            policy,
            infers,
            aliases: Aliases::default(),
            dependencies: Dependencies::default(),
            conditions: 0,
        }
    }

    /// What holds of the entities at an alias that the viewer sees; of checked ones it is not all.
    pub(super) fn visible(&mut self, collection: &Arc<Collection>, at: Alias) -> (Scope, Predicate) {
        let scope = self.policy.scope(collection);
        self.policy.note_dependencies(collection, &mut self.dependencies);
        let predicate = match scope {
            Scope::All => Predicate::Always,
            Scope::Nothing => Predicate::Never,
            Scope::Pushed | Scope::Checked => self.policy.predicate(collection, at, &mut self.aliases),
        };
        (scope, predicate)
    }
}

pub(super) fn shape_issue(expected: &'static str, path: Vec<Step>, message: String) -> Issue {
    Issue { expected: Expected::Shape(expected), path, message }
}

pub(super) fn type_issue(expected: &'static str, path: Vec<Step>, message: String) -> Issue {
    Issue { expected: Expected::Type(expected), path, message }
}

/// The path with more steps at its end.
pub(super) fn below(path: &[Step], steps: &[&str]) -> Vec<Step> {
    path.iter().cloned().chain(steps.iter().copied().map(Step::from)).collect()
}
