//! Reading option values out of submitted JSON as a typed structure would.

use crate::{Object, Value};

/// The value under a key; null counts as absent.
fn find<'a>(options: &'a Object, key: &str) -> Option<&'a Value> {
    options.get(key).filter(|value| !value.is_null())
}

fn mismatch(key: &str, expected: &str) -> String {
    format!("the field option \"{key}\" must be {expected}")
}

pub(super) fn text(options: &Object, key: &str) -> Result<String, String> {
    match find(options, key) {
        None => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(mismatch(key, "a text")),
    }
}

pub(super) fn flag(options: &Object, key: &str) -> Result<bool, String> {
    match find(options, key) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(mismatch(key, "true or false")),
    }
}

pub(super) fn integer(options: &Object, key: &str) -> Result<i64, String> {
    match find(options, key) {
        None => Ok(0),
        Some(Value::Number(number)) => {
            number.as_i64().or_else(|| whole(number.as_f64()?)).ok_or_else(|| mismatch(key, "a whole number"))
        }
        Some(_) => Err(mismatch(key, "a whole number")),
    }
}

/// The integer that a float stands for, if it is one and small enough to be exact.
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0).then_some(number as i64)
}

pub(super) fn optional_number(options: &Object, key: &str) -> Result<Option<f64>, String> {
    match find(options, key) {
        None => Ok(None),
        Some(Value::Number(number)) => Ok(number.as_f64()),
        Some(_) => Err(mismatch(key, "a number")),
    }
}

pub(super) fn texts(options: &Object, key: &str) -> Result<Vec<String>, String> {
    let Some(value) = find(options, key) else { return Ok(Vec::new()) };
    let Value::Array(items) = value else { return Err(mismatch(key, "a list of texts")) };
    items
        .iter()
        .map(|item| match item {
            Value::String(text) => Ok(text.clone()),
            Value::Null => Ok(String::new()),
            _ => Err(mismatch(key, "a list of texts")),
        })
        .collect()
}
