//! Conversions between types, and the size of things.

use super::{Function, unsupported};
use crate::error::EvaluationError;
use crate::meter::Meter;
use crate::time::{Duration, Timestamp};
use crate::types::Types;
use crate::value::Value;

const SIZED: Types = Types::STRING.or(Types::BYTES).or(Types::LIST).or(Types::MAP);
const TO_INT: Types = Types::NUMBER.or(Types::STRING).or(Types::TIMESTAMP).or(Types::DURATION);
const TO_STRING: Types =
    Types::NUMBER.or(Types::STRING).or(Types::BOOL).or(Types::BYTES).or(Types::TIMESTAMP).or(Types::DURATION);

pub(super) const FUNCTIONS: &[Function] = &[
    Function::global("size", &[SIZED], Types::INT, size),
    Function::method("size", &[SIZED], Types::INT, size),
    Function::global("int", &[TO_INT], Types::INT, int),
    Function::global("uint", &[Types::NUMBER.or(Types::STRING)], Types::UINT, uint),
    Function::global("double", &[Types::NUMBER.or(Types::STRING)], Types::DOUBLE, double),
    Function::global("string", &[TO_STRING], Types::STRING, string),
    Function::global("bool", &[Types::BOOL.or(Types::STRING)], Types::BOOL, bool),
    Function::global("bytes", &[Types::BYTES.or(Types::STRING)], Types::BYTES, bytes),
    Function::global("type", &[Types::ANY], Types::TYPE, type_of),
    Function::global("dyn", &[Types::ANY], Types::ANY, dynamic),
    Function::global(
        "timestamp",
        &[Types::TIMESTAMP.or(Types::STRING).or(Types::INT).or(Types::DOUBLE)],
        Types::TIMESTAMP,
        timestamp,
    ),
    Function::global("duration", &[Types::DURATION.or(Types::STRING)], Types::DURATION, duration),
];

fn failed<T>(message: String) -> Result<T, EvaluationError> {
    Err(EvaluationError::failed(message))
}

pub(super) fn count<'a>(value: usize) -> Value<'a> {
    Value::Int(i64::try_from(value).unwrap_or(i64::MAX))
}

fn size<'a>(arguments: &[Value<'a>], meter: &Meter) -> Result<Value<'a>, EvaluationError> {
    Ok(count(match arguments {
        [Value::String(text)] => {
            meter.charge_text(text.len())?;
            text.chars().count()
        }
        [Value::Bytes(bytes)] => bytes.len(),
        [Value::List(list)] => list.len(),
        [Value::Map(map)] => map.len(),
        _ => return unsupported("size", arguments),
    }))
}

/// The integer of a double without its fraction, if it lies within 64 bits.
fn truncated(value: f64) -> Option<i128> {
    #[allow(clippy::cast_possible_truncation)] // below 1e20 it fits
    (value.abs() < 1e20).then(|| value.trunc() as i128)
}

fn int<'a>(arguments: &[Value<'a>], _: &Meter) -> Result<Value<'a>, EvaluationError> {
    let value = match arguments {
        [Value::Int(value)] => Some(*value),
        [Value::Uint(value)] => i64::try_from(*value).ok(),
        [Value::Double(value)] => truncated(*value).and_then(|value| i64::try_from(value).ok()),
        [Value::String(text)] => text.parse().ok(),
        [Value::Timestamp(value)] => Some(value.seconds()),
        [Value::Duration(value)] => Some(value.seconds()),
        _ => return unsupported("int", arguments),
    };
    match (value, arguments) {
        (Some(value), _) => Ok(Value::Int(value)),
        (None, [Value::String(text)]) => failed(format!("'{}' is no int", shortened(text))),
        (None, _) => failed("the number is out of the range of int".to_owned()),
    }
}

fn uint<'a>(arguments: &[Value<'a>], _: &Meter) -> Result<Value<'a>, EvaluationError> {
    let value = match arguments {
        [Value::Uint(value)] => Some(*value),
        [Value::Int(value)] => u64::try_from(*value).ok(),
        [Value::Double(value)] => truncated(*value).and_then(|value| u64::try_from(value).ok()),
        [Value::String(text)] => text.parse().ok(),
        _ => return unsupported("uint", arguments),
    };
    match (value, arguments) {
        (Some(value), _) => Ok(Value::Uint(value)),
        (None, [Value::String(text)]) => failed(format!("'{}' is no uint", shortened(text))),
        (None, _) => failed("the number is out of the range of uint".to_owned()),
    }
}

#[allow(clippy::cast_precision_loss)] // what the conversion means
fn double<'a>(arguments: &[Value<'a>], _: &Meter) -> Result<Value<'a>, EvaluationError> {
    Ok(Value::Double(match arguments {
        [Value::Double(value)] => *value,
        [Value::Int(value)] => *value as f64,
        [Value::Uint(value)] => *value as f64,
        [Value::String(text)] => match text.trim().parse() {
            Ok(value) => value,
            Err(_) => return failed(format!("'{}' is no double", shortened(text))),
        },
        _ => return unsupported("double", arguments),
    }))
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

/// The text of a value as `string()` gives it; `None` for what has none.
pub(crate) fn text_of(value: &Value<'_>) -> Option<String> {
    Some(match value {
        Value::String(text) => text.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => value.to_string(),
        Value::Double(value) => java_text(*value),
        Value::Timestamp(value) => value.format(),
        Value::Duration(value) => value.format(),
        _ => return None,
    })
}

/// As Java writes a double, whose `string()` this is: `2.0`, `1.0E10`.
fn java_text(value: f64) -> String {
    if !value.is_finite() {
        return double_text(value);
    }
    if value == 0.0 || (1e-3..1e7).contains(&value.abs()) {
        return format!("{value:?}");
    }
    let text = format!("{value:E}");
    match text.split_once('E') {
        Some((mantissa, exponent)) if !mantissa.contains('.') => format!("{mantissa}.0E{exponent}"),
        _ => text,
    }
}

pub(super) fn double_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    // Very large and small ones would fill the page.
    if value != 0.0 && !(1e-7..1e21).contains(&value.abs()) {
        format!("{value:e}")
    } else {
        format!("{value}")
    }
}

fn string<'a>(arguments: &[Value<'a>], meter: &Meter) -> Result<Value<'a>, EvaluationError> {
    match arguments {
        [text @ Value::String(_)] => Ok(text.clone()),
        [Value::Bytes(bytes)] => {
            meter.charge_text(bytes.len())?;
            match std::str::from_utf8(bytes) {
                Ok(text) => Ok(Value::text(text)),
                Err(_) => failed("the bytes are no UTF-8 text".to_owned()),
            }
        }
        [value] => match text_of(value) {
            Some(text) => Ok(Value::text(text)),
            None => unsupported("string", arguments),
        },
        _ => unsupported("string", arguments),
    }
}

fn bool<'a>(arguments: &[Value<'a>], _: &Meter) -> Result<Value<'a>, EvaluationError> {
    match arguments {
        [Value::Bool(value)] => Ok(Value::Bool(*value)),
        [Value::String(text)] => match &**text {
            "true" | "TRUE" | "True" | "t" | "1" => Ok(Value::Bool(true)),
            "false" | "FALSE" | "False" | "f" | "0" => Ok(Value::Bool(false)),
            other => failed(format!("'{}' is no bool", shortened(other))),
        },
        _ => unsupported("bool", arguments),
    }
}

fn bytes<'a>(arguments: &[Value<'a>], meter: &Meter) -> Result<Value<'a>, EvaluationError> {
    match arguments {
        [bytes @ Value::Bytes(_)] => Ok(bytes.clone()),
        [Value::String(text)] => {
            meter.charge_text(text.len())?;
            Ok(Value::Bytes(text.as_bytes().into()))
        }
        _ => unsupported("bytes", arguments),
    }
}

fn type_of<'a>(arguments: &[Value<'a>], _: &Meter) -> Result<Value<'a>, EvaluationError> {
    match arguments {
        [value] => Ok(Value::Type(value.types())),
        _ => unsupported("type", arguments),
    }
}

fn dynamic<'a>(arguments: &[Value<'a>], _: &Meter) -> Result<Value<'a>, EvaluationError> {
    match arguments {
        [value] => Ok(value.clone()),
        _ => unsupported("dyn", arguments),
    }
}

/// A number counts milliseconds, as dates do in Instant; the language itself would count seconds.
fn timestamp<'a>(arguments: &[Value<'a>], _: &Meter) -> Result<Value<'a>, EvaluationError> {
    let value = match arguments {
        [Value::Timestamp(value)] => Some(*value),
        [Value::String(text)] => {
            let Some(value) = Timestamp::parse(text) else {
                let text = shortened(text);
                return failed(format!("'{text}' is no timestamp: write it as in '2024-01-31T10:20:30Z'"));
            };
            Some(value)
        }
        [Value::Int(value)] => Timestamp::from_milliseconds(*value),
        [Value::Double(value)] => truncated(*value)
            .and_then(|value| i64::try_from(value).ok())
            .and_then(Timestamp::from_milliseconds),
        _ => return unsupported("timestamp", arguments),
    };
    match value {
        Some(value) => Ok(Value::Timestamp(value)),
        None => failed("the timestamp is out of range: years 1 to 9999".to_owned()),
    }
}

fn duration<'a>(arguments: &[Value<'a>], _: &Meter) -> Result<Value<'a>, EvaluationError> {
    match arguments {
        [Value::Duration(value)] => Ok(Value::Duration(*value)),
        [Value::String(text)] => match Duration::parse(text) {
            Some(value) => Ok(Value::Duration(value)),
            None => failed(format!("'{}' is no duration: write it as in '1h30m'", shortened(text))),
        },
        _ => unsupported("duration", arguments),
    }
}
