//! JSON as the wire wants it: strict reading, plain writing.
//!
//! Numbers are doubles, written in the shortest ECMAScript form; whole ones within the exact range
//! are kept as integers, so equal numbers are equal [`Value`]s.

use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use crate::{Object, Value};

/// Doubles hold every integer up to here.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The value of a double; not-a-number and the infinities, which JSON cannot say, are null.
pub fn number(float: f64) -> Value {
    if float.fract() == 0.0 && float.abs() <= EXACT {
        return Value::Number(Number::from(float as i64));
    }
    Number::from_f64(float).map_or(Value::Null, Value::Number)
}

/// Writes a value: no spaces, keys in the order they have, no HTML escapes.
pub fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) if integer.unsigned_abs() <= EXACT as u64 => write_integer(integer, out),
            (_, Some(float)) => write_f64(float, out),
            (_, None) => out.extend_from_slice(b"null"),
        },
        Value::String(text) => write_str(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(item, out);
            }
            out.push(b']');
        }
        Value::Object(object) => {
            out.push(b'{');
            for (index, (key, item)) in object.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_str(key, out);
                out.push(b':');
                write(item, out);
            }
            out.push(b'}');
        }
    }
}

/// [`write`] into a text of its own.
pub fn to_text(value: &Value) -> String {
    let mut out = Vec::new();
    write(value, &mut out);
    String::from_utf8(out).unwrap_or_default()
}

/// For each byte of a text: 0 if it stands for itself, `u` for a hexadecimal escape, else the
/// letter of its short escape.
const ESCAPES: [u8; 256] = {
    let mut table = [0; 256];
    let mut control = 0;
    while control < 0x20 {
        table[control] = b'u';
        control += 1;
    }
    table[0x08] = b'b';
    table[0x09] = b't';
    table[0x0a] = b'n';
    table[0x0c] = b'f';
    table[0x0d] = b'r';
    table[b'"' as usize] = b'"';
    table[b'\\' as usize] = b'\\';
    table
};

/// Writes a text in quotes.
pub fn write_str(text: &str, out: &mut Vec<u8>) {
    const HEXADECIMAL: &[u8; 16] = b"0123456789abcdef";
    let bytes = text.as_bytes();
    out.reserve(bytes.len() + 2);
    out.push(b'"');
    let mut written = 0;
    for (index, &byte) in bytes.iter().enumerate() {
        let escape = ESCAPES[usize::from(byte)];
        if escape == 0 {
            continue;
        }
        out.extend_from_slice(&bytes[written..index]);
        out.extend_from_slice(&[b'\\', escape]);
        if escape == b'u' {
            let (high, low) = (HEXADECIMAL[usize::from(byte >> 4)], HEXADECIMAL[usize::from(byte & 15)]);
            out.extend_from_slice(&[b'0', b'0', high, low]);
        }
        written = index + 1;
    }
    out.extend_from_slice(&bytes[written..]);
    out.push(b'"');
}

/// Writes a number in the shortest form that reads back the same; what JSON cannot say is null.
pub fn write_f64(float: f64, out: &mut Vec<u8>) {
    if !float.is_finite() {
        out.extend_from_slice(b"null");
    } else if float.fract() == 0.0 && float.abs() <= EXACT {
        write_integer(float as i64, out);
    } else {
        out.extend_from_slice(ryu_js::Buffer::new().format_finite(float).as_bytes());
    }
}

/// Writes an integer that a double holds exactly.
fn write_integer(integer: i64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut start = digits.len();
    let mut rest = integer.unsigned_abs();
    loop {
        start -= 1;
        digits[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if integer < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[start..]);
}

/// The same value with the keys of all objects in byte order.
pub fn sort_keys(mut value: Value) -> Value {
    sort_keys_in_place(&mut value);
    value
}

fn sort_keys_in_place(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(sort_keys_in_place),
        Value::Object(object) => {
            object.sort_keys();
            object.values_mut().for_each(sort_keys_in_place);
        }
        _ => {}
    }
}

/// The same value with sorted keys and every number in its one form, so that equal values are equal.
pub fn canonical(mut value: Value) -> Value {
    sort_keys_in_place(&mut value);
    unify_numbers(&mut value);
    value
}

fn unify_numbers(value: &mut Value) {
    match value {
        Value::Number(inner) => *value = inner.as_f64().map_or(Value::Null, number),
        Value::Array(items) => items.iter_mut().for_each(unify_numbers),
        Value::Object(object) => object.values_mut().for_each(unify_numbers),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// Reads the first JSON value and ignores what follows it. Repeated keys, invalid UTF-8, lone
/// surrogates and nesting deeper than 128 are errors, one sentence each. Numbers become doubles.
pub fn parse_strict(bytes: &[u8]) -> Result<Value, String> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    Strict.deserialize(&mut deserializer).map_err(|error| error.to_string())
}

/// Like [`parse_strict`], but nothing except white space may follow the value.
pub fn parse_whole(bytes: &[u8]) -> Result<Value, String> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict.deserialize(&mut deserializer).map_err(|error| error.to_string())?;
    deserializer.end().map_err(|error| error.to_string())?;
    Ok(value)
}

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, integer: i64) -> Result<Value, E> {
        Ok(number(integer as f64))
    }

    fn visit_u64<E>(self, integer: u64) -> Result<Value, E> {
        Ok(number(integer as f64))
    }

    fn visit_f64<E>(self, float: f64) -> Result<Value, E> {
        Ok(number(float))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(Strict)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut object = Object::new();
        while let Some(key) = access.next_key::<String>()? {
            let value = access.next_value_seed(Strict)?;
            if object.contains_key(&key) {
                return Err(A::Error::custom(format_args!("the key {key:?} is repeated")));
            }
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

/// What a text of a form body means: `true` and `false` are bools, numbers in their shortest
/// decimal form are numbers, all else is text.
pub fn infer_form_value(text: &str) -> Value {
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => match text.parse::<f64>() {
            Ok(float) if float.is_finite() && float.to_string() == text => number(float),
            _ => Value::String(text.to_owned()),
        },
    }
}

/// Whether the text is a JSON list of texts without escapes and spaces, as the server stores
/// lists: such a cell can be copied into an answer.
pub fn is_plain_text_list(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else { return false };
    if inner.is_empty() {
        return true;
    }
    let mut rest = inner.as_bytes();
    loop {
        let [b'"', tail @ ..] = rest else { return false };
        let Some(end) = tail.iter().position(|&byte| ESCAPES[usize::from(byte)] != 0) else { return false };
        match &tail[end..] {
            [b'"'] => return end > 0,
            [b'"', b',', next @ ..] if end > 0 => rest = next,
            _ => return false,
        }
    }
}

/// Whether the text is one JSON value. Nothing is built.
pub fn is_valid(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

#[cfg(test)]
mod tests;
