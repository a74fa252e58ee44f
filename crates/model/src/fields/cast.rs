//! Casts from any JSON to the plain types that field values are made of.

use std::borrow::Cow;

use crate::cell::{Cell, CellRef};
use crate::{Value, json};

/// Text of a string, number or bool; everything else is empty.
pub(super) fn to_text(raw: &Value) -> String {
    match raw {
        Value::String(text) => text.clone(),
        Value::Bool(true) => "true".to_owned(),
        Value::Bool(false) => "false".to_owned(),
        Value::Number(number) => number_text(number),
        Value::Null | Value::Array(_) | Value::Object(_) => String::new(),
    }
}

/// Decimal text without an exponent, the shortest that reads back as the same number.
fn number_text(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(0.0) => "0".to_owned(),
        Some(float) => float.to_string(),
        None => String::new(),
    }
}

/// Number of a number, numeric text or bool; everything else is 0. May be infinite or NaN, which
/// texts can spell.
pub(super) fn to_number(raw: &Value) -> f64 {
    match raw {
        Value::Number(number) => number.as_f64().unwrap_or_default(),
        Value::String(text) => parse_number(text).unwrap_or_default(),
        Value::Bool(flag) => f64::from(u8::from(*flag)),
        Value::Null | Value::Array(_) | Value::Object(_) => 0.0,
    }
}

/// Reads a decimal or hexadecimal floating-point number as Go spells them: `1_000`, `.5`, `1e3`,
/// `0x1p-2`, `inf`; no white space. Numbers too great for a double are none.
pub(super) fn parse_number(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_hexadecimal = unsigned.starts_with("0x") || unsigned.starts_with("0X");
    let plain = without_separators(unsigned, is_hexadecimal)?;
    let magnitude = if is_hexadecimal {
        parse_hexadecimal(&plain[2..])?
    } else if plain.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        plain.parse::<f64>().ok().filter(|number| number.is_finite())?
    } else if plain.eq_ignore_ascii_case("nan") && unsigned.len() == text.len() {
        f64::NAN
    } else if plain.eq_ignore_ascii_case("inf") || plain.eq_ignore_ascii_case("infinity") {
        f64::INFINITY
    } else {
        return None;
    };
    Some(if text.starts_with('-') { -magnitude } else { magnitude })
}

/// Takes out underscores, which may only stand between digits or behind the base prefix.
fn without_separators(text: &str, is_hexadecimal: bool) -> Option<Cow<'_, str>> {
    if !text.contains('_') {
        return Some(Cow::Borrowed(text));
    }
    let is_digit = |byte: Option<&u8>| {
        byte.is_some_and(|b| b.is_ascii_digit() || (is_hexadecimal && b.is_ascii_hexdigit()))
    };
    let bytes = text.as_bytes();
    let fits = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'_').all(|(at, _)| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        (is_digit(before) || (is_hexadecimal && at == 2)) && is_digit(bytes.get(at + 1))
    });
    fits.then(|| Cow::Owned(text.replace('_', "")))
}

/// `1.8p1` behind `0x`: the exponent is binary and must be there.
fn parse_hexadecimal(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent = exponent.parse::<i32>().ok()?.clamp(-5000, 5000);
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let digits = |start: f64, text: &str| {
        text.chars().try_fold(start, |number, digit| Some(number * 16.0 + f64::from(digit.to_digit(16)?)))
    };
    let number = digits(digits(0.0, whole)?, fraction)?;
    let shift = exponent.saturating_sub(4 * i32::try_from(fraction.len()).ok()?);
    // In two steps: one power alone may leave the range that the product stays in.
    let number = number * 2_f64.powi(shift / 2) * 2_f64.powi(shift - shift / 2);
    number.is_finite().then_some(number)
}

/// A number as messages print it: six digits before an exponent is used, `1e+06`.
pub(super) fn short_number(number: f64) -> String {
    let scientific = format!("{number:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let Ok(exponent) = exponent.parse::<i32>() else { return number.to_string() };
    if (-4..6).contains(&exponent) {
        return number.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// Bool of a bool, a number (not 0) or one of the texts `1 t T TRUE true True`.
pub(super) fn to_bool(raw: &Value) -> bool {
    match raw {
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64().is_some_and(|float| float != 0.0),
        Value::String(text) => text_to_bool(text),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

fn text_to_bool(text: &str) -> bool {
    matches!(text, "1" | "t" | "T" | "TRUE" | "true" | "True")
}

/// Texts of a list, of a text that holds a JSON list, or of one value; without empty ones and repetitions.
pub(super) fn to_texts(raw: &Value) -> Vec<String> {
    let mut texts = Vec::new();
    match raw {
        Value::Array(items) => items.iter().for_each(|item| push_new(&mut texts, to_text(item))),
        Value::String(text) => match json_texts(text) {
            Some(items) => items.into_iter().for_each(|item| push_new(&mut texts, item)),
            None => push_new(&mut texts, text.clone()),
        },
        other => push_new(&mut texts, to_text(other)),
    }
    texts
}

fn push_new(texts: &mut Vec<String>, text: String) {
    if !text.is_empty() && !texts.contains(&text) {
        texts.push(text);
    }
}

/// The items of a text that is a JSON list of nothing but texts.
fn json_texts(text: &str) -> Option<Vec<String>> {
    if !text.contains('[') {
        return None;
    }
    serde_json::from_str::<Vec<String>>(text).ok()
}

/// Text of a stored cell, whatever the column's affinity made of it.
pub(super) fn cell_text(cell: CellRef<'_>) -> String {
    match cell {
        CellRef::Null => String::new(),
        CellRef::Text(text) => text.to_owned(),
        CellRef::Integer(number) => number.to_string(),
        CellRef::Real(number) => number.to_string(),
        CellRef::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// Writes the JSON text of a stored cell of a text-like field.
pub(super) fn write_cell_text(cell: CellRef<'_>, out: &mut Vec<u8>) {
    match cell {
        CellRef::Text(text) => json::write_str(text, out),
        other => json::write_str(&cell_text(other), out),
    }
}

/// Number of a stored cell.
pub(super) fn cell_number(cell: CellRef<'_>) -> f64 {
    match cell {
        CellRef::Null => 0.0,
        CellRef::Integer(number) => number as f64,
        CellRef::Real(number) => number,
        CellRef::Text(text) => parse_number(text).unwrap_or_default(),
        CellRef::Blob(bytes) => std::str::from_utf8(bytes).ok().and_then(parse_number).unwrap_or_default(),
    }
}

pub(super) fn cell_bool(cell: CellRef<'_>) -> bool {
    match cell {
        CellRef::Text(text) => text_to_bool(text),
        other => cell_number(other) != 0.0,
    }
}

pub(super) fn is_empty_text(value: &Value) -> bool {
    value.as_str().is_none_or(str::is_empty)
}

/// The stored form of a normalised text.
pub(super) fn text_to_cell(value: &Value) -> Cell {
    Cell::Text(value.as_str().unwrap_or_default().to_owned())
}
