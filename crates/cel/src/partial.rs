//! Folds a rule down to what depends on the row.
//!
//! [`Folder::condition`] answers when a node evaluates to the wanted bool. That a part which raises is
//! never true, whichever bool is wanted, is what makes De Morgan's laws hold with errors in play:
//! `a && b` is false exactly where `a` is false or `b` is.

mod ends;

use std::sync::Arc;

use crate::condition::{Condition, Constant, EndTest, FieldTest, Residual};
use crate::environment::Environment;
use crate::error::{EvaluationError, FailureKind};
use crate::evaluate::Evaluator;
use crate::expression::Binds;
use crate::meter::Meter;
use crate::operators;
use crate::rule::CompiledRule;
use crate::syntax::ast::{Kind, Literal, Macro, MacroKind, Node, Operator, Variable};
use crate::types::Types;
use crate::value::{List, Value};

/// Nodes that are looked at, binds counted each time they are used. Beyond, parts stay opaque.
const NODES_MAX: u32 = 4_000;
const DEPTH_MAX: u32 = 150;
/// A list is not a list of all people: it must make a good query.
const VALUES_MAX: usize = NODES_MAX as usize;
/// A macro over more known items than this stays opaque.
const WALKED_MAX: usize = 32;

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
    /// How many values are at the end of a path.
    Count(Arc<str>),
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
            Kind::Binary(operator, parts) => {
                let left = self.operand(&parts[0], depth + 1);
                let right = self.operand(&parts[1], depth + 1);
                self.binary(*operator, left, right, wanted, depth)
            }
            _ => match self.operand(node, depth) {
                Operand::Value(Value::Bool(value)) => Known(value == wanted),
                Operand::Field(field) => Open(Condition::Field { field, test: FieldTest::Is(wanted) }),
                Operand::Other => match &node.kind {
                    Kind::Macro(of) => self.walk(of, wanted, depth),
                    _ => OPAQUE,
                },
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
            Kind::Call(function, arguments) if function.name == "size" => {
                if let [list] = arguments.as_slice()
                    && let Operand::Reference(path) = self.operand(list, depth + 1)
                {
                    return Operand::Count(path);
                }
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

    fn binary(
        &mut self,
        operator: Operator,
        left: Operand<'a>,
        right: Operand<'a>,
        wanted: bool,
        depth: u32,
    ) -> Folded {
        match (operator, left, right) {
            (_, Operand::Raises, _) | (_, _, Operand::Raises) => RAISES,
            (_, Operand::Value(left), Operand::Value(right)) => {
                self.constant(operator, &left, &right, wanted)
            }
            (Operator::Equal | Operator::NotEqual, Operand::Field(field), Operand::Value(value))
            | (Operator::Equal | Operator::NotEqual, Operand::Value(value), Operand::Field(field)) => {
                equality(field, &value, (operator == Operator::Equal) == wanted)
            }
            (operator, Operand::Count(path), Operand::Value(number)) => {
                self.counted(operator, path, &number, false, wanted)
            }
            (operator, Operand::Value(number), Operand::Count(path)) => {
                self.counted(operator, path, &number, true, wanted)
            }
            (
                Operator::Equal | Operator::NotEqual,
                Operand::Reference(path),
                Operand::Value(Value::List(list)),
            )
            | (
                Operator::Equal | Operator::NotEqual,
                Operand::Value(Value::List(list)),
                Operand::Reference(path),
            ) if list.is_empty() => {
                let nothing = (operator == Operator::Equal) == wanted;
                reference(path, if nothing { EndTest::Nothing } else { EndTest::Some })
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

    fn counted(
        &self,
        operator: Operator,
        path: Arc<str>,
        number: &Value<'a>,
        flipped: bool,
        wanted: bool,
    ) -> Folded {
        match ends::counted(operator, number, flipped, wanted, &self.meter) {
            ends::Counted::Known(holds) => Known(holds),
            ends::Counted::Test(test) => reference(path, test),
            ends::Counted::Raises => RAISES,
            ends::Counted::Unclear => OPAQUE,
        }
    }

    /// `all` and `exists`.
    fn walk(&mut self, of: &'a Macro, wanted: bool, depth: u32) -> Folded {
        if !matches!(of.kind, MacroKind::All | MacroKind::Exists) {
            return OPAQUE;
        }
        match self.operand(&of.range, depth + 1) {
            Operand::Reference(path) => {
                let test = ends::walked(of, wanted, VALUES_MAX, &|node| self.value(node).ok());
                test.map_or(OPAQUE, |test| reference(path, test))
            }
            Operand::Value(Value::List(list)) => self.walk_known(of, &list, wanted, depth),
            _ => OPAQUE,
        }
    }

    /// Items that are known, and a comparison with something of the row:
    /// `auth.ref('$user.teams.id').exists(team, team in data.ref('teams.id'))`.
    fn walk_known(&mut self, of: &'a Macro, list: &List<'a>, wanted: bool, depth: u32) -> Folded {
        let Kind::Binary(operator, parts) = &of.body.kind else { return OPAQUE };
        let [left, right] = &**parts;
        let is_item = |node: &Node| ends::is(node, &of.variable);
        let about_more = |node: &Node| !is_item(node) && ends::mentions(node, &of.variable);
        if about_more(left) || about_more(right) {
            return OPAQUE;
        }
        let is_exists = of.kind == MacroKind::Exists;
        if *operator == Operator::In
            && is_item(left)
            && is_exists
            && let Operand::Reference(path) = self.operand(right, depth + 1)
        {
            return match Constant::all_of(list, VALUES_MAX) {
                Some(constants) if constants.is_empty() => Known(!wanted),
                Some(constants) if wanted => reference(path, EndTest::HasAny(constants)),
                Some(constants) => reference(path, EndTest::HasNone(constants)),
                None => OPAQUE,
            };
        }
        if list.len() > WALKED_MAX {
            return OPAQUE;
        }
        let mut folded = Vec::with_capacity(list.len());
        for item in list.iter() {
            let mut side = |node: &'a Node| match is_item(node) {
                true => Operand::Value(item.clone()),
                false => self.operand(node, depth + 1),
            };
            let (left, right) = (side(left), side(right));
            folded.push(self.binary(*operator, left, right, wanted, depth + 1));
        }
        if is_exists == wanted { any(folded) } else { all(folded) }
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
            (Operand::Value(value), Operand::Reference(path)) => match Constant::of(&value) {
                Some(constant) if wanted => reference(path, EndTest::HasAny(vec![constant])),
                Some(constant) => reference(path, EndTest::HasNone(vec![constant])),
                None => OPAQUE,
            },
            (Operand::Value(value), Operand::Field(field)) => match Constant::of(&value) {
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
                match Constant::all_of(&list, VALUES_MAX) {
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

fn reference(path: Arc<str>, test: EndTest) -> Folded {
    Open(Condition::Reference { path, test })
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

fn equality(field: Arc<str>, value: &Value<'_>, equal: bool) -> Folded {
    match Constant::of(value) {
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
    match Constant::of(value) {
        Some(constant @ (Constant::Int(_) | Constant::Double(_) | Constant::String(_))) => {
            Open(Condition::Field { field, test: FieldTest::Order(operator, constant) })
        }
        Some(Constant::Null) => RAISES,
        None if value.types().may_be(Types::TIMESTAMP.or(Types::DURATION)) => RAISES,
        _ => OPAQUE,
    }
}
