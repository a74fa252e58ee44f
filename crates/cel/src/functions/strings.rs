//! Functions of strings. Positions count characters.

use super::convert::count;
use super::{Function, format, unsupported};
use crate::error::EvaluationError;
use crate::meter::Meter;
use crate::types::Types;
use crate::value::Value;

const S: Types = Types::STRING;
const I: Types = Types::INT;

pub(super) const FUNCTIONS: &[Function] = &[
    Function::method("contains", &[S, S], Types::BOOL, |arguments, meter| {
        test("contains", arguments, meter, |text, part| text.contains(part))
    }),
    Function::method("startsWith", &[S, S], Types::BOOL, |arguments, meter| {
        test("startsWith", arguments, meter, |text, part| text.starts_with(part))
    }),
    Function::method("endsWith", &[S, S], Types::BOOL, |arguments, meter| {
        test("endsWith", arguments, meter, |text, part| text.ends_with(part))
    }),
    Function::method("lowerAscii", &[S], S, |arguments, meter| {
        changed("lowerAscii", arguments, meter, str::to_ascii_lowercase)
    }),
    Function::method("upperAscii", &[S], S, |arguments, meter| {
        changed("upperAscii", arguments, meter, str::to_ascii_uppercase)
    }),
    Function::method("trim", &[S], S, |arguments, meter| {
        changed("trim", arguments, meter, |text| text.trim().to_owned())
    }),
    Function::method("reverse", &[S], S, |arguments, meter| {
        changed("reverse", arguments, meter, |text| text.chars().rev().collect())
    }),
    Function::global("strings.quote", &[S], S, |arguments, meter| {
        changed("strings.quote", arguments, meter, quoted)
    }),
    Function::method("charAt", &[S, I], S, char_at),
    Function::method("indexOf", &[S, S, I], I, index_of).required(2),
    Function::method("lastIndexOf", &[S, S, I], I, last_index_of).required(2),
    Function::method("replace", &[S, S, S, I], S, replace).required(3),
    Function::method("split", &[S, S, I], Types::LIST, split).required(2),
    Function::method("substring", &[S, I, I], S, substring).required(2),
    Function::method("join", &[Types::LIST, S], S, join).required(1),
    Function::method("format", &[S, Types::LIST], S, format::format),
];

type Answer<'a> = Result<Value<'a>, EvaluationError>;

fn test<'a>(name: &str, arguments: &[Value<'a>], meter: &Meter, ask: fn(&str, &str) -> bool) -> Answer<'a> {
    match arguments {
        [Value::String(text), Value::String(part)] => {
            meter.charge_text(text.len() + part.len())?;
            Ok(Value::Bool(ask(text, part)))
        }
        _ => unsupported(name, arguments),
    }
}

fn changed<'a>(name: &str, arguments: &[Value<'a>], meter: &Meter, change: fn(&str) -> String) -> Answer<'a> {
    match arguments {
        [Value::String(text)] => {
            meter.charge_text(text.len() * 2)?;
            Ok(Value::text(change(text)))
        }
        _ => unsupported(name, arguments),
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0C' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0B' => out.push_str("\\v"),
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

fn out_of_range<T>(name: &str, index: i64) -> Result<T, EvaluationError> {
    Err(EvaluationError::failed(format!("{name} failure: index out of range: {index}")))
}

/// Byte offset of a character position; the end of the text is one.
fn offset(name: &str, text: &str, index: i64) -> Result<usize, EvaluationError> {
    let Ok(position) = usize::try_from(index) else { return out_of_range(name, index) };
    let mut offsets = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    offsets.nth(position).map_or_else(|| out_of_range(name, index), Ok)
}

fn characters(text: &str) -> usize {
    text.chars().count()
}

fn char_at<'a>(arguments: &[Value<'a>], meter: &Meter) -> Answer<'a> {
    let [Value::String(text), Value::Int(index)] = arguments else { return unsupported("charAt", arguments) };
    meter.charge_text(text.len())?;
    let at = offset("charAt", text, *index)?;
    Ok(Value::text(text[at..].chars().take(1).collect::<String>()))
}

fn index_of<'a>(arguments: &[Value<'a>], meter: &Meter) -> Answer<'a> {
    let (text, part, from) = match arguments {
        [Value::String(text), Value::String(part)] => (text, part, 0),
        [Value::String(text), Value::String(part), Value::Int(from)] => (text, part, *from),
        _ => return unsupported("indexOf", arguments),
    };
    meter.charge_text(text.len() + part.len())?;
    let from = offset("indexOf", text, from)?;
    Ok(text[from..].find(&**part).map_or(Value::Int(-1), |at| count(characters(&text[..from + at]))))
}

fn last_index_of<'a>(arguments: &[Value<'a>], meter: &Meter) -> Answer<'a> {
    let (text, part, end) = match arguments {
        [Value::String(text), Value::String(part)] => (text, part, text.len()),
        [Value::String(text), Value::String(part), Value::Int(last)] => {
            // The part may begin at that position, and reach beyond it.
            (text, part, (offset("lastIndexOf", text, *last)? + part.len()).min(text.len()))
        }
        _ => return unsupported("lastIndexOf", arguments),
    };
    meter.charge_text(text.len() + part.len())?;
    // A whole character cannot be found behind the end of its text.
    let end = (0..=end).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    let found = text[..end].rfind(&**part);
    Ok(found.map_or(Value::Int(-1), |at| count(characters(&text[..at]))))
}

/// A limit that is not given, or negative, is none.
fn limit(value: Option<&Value<'_>>) -> usize {
    match value {
        Some(Value::Int(limit)) => usize::try_from(*limit).unwrap_or(usize::MAX),
        _ => usize::MAX,
    }
}

fn replace<'a>(arguments: &[Value<'a>], meter: &Meter) -> Answer<'a> {
    let [Value::String(text), Value::String(from), Value::String(to), rest @ ..] = arguments else {
        return unsupported("replace", arguments);
    };
    let limit = limit(rest.first());
    meter.charge_text(text.len())?;
    let found = text.matches(&**from).count().min(limit);
    meter.charge_text(text.len().saturating_add(found.saturating_mul(to.len())))?;
    Ok(Value::text(text.replacen(&**from, to, found)))
}

fn split<'a>(arguments: &[Value<'a>], meter: &Meter) -> Answer<'a> {
    let [Value::String(text), Value::String(separator), rest @ ..] = arguments else {
        return unsupported("split", arguments);
    };
    let limit = limit(rest.first());
    meter.charge(text.len() / 4 + 1)?;
    let parts: Vec<Value<'a>> = if limit == 0 {
        Vec::new()
    } else if separator.is_empty() {
        let mut ends: Vec<usize> = text.char_indices().map(|(at, _)| at).skip(1).take(limit - 1).collect();
        ends.push(text.len());
        let mut start = 0;
        let mut parts = Vec::new();
        for end in ends {
            parts.push(Value::text(&text[start..end]));
            start = end;
        }
        parts
    } else {
        text.splitn(limit, &**separator).map(Value::text).collect()
    };
    meter.charge(parts.len())?;
    Value::list(parts)
}

fn substring<'a>(arguments: &[Value<'a>], meter: &Meter) -> Answer<'a> {
    let (text, start, end) = match arguments {
        [Value::String(text), Value::Int(start)] => (text, *start, None),
        [Value::String(text), Value::Int(start), Value::Int(end)] => (text, *start, Some(*end)),
        _ => return unsupported("substring", arguments),
    };
    meter.charge_text(text.len() * 2)?;
    let from = offset("substring", text, start)?;
    let to = end.map_or(Ok(text.len()), |end| offset("substring", text, end))?;
    match text.get(from..to) {
        Some(part) => Ok(Value::text(part)),
        None => out_of_range("substring", start),
    }
}

fn join<'a>(arguments: &[Value<'a>], meter: &Meter) -> Answer<'a> {
    let (list, separator) = match arguments {
        [Value::List(list)] => (list, ""),
        [Value::List(list), Value::String(separator)] => (list, &**separator),
        _ => return unsupported("join", arguments),
    };
    let mut out = String::new();
    for (index, item) in list.iter().enumerate() {
        let Value::String(text) = &item else { return unsupported("join", arguments) };
        meter.charge_text(text.len() + separator.len())?;
        if index > 0 {
            out.push_str(separator);
        }
        out.push_str(text);
    }
    Ok(Value::text(out))
}
