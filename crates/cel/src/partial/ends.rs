//! What is asked of the ends of a link path: `data.ref('team.members.id').exists(id, id == auth.id)`.

use crate::condition::{Constant, EndTest};
use crate::error::FailureKind;
use crate::meter::Meter;
use crate::operators;
use crate::syntax::ast::{Kind, Macro, MacroKind, Node, Operator};
use crate::value::Value;

/// The values of parts that are known.
pub(super) type Known<'k, 'a> = dyn Fn(&'a Node) -> Option<Value<'a>> + 'k;

/// The test that a macro over the ends of a path is, if it is one.
pub(super) fn walked<'a>(
    of: &'a Macro,
    wanted: bool,
    limit: usize,
    known: &Known<'_, 'a>,
) -> Option<EndTest> {
    let decisive = match of.kind {
        MacroKind::Exists => true,
        MacroKind::All => false,
        MacroKind::ExistsOne | MacroKind::Filter | MacroKind::Map => return None,
    };
    let constants = values_that_make(&of.body, &of.variable, decisive, limit, known)?;
    // One of them settles the macro, and only they do.
    Some(if decisive == wanted { EndTest::HasAny(constants) } else { EndTest::HasNone(constants) })
}

/// The values of the variable for which the body is `answer`; for all others it is the other bool.
fn values_that_make<'a>(
    body: &'a Node,
    variable: &str,
    answer: bool,
    limit: usize,
    known: &Known<'_, 'a>,
) -> Option<Vec<Constant>> {
    let found = match &body.kind {
        Kind::Not(of) => values_that_make(of, variable, !answer, limit, known)?,
        Kind::Or(parts) if answer => union(parts, variable, answer, limit, known)?,
        Kind::And(parts) if !answer => union(parts, variable, answer, limit, known)?,
        Kind::Binary(operator, parts) => {
            let [left, right] = &**parts;
            let other = match (is(left, variable), is(right, variable)) {
                (true, false) => right,
                (false, true) if *operator != Operator::In => left,
                _ => return None,
            };
            // The known part must not be about the variable, nor be a bind that it hides.
            if mentions(other, variable) {
                return None;
            }
            match (operator, answer, known(other)?) {
                (Operator::Equal, true, value) | (Operator::NotEqual, false, value) => {
                    vec![Constant::of(&value)?]
                }
                (Operator::In, true, Value::List(list)) => Constant::all_of(&list, limit)?,
                _ => return None,
            }
        }
        _ => return None,
    };
    (!found.is_empty() && found.len() <= limit).then_some(found)
}

fn union<'a>(
    parts: &'a [Node],
    variable: &str,
    answer: bool,
    limit: usize,
    known: &Known<'_, 'a>,
) -> Option<Vec<Constant>> {
    let mut all = Vec::new();
    for part in parts {
        all.extend(values_that_make(part, variable, answer, limit, known)?);
    }
    Some(all)
}

pub(super) fn is(node: &Node, variable: &str) -> bool {
    matches!(&node.kind, Kind::Name(name) if **name == *variable)
}

/// Whether the name occurs, whatever it stands for there.
pub(super) fn mentions(node: &Node, name: &str) -> bool {
    let mut found = is(node, name);
    node.kind.each_child(&mut |child| found |= mentions(child, name));
    found
}

/// What a comparison of the number of values says.
pub(super) enum Counted {
    Known(bool),
    Test(EndTest),
    Raises,
    /// It depends on how many there are.
    Unclear,
}

/// Reads `size(data.ref(path)) > 0` and its kin; `flipped`: the number stands on the left.
pub(super) fn counted(
    operator: Operator,
    number: &Value<'_>,
    flipped: bool,
    wanted: bool,
    meter: &Meter,
) -> Counted {
    let beyond = match number {
        Value::Int(number) => *number > 1,
        Value::Uint(number) => *number > 1,
        Value::Double(number) => *number > 1.0 || number.is_nan(),
        _ => false,
    };
    if beyond {
        return Counted::Unclear;
    }
    // From 2 on all counts are the same to a number up to 1.
    let mut answers = [false; 3];
    for (answer, count) in answers.iter_mut().zip(0_i64..) {
        let count = Value::Int(count);
        let applied = if flipped {
            operators::apply(operator, number, &count, meter)
        } else {
            operators::apply(operator, &count, number, meter)
        };
        *answer = match applied {
            Ok(Value::Bool(holds)) => holds == wanted,
            Err(error) if error.kind == FailureKind::Failed => return Counted::Raises,
            _ => return Counted::Unclear,
        };
    }
    match answers {
        [true, true, true] => Counted::Known(true),
        [false, false, false] => Counted::Known(false),
        [false, true, true] => Counted::Test(EndTest::Some),
        [true, false, false] => Counted::Test(EndTest::Nothing),
        _ => Counted::Unclear,
    }
}
