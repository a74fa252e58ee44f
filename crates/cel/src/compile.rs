//! Checks expressions, and puts binds in the order in which they need one another.

use std::collections::HashMap;
use std::sync::Arc;

use crate::check::Checker;
use crate::error::RuleError;
use crate::expression::{Binds, Expression, NamedExpression};
use crate::facts::Facts;
use crate::syntax::ast::{Kind, Node, Variable};
use crate::syntax::parse;

impl Expression {
    /// What the expression uses and what it may be, or all that is wrong with it in a place where
    /// it may name these variables and binds.
    pub fn check(&self, variables: &[Variable], binds: &Binds) -> Result<Facts, Vec<RuleError>> {
        Checker::run(self, Some(variables), binds)
    }
}

/// What is wrong with a bind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindError {
    pub name: String,
    pub error: RuleError,
}

impl Binds {
    /// Compiles binds with distinct names. They may use any variable: which ones a rule may use
    /// through them is asked of the rule.
    pub fn compile<'a>(
        definitions: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Vec<BindError>> {
        let mut errors = Vec::new();
        let mut parsed: Vec<(Arc<str>, Expression)> = Vec::new();
        for (name, text) in definitions {
            let failed = |error| BindError { name: name.to_owned(), error };
            match check_name(name).and_then(|()| Expression::parse(text)) {
                Ok(expression) => parsed.push((name.into(), expression)),
                Err(error) => errors.push(failed(error)),
            }
        }
        let names: HashMap<Arc<str>, usize> =
            parsed.iter().enumerate().map(|(index, (name, _))| (name.clone(), index)).collect();
        let mut sorter =
            Sorter { parsed: &parsed, names: &names, state: vec![State::New; parsed.len()], order: vec![] };
        for (index, (name, _)) in parsed.iter().enumerate() {
            if let Err(error) = sorter.visit(index, 0) {
                errors.push(BindError { name: name.to_string(), error });
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut binds = Self::default();
        for index in sorter.order {
            let (name, expression) = &parsed[index];
            match Checker::run(expression, None, &binds) {
                Ok(facts) => {
                    binds.push(NamedExpression { name: name.clone(), expression: expression.clone(), facts });
                }
                Err(found) => {
                    errors.extend(found.into_iter().map(|error| BindError { name: name.to_string(), error }));
                    // The rest would only report that this one is missing.
                    return Err(errors);
                }
            }
        }
        Ok(binds)
    }
}

/// A bind must have a name that an expression can write and that means nothing else.
fn check_name(name: &str) -> Result<(), RuleError> {
    let wrong = || RuleError::at(name, 0, format!("'{name}' cannot be the name of a bind"));
    match parse(name).map_err(|_| wrong())?.kind {
        Kind::Name(parsed) if *parsed == *name => Ok(()),
        _ => Err(wrong()),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

/// Longest chain of binds that use one another.
const CHAIN_MAX: usize = 32;

/// Puts binds behind those that they use.
struct Sorter<'a> {
    parsed: &'a [(Arc<str>, Expression)],
    names: &'a HashMap<Arc<str>, usize>,
    state: Vec<State>,
    order: Vec<usize>,
}

impl Sorter<'_> {
    fn visit(&mut self, index: usize, depth: usize) -> Result<(), RuleError> {
        let (name, expression) = &self.parsed[index];
        let wrong = |message: String| RuleError::at(expression.source(), 0, message);
        match self.state[index] {
            State::Done => return Ok(()),
            State::Open => return Err(wrong(format!("cyclic bind: '{name}' needs itself"))),
            State::New if depth > CHAIN_MAX => {
                return Err(wrong(format!("bind '{name}' stands behind more than {CHAIN_MAX} others")));
            }
            State::New => {}
        }
        self.state[index] = State::Open;
        let mut used = Vec::new();
        names(expression.root(), &mut Vec::new(), &mut used);
        let mut result = Ok(());
        for name in used {
            if let Some(other) = self.names.get(name) {
                result = result.and(self.visit(*other, depth + 1));
            }
        }
        self.state[index] = State::Done;
        self.order.push(index);
        result
    }
}

/// The names that a tree does not give itself.
fn names<'a>(node: &'a Node, own: &mut Vec<&'a str>, used: &mut Vec<&'a str>) {
    match &node.kind {
        Kind::Name(name) if !own.contains(&&**name) => used.push(name),
        Kind::Macro(of) => {
            names(&of.range, own, used);
            own.push(&of.variable);
            of.filter.iter().for_each(|filter| names(filter, own, used));
            names(&of.body, own, used);
            own.pop();
        }
        Kind::Bind(of) => {
            names(&of.value, own, used);
            own.push(&of.name);
            names(&of.body, own, used);
            own.pop();
        }
        kind => kind.each_child(&mut |child| names(child, own, used)),
    }
}
