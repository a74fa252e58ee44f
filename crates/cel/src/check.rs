//! What can be said of an expression before it is evaluated: the names and types in it.

use std::sync::Arc;

use crate::error::RuleError;
use crate::expression::{Binds, Expression, NamedExpression};
use crate::facts::Facts;
use crate::functions::no_overload;
use crate::operators;
use crate::syntax::ast::{Kind, Literal, Macro, MacroKind, Node, Operator, RequestField, Variable};
use crate::types::Types;

pub(crate) struct Checker<'a> {
    source: &'a str,
    /// `None`: any.
    allowed: Option<&'a [Variable]>,
    binds: &'a Binds,
    locals: Vec<(&'a str, Types)>,
    facts: Facts,
    errors: Vec<RuleError>,
}

impl<'a> Checker<'a> {
    pub(crate) fn run(
        expression: &'a Expression,
        allowed: Option<&'a [Variable]>,
        binds: &'a Binds,
    ) -> Result<Facts, Vec<RuleError>> {
        let (source, locals, errors) = (expression.source(), Vec::new(), Vec::new());
        let mut checker = Self { source, allowed, binds, locals, facts: Facts::new(), errors };
        checker.facts.result = checker.types(expression.root());
        if checker.errors.is_empty() { Ok(checker.facts) } else { Err(checker.errors) }
    }

    /// Reports, and goes on as if anything could be there, so that one mistake is one error.
    fn error(&mut self, node: &Node, message: String) -> Types {
        self.errors.push(RuleError::at(self.source, node.at as usize, message));
        Types::ANY
    }

    fn variable(&mut self, node: &Node, variable: Variable) {
        self.facts.variables.insert(variable);
        if self.allowed.is_some_and(|allowed| !allowed.contains(&variable)) {
            self.error(node, format!("undeclared reference to '{}' (in container '')", variable.name()));
        }
    }

    fn expect(&mut self, node: &'a Node, name: &str, wanted: Types) {
        let types = self.types(node);
        if !types.may_be(wanted) {
            self.error(node, no_overload(name, [types].into_iter()));
        }
    }

    fn types(&mut self, node: &'a Node) -> Types {
        match &node.kind {
            Kind::Literal(literal) => literal_types(literal),
            Kind::Name(name) => self.name(node, name),
            Kind::Variable(variable) => self.bare_variable(node, *variable),
            Kind::Request(field) => {
                self.variable(node, Variable::Request);
                match field {
                    RequestField::ModifiedFields => Types::LIST.or(Types::NULL),
                    RequestField::Time => Types::TIMESTAMP,
                    RequestField::Ip | RequestField::Origin => Types::STRING.or(Types::NULL),
                }
            }
            Kind::Select(of, field) => self.select(of, field),
            Kind::Has(of, field) => {
                self.select(of, field);
                Types::BOOL
            }
            Kind::Index(parts) => self.index(node, parts),
            Kind::List(items) => {
                for item in items {
                    self.types(item);
                }
                Types::LIST
            }
            Kind::Map(entries) => {
                for (key, value) in entries {
                    let types = self.types(key);
                    if !types.may_be(Types::STRING.or(Types::INT).or(Types::UINT).or(Types::BOOL)) {
                        self.error(key, format!("unsupported key type: {types}"));
                    }
                    self.types(value);
                }
                Types::MAP
            }
            Kind::Not(of) => {
                self.expect(of, "!_", Types::BOOL);
                Types::BOOL
            }
            Kind::Negate(of) => {
                self.expect(of, "-_", Types::INT.or(Types::DOUBLE));
                Types::INT.or(Types::DOUBLE)
            }
            Kind::And(parts) => self.logic(parts, "_&&_"),
            Kind::Or(parts) => self.logic(parts, "_||_"),
            Kind::Conditional(parts) => {
                let [condition, then, otherwise] = &**parts;
                self.expect(condition, "_?_:_", Types::BOOL);
                self.types(then).or(self.types(otherwise))
            }
            Kind::Binary(operator, parts) => self.binary(node, *operator, parts),
            Kind::Call(function, arguments) => {
                let types: Vec<Types> = arguments.iter().map(|argument| self.types(argument)).collect();
                if types.iter().zip(function.parameters).all(|(types, wanted)| types.may_be(*wanted)) {
                    return function.result;
                }
                self.error(node, function.no_overload(types.into_iter()))
            }
            Kind::Matches(parts, _) => {
                parts.iter().for_each(|part| self.expect(part, "matches", Types::STRING));
                Types::BOOL
            }
            Kind::Macro(of) => self.walk(of),
            Kind::Bind(of) => {
                let types = self.types(&of.value);
                self.locals.push((&of.name, types));
                let types = self.types(&of.body);
                self.locals.pop();
                types
            }
            Kind::Reference(object, path) => {
                self.variable(node, *object);
                self.facts.references.insert((*object, path.clone()));
                Types::LIST
            }
            Kind::RateLimit(of) => {
                self.variable(node, Variable::RateLimit);
                self.facts.buckets.insert(of.bucket.clone());
                self.expect(&of.key, "limit", Types::STRING.or(Types::NUMBER).or(Types::BOOL));
                of.amount.iter().for_each(|amount| self.expect(amount, "limit", Types::INT.or(Types::UINT)));
                Types::BOOL
            }
        }
    }

    fn name(&mut self, node: &'a Node, name: &str) -> Types {
        if let Some((_, types)) = self.locals.iter().rev().find(|(local, _)| *local == name) {
            return *types;
        }
        if let Some((types, _)) =
            Types::NAMES.iter().find(|(_, own)| *own == name).filter(|_| self.bind(name).is_none())
        {
            return if types.is_empty() { Types::ANY } else { Types::TYPE };
        }
        let Some(bind) = self.bind(name) else {
            return self.error(node, format!("undeclared reference to '{name}' (in container '')"));
        };
        let refused =
            bind.facts.variables.iter().find(|used| self.allowed.is_some_and(|all| !all.contains(used)));
        let (refused, types) = (refused.copied(), bind.facts.result);
        self.facts.include(&bind.facts);
        match refused {
            Some(variable) => {
                let used = variable.name();
                self.error(
                    node,
                    format!("undeclared reference to '{used}' (in container ''), used by bind '{name}'"),
                )
            }
            None => types,
        }
    }

    fn bind(&self, name: &str) -> Option<&'a NamedExpression> {
        self.binds.index(name).and_then(|index| self.binds.get(index))
    }

    fn bare_variable(&mut self, node: &'a Node, variable: Variable) -> Types {
        self.variable(node, variable);
        self.facts.whole.insert(variable);
        match variable {
            Variable::Request => self.error(node, "request can only be asked for its fields".to_owned()),
            Variable::RateLimit => {
                self.error(node, "rateLimit can only be used as in rateLimit.bucket.limit(key)".to_owned())
            }
            _ => Types::MAP.or(Types::NULL),
        }
    }

    fn select(&mut self, of: &'a Node, field: &Arc<str>) -> Types {
        match of.kind {
            Kind::Variable(variable @ (Variable::RateLimit | Variable::Request)) => {
                self.bare_variable(of, variable)
            }
            Kind::Variable(variable) => {
                self.variable(of, variable);
                self.facts.fields.insert((variable, field.clone()));
                Types::ANY
            }
            _ => {
                let types = self.types(of);
                if types.may_be(Types::MAP) {
                    return Types::ANY;
                }
                self.error(of, format!("type '{types}' does not support field selection of '{field}'"))
            }
        }
    }

    fn index(&mut self, node: &'a Node, parts: &'a [Node; 2]) -> Types {
        let [of, index] = parts;
        if let (Kind::Variable(_), Kind::Literal(Literal::String(field))) = (&of.kind, &index.kind) {
            return self.select(of, field);
        }
        let (types, key) = (self.types(of), self.types(index));
        let list = types.may_be(Types::LIST) && key.may_be(Types::NUMBER);
        let map = types.may_be(Types::MAP) && key.may_be(Types::STRING.or(Types::NUMBER).or(Types::BOOL));
        if list || map { Types::ANY } else { self.error(node, no_overload("_[_]", [types, key].into_iter())) }
    }

    fn logic(&mut self, parts: &'a [Node], name: &str) -> Types {
        parts.iter().for_each(|part| self.expect(part, name, Types::BOOL));
        Types::BOOL
    }

    fn binary(&mut self, node: &'a Node, operator: Operator, parts: &'a [Node; 2]) -> Types {
        let (left, right) = (self.types(&parts[0]), self.types(&parts[1]));
        let result = operators::result(operator, left, right);
        if result.is_empty() {
            return self.error(node, no_overload(operator.name(), [left, right].into_iter()));
        }
        result
    }

    fn walk(&mut self, of: &'a Macro) -> Types {
        let range = self.types(&of.range);
        if !range.may_be(Types::LIST.or(Types::MAP)) {
            self.error(
                &of.range,
                format!("expression of type '{range}' cannot be walked: it must be a list or map"),
            );
        }
        self.locals.push((&of.variable, Types::ANY));
        of.filter.iter().for_each(|filter| self.expect(filter, "_?_:_", Types::BOOL));
        let result = match of.kind {
            MacroKind::Map => {
                self.types(&of.body);
                Types::LIST
            }
            MacroKind::Filter => {
                self.expect(&of.body, "_?_:_", Types::BOOL);
                Types::LIST
            }
            MacroKind::All | MacroKind::Exists | MacroKind::ExistsOne => {
                self.expect(&of.body, "_&&_", Types::BOOL);
                Types::BOOL
            }
        };
        self.locals.pop();
        result
    }
}

fn literal_types(literal: &Literal) -> Types {
    match literal {
        Literal::Null => Types::NULL,
        Literal::Bool(_) => Types::BOOL,
        Literal::Int(_) => Types::INT,
        Literal::Uint(_) => Types::UINT,
        Literal::Double(_) => Types::DOUBLE,
        Literal::String(_) => Types::STRING,
        Literal::Bytes(_) => Types::BYTES,
    }
}
