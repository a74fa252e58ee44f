//! A parsed expression, and the named expressions that rules share.

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::RuleError;
use crate::facts::Facts;
use crate::syntax::ast::Node;
use crate::syntax::parse;

/// One expression: its text and its tree.
#[derive(Debug, Clone)]
pub struct Expression {
    source: Arc<str>,
    root: Arc<Node>,
}

impl Expression {
    /// Reads a rule text. Names are not looked at here: that is what [`Self::check`] does.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        let root = parse(text)?;
        Ok(Self { source: text.into(), root: Arc::new(root) })
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    pub fn root(&self) -> &Node {
        &self.root
    }
}

/// One named expression.
#[derive(Debug, Clone)]
pub struct NamedExpression {
    pub name: Arc<str>,
    pub expression: Expression,
    /// What it uses, also through other binds.
    pub facts: Facts,
}

/// Named expressions that may use one another in any order. Each is evaluated when it is first
/// needed, once an evaluation.
#[derive(Debug, Clone, Default)]
pub struct Binds {
    entries: Vec<NamedExpression>,
    by_name: HashMap<Arc<str>, usize>,
}

impl Binds {
    pub fn get(&self, index: usize) -> Option<&NamedExpression> {
        self.entries.get(index)
    }

    pub fn index(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Puts one behind those that it uses.
    pub(crate) fn push(&mut self, bind: NamedExpression) {
        self.by_name.insert(bind.name.clone(), self.entries.len());
        self.entries.push(bind);
    }
}
