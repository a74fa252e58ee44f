//! `'%s has %d'.format([name, count])`

use super::convert::{double_text, text_of};
use crate::error::EvaluationError;
use crate::meter::Meter;
use crate::value::Value;

/// Digits behind the point that can be asked for.
const PRECISION_MAX: usize = 100;
/// Lists and maps inside each other that are written out.
const DEPTH_MAX: usize = 16;

pub(super) fn format<'a>(arguments: &[Value<'a>], meter: &Meter) -> Result<Value<'a>, EvaluationError> {
    let [Value::String(pattern), Value::List(values)] = arguments else {
        return super::unsupported("format", arguments);
    };
    let failed = |message: String| EvaluationError::failed(format!("format: {message}"));
    let mut out = String::new();
    let mut next = 0;
    let mut rest: &str = pattern;
    meter.charge_text(pattern.len())?;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let mut precision = None;
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
            let wanted = after[..end].parse().ok().filter(|wanted| *wanted <= PRECISION_MAX);
            precision = Some(wanted.ok_or_else(|| failed(format!("'{}' is no precision", &after[..end])))?);
            rest = &after[end..];
        }
        let Some(verb) = rest.chars().next() else { return Err(failed("'%' at the end".to_owned())) };
        rest = &rest[verb.len_utf8()..];
        let Some(value) = values.get(next) else { return Err(failed(format!("index {next} out of range"))) };
        next += 1;
        meter.charge(value.weight() + 1)?;
        let text = verb_text(verb, precision, &value)
            .ok_or_else(|| failed(format!("'%{verb}' cannot write a value of type {}", value.types())))?;
        meter.charge_text(text.len())?;
        out.push_str(&text);
    }
    out.push_str(rest);
    Ok(Value::text(out))
}

fn verb_text(verb: char, precision: Option<usize>, value: &Value<'_>) -> Option<String> {
    let digits = precision.unwrap_or(6);
    Some(match (verb, value) {
        ('s', _) => plain(value, 0)?,
        ('d', Value::Int(_) | Value::Uint(_)) => text_of(value)?,
        ('d' | 'f' | 'e', Value::Double(value)) if !value.is_finite() => double_text(*value),
        ('f', _) => format!("{:.digits$}", as_double(value)?),
        ('e', _) => exponential(as_double(value)?, digits),
        ('b', Value::Bool(value)) => u8::from(*value).to_string(),
        ('b', Value::Int(value)) => format!("{}{:b}", sign(*value), value.unsigned_abs()),
        ('b', Value::Uint(value)) => format!("{value:b}"),
        ('o', Value::Int(value)) => format!("{}{:o}", sign(*value), value.unsigned_abs()),
        ('o', Value::Uint(value)) => format!("{value:o}"),
        ('x', Value::Int(value)) => format!("{}{:x}", sign(*value), value.unsigned_abs()),
        ('X', Value::Int(value)) => format!("{}{:X}", sign(*value), value.unsigned_abs()),
        ('x', Value::Uint(value)) => format!("{value:x}"),
        ('X', Value::Uint(value)) => format!("{value:X}"),
        ('x', Value::String(text)) => hexadecimal(text.as_bytes()),
        ('X', Value::String(text)) => hexadecimal(text.as_bytes()).to_uppercase(),
        ('x', Value::Bytes(bytes)) => hexadecimal(bytes),
        ('X', Value::Bytes(bytes)) => hexadecimal(bytes).to_uppercase(),
        _ => return None,
    })
}

fn sign(value: i64) -> &'static str {
    if value < 0 { "-" } else { "" }
}

#[allow(clippy::cast_precision_loss)] // written as a double is what was asked for
fn as_double(value: &Value<'_>) -> Option<f64> {
    match value {
        Value::Double(value) => Some(*value),
        Value::Int(value) => Some(*value as f64),
        Value::Uint(value) => Some(*value as f64),
        _ => None,
    }
}

/// `1.5e+03`, with two digits of the exponent at least.
fn exponential(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$e}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
            format!("{mantissa}e{sign}{exponent:0>2}")
        }
        None => text,
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn plain(value: &Value<'_>, depth: usize) -> Option<String> {
    if depth > DEPTH_MAX {
        return None;
    }
    Some(match value {
        Value::Null => "null".to_owned(),
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Double(value) => double_text(*value),
        Value::Type(types) => types.to_string(),
        Value::List(list) => {
            let items: Option<Vec<String>> = list.iter().map(|item| plain(&item, depth + 1)).collect();
            format!("[{}]", items?.join(", "))
        }
        Value::Map(map) => {
            let mut entries = Vec::with_capacity(map.len());
            for key in map.keys() {
                let value = map.get(&key)?;
                entries.push(format!("{}: {}", plain(&key, depth + 1)?, plain(&value, depth + 1)?));
            }
            entries.sort();
            format!("{{{}}}", entries.join(", "))
        }
        other => text_of(other)?,
    })
}
