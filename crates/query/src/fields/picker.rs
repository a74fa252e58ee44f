//! Parsing and applying the `fields` parameter.

use ketch_model::{Error, Object, Value};

use super::excerpt::excerpt;

/// A parsed `fields` parameter: which keys of a JSON answer to keep, and what to do to their texts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FieldPicker {
    /// By dotted path; each path once. No path: everything is kept.
    picks: Vec<(String, Option<Modifier>)>,
}

/// What is done to a kept text.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Modifier {
    Excerpt { max: usize, ellipsis: bool },
}

/// The paths that matter at one place of the value, without the way there.
type Level<'a> = Vec<(&'a str, Option<Modifier>)>;

impl FieldPicker {
    /// Parses a comma-separated list of paths with modifiers. The empty text keeps everything.
    ///
    /// # Errors
    /// The generic 400 on an unknown modifier, a bad argument or a parenthesis that is not closed.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mut picks: Vec<(String, Option<Modifier>)> = Vec::new();
        for part in split(text)? {
            let part = part.trim();
            let (path, modifier) = match part.split_once(':') {
                Some((path, modifier)) => (path, Some(parse_modifier(modifier)?)),
                None => (part, None),
            };
            if path.is_empty() {
                continue;
            }
            match picks.iter_mut().find(|(known, _)| known == path) {
                // The last word on a path counts.
                Some(pick) => pick.1 = modifier,
                None => picks.push((path.to_owned(), modifier)),
            }
        }
        Ok(Self { picks })
    }

    /// Whether everything is kept as it is.
    pub fn picks_everything(&self) -> bool {
        self.picks.is_empty()
    }

    /// Keeps the picked keys of an object, or of every object of an array. Paths of a page of a
    /// list are relative to its items: apply the picker to each.
    pub fn apply(&self, value: Value) -> Value {
        if self.picks.is_empty() {
            return value;
        }
        let level: Level<'_> = self.picks.iter().map(|(path, modifier)| (path.as_str(), *modifier)).collect();
        pick(value, &level)
    }
}

fn bad(reason: &str, text: &str) -> Error {
    Error::bad_request("").with_cause(format!("{reason} in fields: {text:?}"))
}

/// Splits at commas that stand outside of parentheses.
fn split(text: &str) -> Result<Vec<&str>, Error> {
    let mut parts = Vec::new();
    let (mut start, mut depth) = (0, 0_usize);
    for (position, byte) in text.bytes().enumerate() {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.push(&text[start..position]);
                start = position + 1;
            }
            _ => {}
        }
    }
    if depth > 0 {
        return Err(bad("unbalanced parenthesis", text));
    }
    parts.push(&text[start..]);
    Ok(parts)
}

fn parse_modifier(text: &str) -> Result<Modifier, Error> {
    let arguments = text
        .strip_prefix("excerpt(")
        .and_then(|rest| rest.rsplit_once(')'))
        .map(|(arguments, _)| arguments)
        .ok_or_else(|| bad("unknown modifier", text))?;
    let mut arguments = arguments.split(',').map(str::trim);
    let max = arguments.next().and_then(|max| max.parse::<f64>().ok()).unwrap_or_default();
    let ellipsis = arguments.next().unwrap_or_default();
    if max < 1.0 || arguments.next().is_some() {
        return Err(bad("bad excerpt", text));
    }
    Ok(Modifier::Excerpt {
        max: max as usize,
        ellipsis: matches!(ellipsis, "1" | "t" | "T" | "TRUE" | "true" | "True"),
    })
}

fn pick(value: Value, level: &Level<'_>) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(|item| pick(item, level)).collect()),
        Value::Object(object) => Value::Object(pick_keys(object, level)),
        // A path below a plain value keeps the value.
        plain => plain,
    }
}

fn pick_keys(object: Object, level: &Level<'_>) -> Object {
    let all = level.iter().find(|(path, _)| *path == "*");
    let mut kept = Object::new();
    for (key, value) in object {
        let exact = level.iter().find(|(path, _)| *path == key);
        let value = if let Some((_, modifier)) = exact {
            modified(value, *modifier)
        } else {
            let below: Level<'_> = level
                .iter()
                .filter_map(|(path, modifier)| {
                    Some((path.strip_prefix(key.as_str())?.strip_prefix('.')?, *modifier))
                })
                .collect();
            match (below.as_slice(), all) {
                ([], None) => continue,
                ([], Some((_, modifier))) => modified(value, *modifier),
                // "key." names nothing below the key.
                (below, _) if below.iter().all(|(path, _)| path.is_empty()) => value,
                _ => pick(value, &below),
            }
        };
        kept.insert(key, value);
    }
    kept
}

fn modified(value: Value, modifier: Option<Modifier>) -> Value {
    match (value, modifier) {
        (Value::String(text), Some(Modifier::Excerpt { max, ellipsis })) => {
            Value::String(excerpt(&text, max, ellipsis))
        }
        (value, _) => value,
    }
}
