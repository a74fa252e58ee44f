//! What an expression needs.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::syntax::ast::Variable;
use crate::types::Types;

/// What an expression uses, binds included, and what it may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub result: Types,
    pub variables: BTreeSet<Variable>,
    /// First fields that are read: `title` of `data.title.size()`.
    pub fields: BTreeSet<(Variable, Arc<str>)>,
    /// Variables that are read other than field by field, so that any field may be needed.
    pub whole: BTreeSet<Variable>,
    /// Paths of `data.ref`, `linkedData.ref` and `auth.ref`.
    pub references: BTreeSet<(Variable, Arc<str>)>,
    /// Buckets of `rateLimit`.
    pub buckets: BTreeSet<Arc<str>>,
}

impl Facts {
    pub(crate) fn new() -> Self {
        Self {
            result: Types::ANY,
            variables: BTreeSet::new(),
            fields: BTreeSet::new(),
            whole: BTreeSet::new(),
            references: BTreeSet::new(),
            buckets: BTreeSet::new(),
        }
    }

    pub(crate) fn include(&mut self, other: &Self) {
        self.variables.extend(&other.variables);
        self.fields.extend(other.fields.iter().cloned());
        self.whole.extend(&other.whole);
        self.references.extend(other.references.iter().cloned());
        self.buckets.extend(other.buckets.iter().cloned());
    }
}
