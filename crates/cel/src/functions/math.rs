//! The math extension.

use std::cmp::Ordering;

use super::{Function, unsupported};
use crate::error::EvaluationError;
use crate::meter::Meter;
use crate::types::Types;
use crate::value::Value;

const ONE: &[Types] = &[Types::NUMBER];
const DOUBLE: &[Types] = &[Types::DOUBLE];
const WHOLE: Types = Types::INT.or(Types::UINT);
const WHOLES: &[Types] = &[WHOLE, WHOLE];
const SHIFT: &[Types] = &[WHOLE, Types::INT];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global("math.greatest", &[Types::NUMBER.or(Types::LIST)], Types::NUMBER, |arguments, meter| {
        outermost("math.greatest", arguments, meter, Ordering::Greater)
    }),
    Function::global("math.least", &[Types::NUMBER.or(Types::LIST)], Types::NUMBER, |arguments, meter| {
        outermost("math.least", arguments, meter, Ordering::Less)
    }),
    Function::global("math.ceil", DOUBLE, Types::DOUBLE, |arguments, _| {
        rounded("math.ceil", arguments, f64::ceil)
    }),
    Function::global("math.floor", DOUBLE, Types::DOUBLE, |arguments, _| {
        rounded("math.floor", arguments, f64::floor)
    }),
    Function::global("math.round", DOUBLE, Types::DOUBLE, |arguments, _| {
        rounded("math.round", arguments, f64::round)
    }),
    Function::global("math.trunc", DOUBLE, Types::DOUBLE, |arguments, _| {
        rounded("math.trunc", arguments, f64::trunc)
    }),
    Function::global("math.sqrt", ONE, Types::DOUBLE, sqrt),
    Function::global("math.abs", ONE, Types::NUMBER, abs),
    Function::global("math.sign", ONE, Types::NUMBER, sign),
    Function::global("math.isNaN", DOUBLE, Types::BOOL, |arguments, _| {
        asked("math.isNaN", arguments, f64::is_nan)
    }),
    Function::global("math.isInf", DOUBLE, Types::BOOL, |arguments, _| {
        asked("math.isInf", arguments, f64::is_infinite)
    }),
    Function::global("math.isFinite", DOUBLE, Types::BOOL, |arguments, _| {
        asked("math.isFinite", arguments, f64::is_finite)
    }),
    Function::global("math.bitAnd", WHOLES, WHOLE, |arguments, _| {
        bits("math.bitAnd", arguments, |a, b| a & b, |a, b| a & b)
    }),
    Function::global("math.bitOr", WHOLES, WHOLE, |arguments, _| {
        bits("math.bitOr", arguments, |a, b| a | b, |a, b| a | b)
    }),
    Function::global("math.bitXor", WHOLES, WHOLE, |arguments, _| {
        bits("math.bitXor", arguments, |a, b| a ^ b, |a, b| a ^ b)
    }),
    Function::global("math.bitNot", &[WHOLE], WHOLE, bit_not),
    Function::global("math.bitShiftLeft", SHIFT, WHOLE, |arguments, _| {
        shift("math.bitShiftLeft", arguments, true)
    }),
    Function::global("math.bitShiftRight", SHIFT, WHOLE, |arguments, _| {
        shift("math.bitShiftRight", arguments, false)
    }),
];

type Answer<'a> = Result<Value<'a>, EvaluationError>;

fn outermost<'a>(name: &str, arguments: &[Value<'a>], meter: &Meter, wanted: Ordering) -> Answer<'a> {
    let list = match arguments {
        [Value::List(list)] => list,
        [value] if Types::NUMBER.may_be(value.types()) => return Ok(value.clone()),
        _ => return unsupported(name, arguments),
    };
    meter.charge(list.len())?;
    let mut best: Option<Value<'a>> = None;
    for value in list.iter() {
        if !Types::NUMBER.may_be(value.types()) {
            return unsupported(name, &[value]);
        }
        let better = match &best {
            Some(best) => value.compare(best).flatten() == Some(wanted),
            None => true,
        };
        if better {
            best = Some(value);
        }
    }
    best.ok_or_else(|| EvaluationError::failed(format!("{name}: the list is empty")))
}

fn rounded<'a>(name: &str, arguments: &[Value<'a>], round: fn(f64) -> f64) -> Answer<'a> {
    match arguments {
        [Value::Double(value)] => Ok(Value::Double(round(*value))),
        _ => unsupported(name, arguments),
    }
}

fn asked<'a>(name: &str, arguments: &[Value<'a>], ask: fn(f64) -> bool) -> Answer<'a> {
    match arguments {
        [Value::Double(value)] => Ok(Value::Bool(ask(*value))),
        _ => unsupported(name, arguments),
    }
}

#[allow(clippy::cast_precision_loss)] // the root is a double anyway
fn sqrt<'a>(arguments: &[Value<'a>], _: &Meter) -> Answer<'a> {
    match arguments {
        [Value::Double(value)] => Ok(Value::Double(value.sqrt())),
        [Value::Int(value)] => Ok(Value::Double((*value as f64).sqrt())),
        [Value::Uint(value)] => Ok(Value::Double((*value as f64).sqrt())),
        _ => unsupported("math.sqrt", arguments),
    }
}

fn abs<'a>(arguments: &[Value<'a>], _: &Meter) -> Answer<'a> {
    match arguments {
        [Value::Int(value)] => value
            .checked_abs()
            .map(Value::Int)
            .ok_or_else(|| EvaluationError::failed("math.abs: integer overflow")),
        [Value::Uint(value)] => Ok(Value::Uint(*value)),
        [Value::Double(value)] => Ok(Value::Double(value.abs())),
        _ => unsupported("math.abs", arguments),
    }
}

fn sign<'a>(arguments: &[Value<'a>], _: &Meter) -> Answer<'a> {
    match arguments {
        [Value::Int(value)] => Ok(Value::Int(value.signum())),
        [Value::Uint(value)] => Ok(Value::Uint((*value).min(1))),
        [Value::Double(value)] if *value == 0.0 || value.is_nan() => Ok(Value::Double(*value)),
        [Value::Double(value)] => Ok(Value::Double(value.signum())),
        _ => unsupported("math.sign", arguments),
    }
}

fn bits<'a>(
    name: &str,
    arguments: &[Value<'a>],
    signed: fn(i64, i64) -> i64,
    unsigned: fn(u64, u64) -> u64,
) -> Answer<'a> {
    match arguments {
        [Value::Int(left), Value::Int(right)] => Ok(Value::Int(signed(*left, *right))),
        [Value::Uint(left), Value::Uint(right)] => Ok(Value::Uint(unsigned(*left, *right))),
        _ => unsupported(name, arguments),
    }
}

fn bit_not<'a>(arguments: &[Value<'a>], _: &Meter) -> Answer<'a> {
    match arguments {
        [Value::Int(value)] => Ok(Value::Int(!value)),
        [Value::Uint(value)] => Ok(Value::Uint(!value)),
        _ => unsupported("math.bitNot", arguments),
    }
}

/// Bits of an int are shifted as those of a uint are: the sign is a bit like the others.
fn shift<'a>(name: &str, arguments: &[Value<'a>], left: bool) -> Answer<'a> {
    let (bits, count) = match arguments {
        [Value::Int(value), Value::Int(count)] => (value.cast_unsigned(), *count),
        [Value::Uint(value), Value::Int(count)] => (*value, *count),
        _ => return unsupported(name, arguments),
    };
    let Ok(count) = u32::try_from(count) else {
        return Err(EvaluationError::failed(format!("{name}: cannot shift by {count}")));
    };
    let shifted = if left { bits.checked_shl(count) } else { bits.checked_shr(count) }.unwrap_or(0);
    Ok(if matches!(arguments, [Value::Int(_), _]) {
        Value::Int(shifted.cast_signed())
    } else {
        Value::Uint(shifted)
    })
}
