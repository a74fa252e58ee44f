//! Operators with two strict operands.

use std::cmp::Ordering;

use crate::error::EvaluationError;
use crate::functions::no_overload;
use crate::meter::Meter;
use crate::syntax::ast::Operator;
use crate::types::Types;
use crate::value::{List, Value};

type Answer<'a> = Result<Value<'a>, EvaluationError>;

pub(crate) fn apply<'a>(
    operator: Operator,
    left: &Value<'a>,
    right: &Value<'a>,
    meter: &Meter,
) -> Answer<'a> {
    match operator {
        Operator::Equal | Operator::NotEqual => {
            meter.charge(left.weight().min(right.weight()))?;
            Ok(Value::Bool(left.equals(right) == (operator == Operator::Equal)))
        }
        Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
            order(operator, left, right).map(Value::Bool)
        }
        Operator::In => contains(left, right, meter).map(Value::Bool),
        Operator::Add => add(left, right, meter),
        Operator::Subtract => subtract(left, right),
        Operator::Multiply | Operator::Divide | Operator::Remainder => scale(operator, left, right),
    }
}

fn unsupported<T>(operator: Operator, left: &Value<'_>, right: &Value<'_>) -> Result<T, EvaluationError> {
    Err(EvaluationError::failed(no_overload(operator.name(), [left.types(), right.types()].into_iter())))
}

fn order(operator: Operator, left: &Value<'_>, right: &Value<'_>) -> Result<bool, EvaluationError> {
    let Some(order) = left.compare(right) else { return unsupported(operator, left, right) };
    Ok(order.is_some_and(|order| holds(operator, order)))
}

/// Whether an order is one that the operator asks for.
pub(crate) fn holds(operator: Operator, order: Ordering) -> bool {
    match operator {
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        Operator::Greater => order.is_gt(),
        Operator::GreaterOrEqual => order.is_ge(),
        Operator::NotEqual => order.is_ne(),
        _ => order.is_eq(),
    }
}

/// `left in right`: an element of a list, or a key of a map.
fn contains(left: &Value<'_>, right: &Value<'_>, meter: &Meter) -> Result<bool, EvaluationError> {
    match right {
        Value::List(list) => {
            for item in list.iter() {
                meter.charge(1 + left.weight().min(item.weight()))?;
                if left.equals(&item) {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Value::Map(map) => {
            meter.charge(1 + map.len().min(1 + left.weight()))?;
            Ok(map.get(left).is_some())
        }
        _ => unsupported(Operator::In, left, right),
    }
}

fn overflow<'a>(what: &str) -> Answer<'a> {
    Err(EvaluationError::failed(format!("{what} overflow")))
}

fn checked<'a, T>(value: Option<T>, make: fn(T) -> Value<'a>, what: &str) -> Answer<'a> {
    value.map_or_else(|| overflow(what), |value| Ok(make(value)))
}

fn add<'a>(left: &Value<'a>, right: &Value<'a>, meter: &Meter) -> Answer<'a> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => checked(left.checked_add(*right), Value::Int, "int"),
        (Value::Uint(left), Value::Uint(right)) => checked(left.checked_add(*right), Value::Uint, "uint"),
        (Value::Double(left), Value::Double(right)) => Ok(Value::Double(left + right)),
        (Value::String(left), Value::String(right)) => {
            meter.charge_text(left.len() + right.len())?;
            Ok(Value::text([&**left, &**right].concat()))
        }
        (Value::Bytes(left), Value::Bytes(right)) => {
            meter.charge_text(left.len() + right.len())?;
            Ok(Value::Bytes([&**left, &**right].concat().into()))
        }
        (Value::List(left), Value::List(right)) => {
            meter.charge(left.len() + right.len())?;
            if right.is_empty() {
                return Ok(Value::List(List::clone(left)));
            }
            Value::list(left.iter().chain(right.iter()).collect())
        }
        (Value::Timestamp(time), Value::Duration(span)) | (Value::Duration(span), Value::Timestamp(time)) => {
            checked(time.plus(*span), Value::Timestamp, "timestamp")
        }
        (Value::Duration(left), Value::Duration(right)) => {
            checked(left.plus(*right), Value::Duration, "duration")
        }
        _ => unsupported(Operator::Add, left, right),
    }
}

fn subtract<'a>(left: &Value<'a>, right: &Value<'a>) -> Answer<'a> {
    match (left, right) {
        (Value::Int(left), Value::Int(right)) => checked(left.checked_sub(*right), Value::Int, "int"),
        (Value::Uint(left), Value::Uint(right)) => checked(left.checked_sub(*right), Value::Uint, "uint"),
        (Value::Double(left), Value::Double(right)) => Ok(Value::Double(left - right)),
        (Value::Timestamp(time), Value::Duration(span)) => {
            checked(time.minus(*span), Value::Timestamp, "timestamp")
        }
        (Value::Timestamp(left), Value::Timestamp(right)) => {
            checked(left.since(*right), Value::Duration, "duration")
        }
        (Value::Duration(left), Value::Duration(right)) => {
            checked(left.minus(*right), Value::Duration, "duration")
        }
        _ => unsupported(Operator::Subtract, left, right),
    }
}

fn scale<'a>(operator: Operator, left: &Value<'a>, right: &Value<'a>) -> Answer<'a> {
    let by_zero = matches!(right, Value::Int(0) | Value::Uint(0));
    match (operator, left, right) {
        (Operator::Divide, Value::Int(_), Value::Int(_))
        | (Operator::Divide, Value::Uint(_), Value::Uint(_))
            if by_zero =>
        {
            Err(EvaluationError::failed("divide by zero"))
        }
        (Operator::Remainder, Value::Int(_), Value::Int(_))
        | (Operator::Remainder, Value::Uint(_), Value::Uint(_))
            if by_zero =>
        {
            Err(EvaluationError::failed("modulus by zero"))
        }
        (Operator::Multiply, Value::Int(left), Value::Int(right)) => {
            checked(left.checked_mul(*right), Value::Int, "int")
        }
        (Operator::Multiply, Value::Uint(left), Value::Uint(right)) => {
            checked(left.checked_mul(*right), Value::Uint, "uint")
        }
        (Operator::Multiply, Value::Double(left), Value::Double(right)) => Ok(Value::Double(left * right)),
        (Operator::Divide, Value::Int(left), Value::Int(right)) => {
            checked(left.checked_div(*right), Value::Int, "int")
        }
        (Operator::Divide, Value::Uint(left), Value::Uint(right)) => {
            checked(left.checked_div(*right), Value::Uint, "uint")
        }
        (Operator::Divide, Value::Double(left), Value::Double(right)) => Ok(Value::Double(left / right)),
        (Operator::Remainder, Value::Int(left), Value::Int(right)) => {
            checked(left.checked_rem(*right), Value::Int, "int")
        }
        (Operator::Remainder, Value::Uint(left), Value::Uint(right)) => {
            checked(left.checked_rem(*right), Value::Uint, "uint")
        }
        _ => unsupported(operator, left, right),
    }
}

pub(crate) fn negate<'a>(value: &Value<'a>) -> Answer<'a> {
    match value {
        Value::Int(value) => checked(value.checked_neg(), Value::Int, "int"),
        Value::Double(value) => Ok(Value::Double(-value)),
        _ => Err(EvaluationError::failed(no_overload("-_", [value.types()].into_iter()))),
    }
}

/// Left, right and result of the overloads that arithmetic has.
const ARITHMETIC: [(&[Operator], Types, Types, Types); 10] = {
    use Operator::{Add, Divide, Multiply, Remainder, Subtract};
    [
        (&[Add, Subtract, Multiply, Divide, Remainder], Types::INT, Types::INT, Types::INT),
        (&[Add, Subtract, Multiply, Divide, Remainder], Types::UINT, Types::UINT, Types::UINT),
        (&[Add, Subtract, Multiply, Divide], Types::DOUBLE, Types::DOUBLE, Types::DOUBLE),
        (&[Add], Types::STRING, Types::STRING, Types::STRING),
        (&[Add], Types::BYTES, Types::BYTES, Types::BYTES),
        (&[Add], Types::LIST, Types::LIST, Types::LIST),
        (&[Add, Subtract], Types::TIMESTAMP, Types::DURATION, Types::TIMESTAMP),
        (&[Add], Types::DURATION, Types::TIMESTAMP, Types::TIMESTAMP),
        (&[Add, Subtract], Types::DURATION, Types::DURATION, Types::DURATION),
        (&[Subtract], Types::TIMESTAMP, Types::TIMESTAMP, Types::DURATION),
    ]
};

const ORDERED: [Types; 6] =
    [Types::NUMBER, Types::STRING, Types::BOOL, Types::BYTES, Types::TIMESTAMP, Types::DURATION];

/// The types of the result for operands of such types; nothing where no overload can take them.
pub(crate) fn result(operator: Operator, left: Types, right: Types) -> Types {
    let bool_if = |possible: bool| if possible { Types::BOOL } else { Types::NONE };
    match operator {
        // To compare with null is to ask whether something is there, whatever it is.
        Operator::Equal | Operator::NotEqual => bool_if(
            left.may_be(right)
                || (left.may_be(Types::NUMBER) && right.may_be(Types::NUMBER))
                || left.may_be(Types::NULL)
                || right.may_be(Types::NULL),
        ),
        Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual => {
            bool_if(ORDERED.iter().any(|types| left.may_be(*types) && right.may_be(*types)))
        }
        Operator::In => bool_if(right.may_be(Types::LIST.or(Types::MAP))),
        _ => ARITHMETIC
            .iter()
            .filter(|(operators, ..)| operators.contains(&operator))
            .filter(|(_, first, second, _)| left.may_be(*first) && right.may_be(*second))
            .fold(Types::NONE, |types, (_, _, _, result)| types.or(*result)),
    }
}
