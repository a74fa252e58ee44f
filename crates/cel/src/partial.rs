//! Folds a rule down to what depends on the row.
//!
//! [`Folder::condition`] answers when a node evaluates to the wanted bool. That a part which raises is
//! never true, whichever bool is wanted, is what makes De Morgan's laws hold with errors in play:
//! `a && b` is false exactly where `a` is false or `b` is.

use std::sync::Arc;

use crate::condition::{Condition, Constant, FieldTest, Residual};
use crate::environment::Environment;
use crate::error::{EvaluationError, FailureKind};
use crate::evaluate::Evaluator;
use crate::expression::Binds;
use crate::meter::Meter;
use crate::operators;
use crate::rule::CompiledRule;
use crate::syntax::ast::{Kind, Literal, Node, Operator, Variable};
use crate::types::Types;
use crate::value::Value;

/// Nodes that are looked at, binds counted each time they are used. Beyond, parts stay opaque.
const NODES_MAX: u32 = 4_000;
const DEPTH_MAX: u32 = 150;

impl CompiledRule {
    /// Folds everything that the environment knows. It must answer `None` for `data`, which stands
    /// for any row; where it does so for other things too, the parts that use them stay opaque.
    pub fn partial(&self, known: &dyn Environment) -> Residual {
        let root = self.expression().root();
        let mut folder = Folder { known, binds: self.binds(), nodes: 0, meter: Meter::default() };
        match folder.value(root) {
            Ok(Value::Bool(true)) => return Residual::Always,
            Ok(_) => return Residual::Never,
            Err(error) if error.kind == FailureKind::Failed => return Residual::Fails(error),
            Err(_) => {}
        }
        match folder.condition(root, true, 0) {
            Folded::Known(true) => Residual::Always,
            Folded::Known(false) => Residual::Never,
            // As the whole rule, a field that is no bool denies.
            Folded::Open(Condition::Field { field, test: FieldTest::Is(true) })
                if matches!(root.kind, Kind::Select(..) | Kind::Index(_)) =>
            {
                Residual::When(Condition::Field { field, test: FieldTest::Equal(Constant::Bool(true)) })
            }
            Folded::Open(condition) => Residual::When(condition),
        }
    }
}

enum Folded {
    Known(bool),
    Open(Condition),
}

use Folded::{Known, Open};

const OPAQUE: Folded = Open(Condition::Opaque);
const RAISES: Folded = Open(Condition::Raises);

/// One side of an operator.
enum Operand<'a> {
    Value(Value<'a>),
    Field(Arc<str>),
    Reference(Arc<str>),
    /// Items of which some depend on the row.
    Items(&'a [Node]),
    Raises,
    Other,
}

struct Folder<'a> {
    known: &'a dyn Environment,
    binds: &'a Binds,
    nodes: u32,
    meter: Meter,
}

impl<'a> Folder<'a> {
    /// The value of a node that does not depend on anything unknown.
    fn value(&self, node: &'a Node) -> Result<Value<'a>, EvaluationError> {
        Evaluator::new(self.binds, self.known, self.meter.clone(), true).evaluate(node, None)
    }

    fn condition(&mut self, node: &'a Node, wanted: bool, depth: u32) -> Folded {
        self.nodes += 1;
        if self.nodes > NODES_MAX || depth > DEPTH_MAX {
            return OPAQUE;
        }
        match &node.kind {
            Kind::Not(of) => self.condition(of, !wanted, depth + 1),
            Kind::And(parts) => self.joined(parts, wanted, wanted, depth),
            Kind::Or(parts) => self.joined(parts, wanted, !wanted, depth),
            Kind::Conditional(parts) => {
                let [condition, then, otherwise] = &**parts;
                let first = self.condition(condition, true, depth + 1);
                // Unlike `&&`, it raises whatever stands behind a condition that does.
                let raises = matches!(&first, Open(condition) if condition.may_raise());
                let taken = all([first, self.condition(then, wanted, depth + 1)]);
                let first = self.condition(condition, false, depth + 1);
                let left = all([first, self.condition(otherwise, wanted, depth + 1)]);
                any([taken, left, if raises { RAISES } else { Known(false) }])
            }
            Kind::Name(name) => match self.binds.index(name).and_then(|index| self.binds.get(index)) {
                Some(bind) => self.condition(bind.expression.root(), wanted, depth + 1),
                None => OPAQUE,
            },
            Kind::Binary(operator, parts) => self.binary(*operator, parts, wanted, depth),
            _ => match self.operand(node, depth) {
                Operand::Value(Value::Bool(value)) => Known(value == wanted),
                Operand::Field(field) => Open(Condition::Field { field, test: FieldTest::Is(wanted) }),
                Operand::Other => OPAQUE,
                _ => RAISES,
            },
        }
    }

    /// Parts of which all, or one, must be the wanted bool.
    fn joined(&mut self, parts: &'a [Node], wanted: bool, every: bool, depth: u32) -> Folded {
        let parts: Vec<Folded> = parts.iter().map(|part| self.condition(part, wanted, depth + 1)).collect();
        if every { all(parts) } else { any(parts) }
    }

    fn operand(&mut self, node: &'a Node, depth: u32) -> Operand<'a> {
        self.nodes += 1;
        if self.nodes > NODES_MAX || depth > DEPTH_MAX {
            return Operand::Other;
        }
        match &node.kind {
            Kind::Select(of, field) => {
                if let Some(field) = self.field(of, field) {
                    return Operand::Field(field);
                }
            }
            Kind::Index(parts) => {
                if let Kind::Literal(Literal::String(field)) = &parts[1].kind
                    && let Some(field) = self.field(&parts[0], field)
                {
                    return Operand::Field(field);
                }
            }
            Kind::Reference(Variable::Data, path) if self.known.reference(Variable::Data, path).is_none() => {
                return Operand::Reference(path.clone());
            }
            Kind::Name(name) => {
                if let Some(bind) = self.binds.index(name).and_then(|index| self.binds.get(index)) {
                    return self.operand(bind.expression.root(), depth + 1);
                }
            }
            _ => {}
        }
        match self.value(node) {
            Ok(value) => Operand::Value(value),
            Err(error) if error.kind == FailureKind::Failed => Operand::Raises,
            Err(_) => match &node.kind {
                Kind::List(items) => Operand::Items(items),
                _ => Operand::Other,
            },
        }
    }

    /// The name, if this is a field of the row.
    fn field(&self, of: &Node, field: &Arc<str>) -> Option<Arc<str>> {
        let of_row = matches!(of.kind, Kind::Variable(Variable::Data));
        (of_row && self.known.field(Variable::Data, field).is_none()).then(|| field.clone())
    }

    fn binary(&mut self, operator: Operator, parts: &'a [Node; 2], wanted: bool, depth: u32) -> Folded {
        let left = self.operand(&parts[0], depth + 1);
        let right = self.operand(&parts[1], depth + 1);
        match (operator, left, right) {
            (_, Operand::Raises, _) | (_, _, Operand::Raises) => RAISES,
            (_, Operand::Value(left), Operand::Value(right)) => {
                self.constant(operator, &left, &right, wanted)
            }
            (Operator::Equal | Operator::NotEqual, Operand::Field(field), Operand::Value(value))
            | (Operator::Equal | Operator::NotEqual, Operand::Value(value), Operand::Field(field)) => {
                equality(field, &value, (operator == Operator::Equal) == wanted)
            }
            (Operator::In, left, right) => self.membership(left, right, wanted, depth),
            (
                Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual,
                Operand::Field(field),
                Operand::Value(value),
            ) => order(field, operator, &value, wanted),
            (
                Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual,
                Operand::Value(value),
                Operand::Field(field),
            ) => order(field, mirrored(operator), &value, wanted),
            // Arithmetic yields no bool, unless it fails.
            _ => OPAQUE,
        }
    }

    fn constant(&self, operator: Operator, left: &Value<'a>, right: &Value<'a>, wanted: bool) -> Folded {
        match operators::apply(operator, left, right, &self.meter) {
            Ok(Value::Bool(value)) => Known(value == wanted),
            Err(error) if error.kind != FailureKind::Failed => OPAQUE,
            _ => RAISES,
        }
    }

    fn membership(&mut self, left: Operand<'a>, right: Operand<'a>, wanted: bool, depth: u32) -> Folded {
        match (left, right) {
            (Operand::Value(value), Operand::Reference(path)) => match constant_of(&value) {
                Some(constant) => Open(Condition::Reference { path, constant, negated: !wanted }),
                None => OPAQUE,
            },
            (Operand::Value(value), Operand::Field(field)) => match constant_of(&value) {
                Some(constant) if wanted => {
                    Open(Condition::Field { field, test: FieldTest::Contains(constant) })
                }
                Some(constant) => Open(Condition::Field { field, test: FieldTest::Lacks(constant) }),
                None => OPAQUE,
            },
            (Operand::Field(field), Operand::Value(Value::List(list))) => {
                if list.is_empty() {
                    return Known(!wanted);
                }
                // A list of all people would make no good query.
                let constants: Option<Vec<Constant>> = if list.len() > NODES_MAX as usize {
                    None
                } else {
                    list.iter().map(|item| constant_of(&item)).collect()
                };
                match constants {
                    Some(constants) if wanted => {
                        Open(Condition::Field { field, test: FieldTest::OneOf(constants) })
                    }
                    Some(constants) => Open(Condition::Field { field, test: FieldTest::NoneOf(constants) }),
                    None => OPAQUE,
                }
            }
            (Operand::Field(_), Operand::Value(value))
                if !value.types().may_be(Types::LIST.or(Types::MAP)) =>
            {
                RAISES
            }
            (Operand::Value(value), Operand::Items(items)) => {
                let parts: Vec<Folded> = items
                    .iter()
                    .map(|item| match self.operand(item, depth + 1) {
                        Operand::Field(field) => equality(field, &value, wanted),
                        Operand::Value(item) => Known(value.equals(&item) == wanted),
                        // The list cannot be made then, whatever is sought in it.
                        _ => OPAQUE,
                    })
                    .collect();
                if parts.iter().any(|part| matches!(part, Open(Condition::Opaque))) {
                    return OPAQUE;
                }
                if wanted { any(parts) } else { all(parts) }
            }
            _ => OPAQUE,
        }
    }
}

/// All parts true. A part that is known to be false decides, even beside one that raises.
fn all(parts: impl IntoIterator<Item = Folded>) -> Folded {
    let mut open = Vec::new();
    for part in parts {
        match part {
            Known(true) => {}
            Known(false) => return Known(false),
            Open(Condition::All(parts)) => open.extend(parts),
            Open(part) => open.push(part),
        }
    }
    joined(open, true, Condition::All)
}

fn any(parts: impl IntoIterator<Item = Folded>) -> Folded {
    let mut open = Vec::new();
    for part in parts {
        match part {
            Known(false) => {}
            Known(true) => return Known(true),
            Open(Condition::Any(parts)) => open.extend(parts),
            Open(part) => open.push(part),
        }
    }
    joined(open, false, Condition::Any)
}

fn joined(mut parts: Vec<Condition>, empty: bool, join: fn(Vec<Condition>) -> Condition) -> Folded {
    match parts.pop() {
        None => Known(empty),
        Some(only) if parts.is_empty() => Open(only),
        Some(last) => {
            parts.push(last);
            Open(join(parts))
        }
    }
}

/// A scalar that JSON can hold.
fn constant_of(value: &Value<'_>) -> Option<Constant> {
    Some(match value {
        Value::Null => Constant::Null,
        Value::Bool(value) => Constant::Bool(*value),
        Value::Int(value) => Constant::Int(*value),
        Value::Uint(value) => Constant::Int(i64::try_from(*value).ok()?),
        Value::Double(value) if value.is_finite() => Constant::Double(*value),
        Value::String(text) => Constant::String((**text).into()),
        _ => return None,
    })
}

fn equality(field: Arc<str>, value: &Value<'_>, equal: bool) -> Folded {
    match constant_of(value) {
        Some(constant) if equal => Open(Condition::Field { field, test: FieldTest::Equal(constant) }),
        Some(constant) => Open(Condition::Field { field, test: FieldTest::NotEqual(constant) }),
        // No field holds a time.
        None if value.types().may_be(Types::TIMESTAMP.or(Types::DURATION)) => Known(!equal),
        None => OPAQUE,
    }
}

fn mirrored(operator: Operator) -> Operator {
    match operator {
        Operator::Less => Operator::Greater,
        Operator::LessOrEqual => Operator::GreaterOrEqual,
        Operator::Greater => Operator::Less,
        Operator::GreaterOrEqual => Operator::LessOrEqual,
        other => other,
    }
}

fn complement(operator: Operator) -> Operator {
    match operator {
        Operator::Less => Operator::GreaterOrEqual,
        Operator::LessOrEqual => Operator::Greater,
        Operator::Greater => Operator::LessOrEqual,
        Operator::GreaterOrEqual => Operator::Less,
        other => other,
    }
}

fn order(field: Arc<str>, operator: Operator, value: &Value<'_>, wanted: bool) -> Folded {
    let operator = if wanted { operator } else { complement(operator) };
    match constant_of(value) {
        Some(constant @ (Constant::Int(_) | Constant::Double(_) | Constant::String(_))) => {
            Open(Condition::Field { field, test: FieldTest::Order(operator, constant) })
        }
        Some(Constant::Null) => RAISES,
        None if value.types().may_be(Types::TIMESTAMP.or(Types::DURATION)) => RAISES,
        _ => OPAQUE,
    }
}
