//! An expression tied to the binds around it and to what it may name.

use std::sync::Arc;

use crate::environment::Environment;
use crate::error::{EvaluationError, RuleError};
use crate::expression::{Binds, Expression};
use crate::facts::Facts;
use crate::syntax::ast::Variable;
use crate::types::Types;
use crate::value::Value;

/// A rule that can be asked.
#[derive(Debug, Clone)]
pub struct CompiledRule {
    expression: Expression,
    binds: Arc<Binds>,
    facts: Facts,
}

impl CompiledRule {
    /// Compiles a rule that may use these variables and binds. It must be able to answer with a bool.
    pub fn compile(text: &str, variables: &[Variable], binds: Arc<Binds>) -> Result<Self, Vec<RuleError>> {
        let expression = Expression::parse(text).map_err(|error| vec![error])?;
        let facts = expression.check(variables, &binds)?;
        if !facts.result.may_be(Types::BOOL.or(Types::NULL)) {
            let message = format!("expected type 'bool' but found '{}'", facts.result);
            return Err(vec![RuleError::at(text, 0, message)]);
        }
        Ok(Self { expression, binds, facts })
    }

    /// Whether the rule allows: only `true` does. An error is no answer and must not be read as one.
    pub fn allows(&self, environment: &dyn Environment) -> Result<bool, EvaluationError> {
        Ok(matches!(self.evaluate(environment)?, Value::Bool(true)))
    }

    pub fn evaluate<'a>(&'a self, environment: &'a dyn Environment) -> Result<Value<'a>, EvaluationError> {
        self.expression.evaluate(&self.binds, environment)
    }

    pub fn source(&self) -> &str {
        self.expression.source()
    }

    /// What must be at hand to ask the rule: fields, link paths, variables.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    pub(crate) fn expression(&self) -> &Expression {
        &self.expression
    }

    pub(crate) fn binds(&self) -> &Binds {
        &self.binds
    }
}
