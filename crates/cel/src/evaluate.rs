//! The value of an expression.

use std::cell::{Cell, OnceCell, RefCell};

use crate::environment::Environment;
use crate::error::{EvaluationError, FailureKind};
use crate::expression::{Binds, Expression};
use crate::functions::{no_overload, regex, text_of};
use crate::meter::Meter;
use crate::operators;
use crate::syntax::ast::{Kind, Macro, MacroKind, Node, RateLimit, RequestField, Variable};
use crate::types::Types;
use crate::value::{Map, Text, Value};

pub(crate) type Answer<'a> = Result<Value<'a>, EvaluationError>;

/// Evaluations inside each other, through binds as well.
const DEPTH_MAX: u16 = 200;

/// One evaluation of one expression.
pub(crate) struct Evaluator<'a> {
    environment: &'a dyn Environment,
    binds: &'a Binds,
    /// The values of binds that were needed.
    bound: RefCell<Vec<Option<Answer<'a>>>>,
    meter: Meter,
    depth: Cell<u16>,
    /// Whether this looks ahead, so that nothing may be taken from rate limits.
    folding: bool,
}

/// The names that macros and `cel.bind` have given, innermost first.
pub(crate) struct Scope<'s, 'a> {
    name: &'a str,
    local: Local<'s, 'a>,
    outer: Option<&'s Scope<'s, 'a>>,
}

enum Local<'s, 'a> {
    Value(Value<'a>),
    /// Computed when it is first needed, where it was written.
    Lazy {
        node: &'a Node,
        scope: Option<&'s Scope<'s, 'a>>,
        value: OnceCell<Answer<'a>>,
    },
}

type Names<'s, 'a> = Option<&'s Scope<'s, 'a>>;

impl Expression {
    /// The value in an environment. Fails as the language says, or when the rule is too much work.
    pub fn evaluate<'a>(&'a self, binds: &'a Binds, environment: &'a dyn Environment) -> Answer<'a> {
        Evaluator::new(binds, environment, Meter::default(), false).evaluate(self.root(), None)
    }
}

impl<'a> Evaluator<'a> {
    pub(crate) fn new(
        binds: &'a Binds,
        environment: &'a dyn Environment,
        meter: Meter,
        folding: bool,
    ) -> Self {
        let bound = RefCell::new(vec![None; binds.len()]);
        Self { environment, binds, bound, meter, depth: Cell::new(0), folding }
    }

    pub(crate) fn evaluate(&self, node: &'a Node, names: Names<'_, 'a>) -> Answer<'a> {
        self.meter.charge(1)?;
        let depth = self.depth.get();
        if depth >= DEPTH_MAX {
            return Err(EvaluationError {
                kind: FailureKind::TooExpensive,
                message: format!("the rule nests deeper than {DEPTH_MAX} levels with its binds"),
            });
        }
        self.depth.set(depth + 1);
        let answer = self.dispatch(node, names);
        self.depth.set(depth);
        answer
    }

    fn dispatch(&self, node: &'a Node, names: Names<'_, 'a>) -> Answer<'a> {
        match &node.kind {
            Kind::Literal(literal) => Ok(Value::from_literal(literal)),
            Kind::Name(name) => self.name(name, names),
            Kind::Variable(variable) => self.variable(*variable),
            Kind::Request(field) => self.request(*field),
            Kind::Select(of, field) => self.select(of, field, names),
            Kind::Has(of, field) => self.has(of, field, names),
            Kind::Index(parts) => self.index(parts, names),
            Kind::List(items) => self.list(items, names),
            Kind::Map(entries) => self.map(entries, names),
            Kind::Not(of) => match self.evaluate(of, names)? {
                Value::Bool(value) => Ok(Value::Bool(!value)),
                other => Err(no_bool("!_", &other)),
            },
            Kind::Negate(of) => operators::negate(&self.evaluate(of, names)?),
            Kind::And(parts) => self.logic(parts, false, names),
            Kind::Or(parts) => self.logic(parts, true, names),
            Kind::Conditional(parts) => match self.evaluate(&parts[0], names)? {
                Value::Bool(true) => self.evaluate(&parts[1], names),
                Value::Bool(false) => self.evaluate(&parts[2], names),
                other => Err(no_bool("_?_:_", &other)),
            },
            Kind::Binary(operator, parts) => {
                let left = self.evaluate(&parts[0], names)?;
                let right = self.evaluate(&parts[1], names)?;
                operators::apply(*operator, &left, &right, &self.meter)
            }
            Kind::Call(function, arguments) => {
                let values = self.all(arguments, names)?;
                if values
                    .iter()
                    .zip(function.parameters)
                    .any(|(value, wanted)| !value.types().may_be(*wanted))
                {
                    return Err(EvaluationError::failed(
                        function.no_overload(values.iter().map(Value::types)),
                    ));
                }
                (function.run)(&values, &self.meter)
            }
            Kind::Matches(parts, compiled) => self.matches(parts, compiled.as_ref(), names),
            Kind::Macro(of) => self.walk(of, names),
            Kind::Bind(of) => {
                let local = Local::Lazy { node: &of.value, scope: names, value: OnceCell::new() };
                self.evaluate(&of.body, Some(&Scope { name: &of.name, local, outer: names }))
            }
            Kind::Reference(object, path) => match self.environment.reference(*object, path) {
                Some(values) => Ok(Value::List(crate::value::List::Json(values))),
                None => Err(EvaluationError::unknown(&format!("{}.ref('{path}')", object.name()))),
            },
            Kind::RateLimit(of) => self.limit(of, names),
        }
    }

    fn all(&self, nodes: &'a [Node], names: Names<'_, 'a>) -> Result<Vec<Value<'a>>, EvaluationError> {
        nodes.iter().map(|node| self.evaluate(node, names)).collect()
    }

    fn name(&self, name: &str, names: Names<'_, 'a>) -> Answer<'a> {
        let mut scope = names;
        while let Some(own) = scope {
            if own.name == name {
                return match &own.local {
                    Local::Value(value) => Ok(value.clone()),
                    Local::Lazy { node, scope, value } => {
                        value.get_or_init(|| self.evaluate(node, *scope)).clone()
                    }
                };
            }
            scope = own.outer;
        }
        let Some(index) = self.binds.index(name) else {
            return match Types::NAMES.iter().find(|(_, own)| *own == name) {
                Some((types, _)) => Ok(Value::Type(*types)),
                None => Err(EvaluationError::failed(format!(
                    "undeclared reference to '{name}' (in container '')"
                ))),
            };
        };
        if let Some(answer) = self.bound.borrow().get(index).and_then(Option::as_ref) {
            return answer.clone();
        }
        let Some(bind) = self.binds.get(index) else {
            return Err(EvaluationError::failed(format!(
                "undeclared reference to '{name}' (in container '')"
            )));
        };
        let answer = self.evaluate(bind.expression.root(), None);
        if let Some(slot) = self.bound.borrow_mut().get_mut(index) {
            *slot = Some(answer.clone());
        }
        answer
    }

    fn variable(&self, variable: Variable) -> Answer<'a> {
        self.environment.variable(variable).ok_or_else(|| EvaluationError::unknown(variable.name()))
    }

    fn request(&self, field: RequestField) -> Answer<'a> {
        let Some(request) = self.environment.request() else {
            return Err(EvaluationError::unknown("request"));
        };
        let text = |text: &'a Option<String>| match text {
            Some(text) => Value::String(Text::Borrowed(text)),
            None => Value::Null,
        };
        Ok(match field {
            RequestField::Time => Value::Timestamp(request.time),
            RequestField::Ip => text(&request.ip),
            RequestField::Origin => text(&request.origin),
            RequestField::ModifiedFields => match &request.modified_fields {
                Some(fields) => Value::List(crate::value::List::Json(fields)),
                None => Value::Null,
            },
        })
    }

    /// A field of a variable reads as null where the variable is null itself: a guest has no id.
    fn field(&self, variable: Variable, field: &str) -> Answer<'a> {
        let name = || format!("{}.{field}", variable.name());
        self.environment.field(variable, field).ok_or_else(|| EvaluationError::unknown(&name()))
    }

    fn select(&self, of: &'a Node, field: &str, names: Names<'_, 'a>) -> Answer<'a> {
        if let Kind::Variable(variable) = of.kind {
            return self.field(variable, field);
        }
        match self.evaluate(of, names)? {
            Value::Map(map) => lookup(&map, &Value::String(Text::Borrowed(field)), &self.meter),
            other => Err(EvaluationError::failed(format!(
                "Error resolving field '{field}'. Field selections must be performed on messages or maps, not on {}.",
                other.types()
            ))),
        }
    }

    /// True for every key of a JSON object: what is missing is there as null.
    fn has(&self, of: &'a Node, field: &str, names: Names<'_, 'a>) -> Answer<'a> {
        if let Kind::Variable(_) = of.kind {
            return Ok(Value::Bool(true));
        }
        match self.evaluate(of, names)? {
            Value::Map(Map::Json(_)) => Ok(Value::Bool(true)),
            Value::Map(map) => Ok(Value::Bool(map.get(&Value::String(Text::Borrowed(field))).is_some())),
            other => Err(EvaluationError::failed(no_overload("has", [other.types()].into_iter()))),
        }
    }

    fn index(&self, parts: &'a [Node; 2], names: Names<'_, 'a>) -> Answer<'a> {
        let key = self.evaluate(&parts[1], names)?;
        if let (Kind::Variable(variable), Value::String(field)) = (&parts[0].kind, &key) {
            return self.field(*variable, field);
        }
        match self.evaluate(&parts[0], names)? {
            Value::List(list) => {
                let index = match &key {
                    Value::Int(index) => usize::try_from(*index).ok(),
                    Value::Uint(index) => usize::try_from(*index).ok(),
                    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                    // a whole, small number
                    Value::Double(index) if index.trunc() == *index && (0.0..1e9).contains(index) => {
                        Some(*index as usize)
                    }
                    _ => {
                        return Err(EvaluationError::failed(no_overload(
                            "_[_]",
                            [Types::LIST, key.types()].into_iter(),
                        )));
                    }
                };
                index
                    .and_then(|index| list.get(index))
                    .ok_or_else(|| EvaluationError::failed("Index out of bounds: the list is shorter"))
            }
            Value::Map(map) => lookup(&map, &key, &self.meter),
            other => {
                Err(EvaluationError::failed(no_overload("_[_]", [other.types(), key.types()].into_iter())))
            }
        }
    }

    fn list(&self, items: &'a [Node], names: Names<'_, 'a>) -> Answer<'a> {
        self.all(items, names).and_then(Value::list)
    }

    fn map(&self, entries: &'a [(Node, Node)], names: Names<'_, 'a>) -> Answer<'a> {
        let mut made: Vec<(Value<'a>, Value<'a>)> = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let key = self.evaluate(key, names)?;
            if !matches!(key, Value::String(_) | Value::Int(_) | Value::Uint(_) | Value::Bool(_)) {
                return Err(EvaluationError::failed(format!("unsupported key type: {}", key.types())));
            }
            self.meter.charge(made.len())?;
            if made.iter().any(|(other, _)| other.equals(&key)) {
                return Err(EvaluationError::failed("duplicate map key"));
            }
            made.push((key, self.evaluate(value, names)?));
        }
        Value::map(made)
    }

    /// `decisive` settles it, whatever the other parts are, even if they fail.
    fn logic(&self, parts: &'a [Node], decisive: bool, names: Names<'_, 'a>) -> Answer<'a> {
        let mut open = Open::default();
        for part in parts {
            if open.settles(self.evaluate(part, names), decisive, if decisive { "_||_" } else { "_&&_" })? {
                return Ok(Value::Bool(decisive));
            }
        }
        open.end(!decisive)
    }

    fn matches(
        &self,
        parts: &'a [Node; 2],
        compiled: Option<&::regex::Regex>,
        names: Names<'_, 'a>,
    ) -> Answer<'a> {
        let text = self.evaluate(&parts[0], names)?;
        let pattern = self.evaluate(&parts[1], names)?;
        let (Value::String(text), Value::String(pattern)) = (&text, &pattern) else {
            let types = [text.types(), pattern.types()];
            return Err(EvaluationError::failed(no_overload("matches", types.into_iter())));
        };
        self.meter.charge(text.len() / 4 + 1)?;
        if let Some(compiled) = compiled {
            return Ok(Value::Bool(compiled.is_match(text)));
        }
        self.meter.charge(10_000)?;
        let compiled = regex::compile(pattern).map_err(EvaluationError::failed)?;
        Ok(Value::Bool(compiled.is_match(text)))
    }

    fn walk(&self, of: &'a Macro, names: Names<'_, 'a>) -> Answer<'a> {
        let items = match self.evaluate(&of.range, names)? {
            Value::List(list) => list,
            Value::Map(map) => {
                self.meter.charge(map.len())?;
                map.key_list()
            }
            other => {
                let types = other.types();
                return Err(EvaluationError::failed(format!(
                    "{types} cannot be walked: it must be a list or map"
                )));
            }
        };
        let decisive = of.kind == MacroKind::Exists;
        let (mut open, mut kept, mut count) = (Open::default(), Vec::new(), 0_u32);
        for item in items.iter() {
            self.meter.charge(1)?;
            let scope = Scope { name: &of.variable, local: Local::Value(item.clone()), outer: names };
            if let Some(filter) = &of.filter
                && !truth(self.evaluate(filter, Some(&scope))?)?
            {
                continue;
            }
            let answer = self.evaluate(&of.body, Some(&scope));
            match of.kind {
                MacroKind::All | MacroKind::Exists => {
                    if open.settles(answer, decisive, "_&&_")? {
                        return Ok(Value::Bool(decisive));
                    }
                }
                MacroKind::ExistsOne => count += u32::from(truth(answer?)?),
                MacroKind::Map => kept.push(answer?),
                MacroKind::Filter => {
                    if truth(answer?)? {
                        kept.push(item);
                    }
                }
            }
        }
        match of.kind {
            MacroKind::All | MacroKind::Exists => open.end(!decisive),
            MacroKind::ExistsOne => Ok(Value::Bool(count == 1)),
            MacroKind::Map | MacroKind::Filter => Value::list(kept),
        }
    }

    fn limit(&self, of: &'a RateLimit, names: Names<'_, 'a>) -> Answer<'a> {
        if self.folding {
            return Err(EvaluationError::unknown("rateLimit"));
        }
        let key = self.evaluate(&of.key, names)?;
        let Some(key) = text_of(&key) else {
            return Err(EvaluationError::failed(no_overload("limit", [key.types()].into_iter())));
        };
        let amount = match &of.amount {
            Some(amount) => self.evaluate(amount, names)?,
            None => Value::Int(1),
        };
        let amount = match amount {
            Value::Int(amount) => u64::try_from(amount).ok(),
            Value::Uint(amount) => Some(amount),
            _ => None,
        };
        let Some(amount) = amount else {
            return Err(EvaluationError::failed("limit: the amount must be an int of 0 or more"));
        };
        self.environment.limit(&of.bucket, &key, amount).map(Value::Bool)
    }
}

fn no_bool(name: &str, value: &Value<'_>) -> EvaluationError {
    EvaluationError::failed(no_overload(name, [value.types()].into_iter()))
}

fn truth(value: Value<'_>) -> Result<bool, EvaluationError> {
    match value {
        Value::Bool(value) => Ok(value),
        other => Err(no_bool("_?_:_", &other)),
    }
}

fn lookup<'a>(map: &Map<'a>, key: &Value<'_>, meter: &Meter) -> Answer<'a> {
    match (map, map.get(key)) {
        (_, Some(value)) => Ok(value),
        (Map::Json(_), None) => Ok(Value::Null),
        (Map::Made(entries), None) => {
            meter.charge(entries.len())?;
            Err(EvaluationError::failed("no such key: the map that the expression wrote does not hold it"))
        }
    }
}

/// A chain of `&&` or `||` so far: a failure counts only if nothing settles the chain.
#[derive(Default)]
struct Open {
    failure: Option<EvaluationError>,
}

impl Open {
    /// Whether the answer settles the chain. Failures that concern the evaluation as a whole end it.
    fn settles(&mut self, answer: Answer<'_>, decisive: bool, name: &str) -> Result<bool, EvaluationError> {
        let failure = match answer {
            Ok(Value::Bool(value)) => return Ok(value == decisive),
            Ok(other) => no_bool(name, &other),
            Err(failure) => failure,
        };
        match failure.kind {
            FailureKind::TooExpensive | FailureKind::RateLimited => return Err(failure),
            // What is not known yet might settle it.
            FailureKind::Unknown => self.failure = Some(failure),
            FailureKind::Failed => drop(self.failure.get_or_insert(failure)),
        }
        Ok(false)
    }

    fn end<'a>(self, otherwise: bool) -> Answer<'a> {
        self.failure.map_or(Ok(Value::Bool(otherwise)), Err)
    }
}
