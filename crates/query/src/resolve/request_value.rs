//! The `@request.*` names: values that are known before any row is read.

use std::collections::BTreeMap;
use std::sync::Arc;

use ketch_model::fields::FieldKind;
use ketch_model::{Cell, Collection, Field, Record, Schema, Value, json};

use crate::error::FilterError;
use crate::request::RequestInfo;
use crate::resolve::path::{
    Access, Hop, Leaf, Modifier, Path, PathError, Start, follow, json_path, split_modifier,
};
use crate::resolve::term::Term;
use crate::tree::JsonStep;

/// The value of a name that starts with `@request.`. `base` is the collection that the rule is about.
pub fn request_value(
    schema: &Schema,
    base: &Arc<Collection>,
    request: &RequestInfo,
    name: &str,
) -> Result<Term, FilterError> {
    // Only rules and superusers may name the request, and both may name hidden fields.
    let access = Access { schema, guarded: false };
    let segments: Vec<&str> = name.split('.').collect();
    match segments.as_slice() {
        ["@request", "context"] => Ok(Term::text(request.context)),
        ["@request", "method"] => Ok(Term::text(request.method.as_str())),
        ["@request", "auth", rest @ ..] if !rest.is_empty() => match &request.auth {
            Some(record) => auth(access, record, rest),
            None => Ok(Term::NULL),
        },
        ["@request", "query", rest @ ..] if !rest.is_empty() => named(&request.query, rest),
        ["@request", "headers", rest @ ..] if !rest.is_empty() => named(&request.headers, rest),
        ["@request", "body", first, rest @ ..] => body(access, base, request, first, rest),
        _ => Err(FilterError::new(format!("failed to resolve field {name:?}"))),
    }
}

fn invalid_modifier(segment: &str) -> FilterError {
    FilterError::new(format!("invalid modifier sequence {segment}"))
}

/// Query parameters and headers: texts by name.
fn named(values: &BTreeMap<String, String>, segments: &[&str]) -> Result<Term, FilterError> {
    let Some((&last, before)) = segments.split_last() else { return Ok(Term::NULL) };
    let (name, modifier) = split_modifier(last)?;
    // Texts have no parts, so a longer name finds nothing.
    let value = if before.is_empty() { values.get(name) } else { None };
    match modifier {
        Some(Modifier::IsSet) => Ok(Term::truth(value.is_some())),
        Some(Modifier::Lower) => Ok(value.map_or(Term::NULL, |value| lowered(Term::text(value.as_str())))),
        None => Ok(value.map_or(Term::NULL, |value| Term::text(value.as_str()))),
        Some(Modifier::Each | Modifier::Length | Modifier::Changed) => Err(invalid_modifier(last)),
    }
}

/// The logged record. Its own values are at hand; what lies behind its relations is joined by id.
fn auth(access: Access<'_>, record: &Record, segments: &[&str]) -> Result<Term, FilterError> {
    match segments {
        ["id"] => return Ok(Term::text(record.id())),
        ["collectionId"] => return Ok(Term::text(record.collection.id.as_str())),
        ["collectionName"] => return Ok(Term::text(record.collection.name.as_str())),
        ["email"] => return Ok(Term::text(record.text("email"))),
        ["emailVisibility" | "verified"] => return Ok(Term::Flag(record.bool(segments[0]))),
        _ => {}
    }
    let start = Start::Id(record.id().to_owned());
    let (mut path, lower) = match follow(access, start, Vec::new(), &record.collection, segments) {
        Ok(found) => found,
        Err(PathError::Unknown(_)) => return Ok(Term::NULL),
        Err(PathError::Invalid(error)) => return Err(error),
    };
    let term = match path.hops.first() {
        None => own_value(record, path.leaf),
        Some(Hop::ToOne { field, collection }) => {
            let id = record.values[*field].as_str().unwrap_or_default().to_owned();
            path.hops[0] = Hop::Known { id, collection: collection.clone() };
            Term::Path(path)
        }
        Some(Hop::ToMany { field, collection }) => {
            let ids = json::to_text(&record.values[*field]);
            path.hops[0] = Hop::KnownMany { ids, collection: collection.clone() };
            Term::Path(path)
        }
        Some(_) => Term::Path(path),
    };
    Ok(if lower { lowered(term) } else { term })
}

/// What a path without relations reads from a record in memory.
fn own_value(record: &Record, leaf: Leaf) -> Term {
    match leaf {
        Leaf::Column { at, .. } => {
            let value = record.collection.fields[at.field].to_cell(&record.values[at.field]);
            Term::Stored { value, kind: at.kind }
        }
        Leaf::Json { at, path } => Term::Extracted(extract(&record.values[at.field], &path)),
        Leaf::Length(at) => Term::Bound(Cell::Integer(count(&record.values[at.field]))),
        Leaf::Each { at, multiple } => known_items(Leaf::EachKnown {
            list: list_text(Some(&record.values[at.field])),
            submitted: false,
            multiple,
        }),
        leaf @ Leaf::EachKnown { .. } => known_items(leaf),
    }
}

fn known_items(leaf: Leaf) -> Term {
    Term::Path(Path { start: Start::Nothing, hops: Vec::new(), leaf })
}

/// ASCII lower case of a value that is not known before the query, or at once if it is.
pub fn lowered(term: Term) -> Term {
    match term {
        Term::Stored { value: Cell::Text(text), kind } => {
            Term::Stored { value: Cell::Text(text.to_ascii_lowercase()), kind }
        }
        Term::Extracted(Cell::Text(text)) => Term::Extracted(Cell::Text(text.to_ascii_lowercase())),
        Term::Bound(Cell::Text(text)) => Term::Bound(Cell::Text(text.to_ascii_lowercase())),
        Term::Bound(Cell::Null) => Term::NULL,
        other => Term::Lower(Box::new(other)),
    }
}

/// Submitted data. Relations in it can be crossed: they are joined by the submitted ids.
fn body(
    access: Access<'_>,
    base: &Arc<Collection>,
    request: &RequestInfo,
    first: &str,
    rest: &[&str],
) -> Result<Term, FilterError> {
    let (name, modifier) = split_modifier(first)?;
    let field = base.field(name);
    let value = request.body.get(name);
    if rest.is_empty() {
        return own_body_value(access, base, first, name, modifier, value);
    }
    if let Some(field) = field
        && let FieldKind::Relation(options) = &field.kind
    {
        let Some(collection) = access.schema.by_id(&options.collection_id).cloned() else {
            return Err(FilterError::new(format!("failed to load field {name:?} collection")));
        };
        if value.is_none_or(|value| count(value) == 0) {
            // Nothing to cross.
            return Ok(Term::NULL);
        }
        let hop = if field.is_multiple() {
            Hop::KnownMany { ids: list_text(value), collection: collection.clone() }
        } else {
            let id = value.and_then(Value::as_str).unwrap_or_default().to_owned();
            Hop::Known { id, collection: collection.clone() }
        };
        return match follow(access, Start::Nothing, vec![hop], &collection, rest) {
            Ok((path, true)) => Ok(lowered(Term::Path(path))),
            Ok((path, false)) => Ok(Term::Path(path)),
            Err(PathError::Unknown(_)) => Ok(Term::NULL),
            Err(PathError::Invalid(error)) => Err(error),
        };
    }
    let (&last, before) = rest.split_last().unwrap_or((&"", &[]));
    let (bare, modifier) = split_modifier(last)?;
    let mut path = json_path(before);
    path.extend(json_path(&[bare]));
    let found = value.and_then(|value| walk(value, &path));
    match modifier {
        Some(Modifier::IsSet) => Ok(Term::truth(found.is_some())),
        Some(Modifier::Lower) => Ok(lowered(bound(None, found))),
        None => Ok(bound(None, found)),
        Some(Modifier::Each | Modifier::Length | Modifier::Changed) => Err(invalid_modifier(last)),
    }
}

fn own_body_value(
    access: Access<'_>,
    base: &Arc<Collection>,
    segment: &str,
    name: &str,
    modifier: Option<Modifier>,
    value: Option<&Value>,
) -> Result<Term, FilterError> {
    let field = base.field(name);
    match modifier {
        None => Ok(bound(field, value)),
        Some(Modifier::Lower) => Ok(match field {
            Some(field) => lower_text(field, value),
            None => lowered(bound(None, value)),
        }),
        Some(Modifier::IsSet) => Ok(Term::truth(value.is_some())),
        Some(Modifier::Changed) => {
            if field.is_none() {
                return Err(invalid_modifier(segment));
            }
            let (path, _) = follow(access, Start::Base, Vec::new(), base, &[name])?;
            Ok(match value {
                Some(value) => Term::Changed { submitted: field_cell(field, value), field: path },
                None => Term::truth(false),
            })
        }
        Some(modifier @ (Modifier::Each | Modifier::Length)) => {
            let field = field.ok_or_else(|| invalid_modifier(segment))?;
            if !matches!(field.kind, FieldKind::Select(_) | FieldKind::File(_) | FieldKind::Relation(_)) {
                return Err(FilterError::new(format!(
                    "field {name:?} doesn't support multivalue operations"
                )));
            }
            Ok(match modifier {
                Modifier::Length => Term::Bound(Cell::Integer(value.map_or(0, count))),
                _ => known_items(Leaf::EachKnown {
                    list: list_text(value),
                    submitted: true,
                    multiple: field.is_multiple(),
                }),
            })
        }
    }
}

/// How many items a value of a select, file or relation has.
fn count(value: &Value) -> i64 {
    match value {
        Value::Null => 0,
        Value::String(text) => i64::from(!text.is_empty()),
        Value::Array(items) => i64::try_from(items.len()).unwrap_or(i64::MAX),
        _ => 1,
    }
}

/// The JSON array of a value's items.
fn list_text(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "[]".to_owned(),
        Some(list @ Value::Array(_)) => json::to_text(list),
        Some(item) => json::to_text(&Value::Array(vec![item.clone()])),
    }
}

/// A submitted value of a field (or of none).
fn bound(field: Option<&Field>, value: Option<&Value>) -> Term {
    match (field.map(|field| &field.kind), value) {
        (_, None) => Term::NULL,
        (Some(FieldKind::Json(_)), Some(value)) => Term::Bound(field_cell(field, value)),
        (_, Some(Value::Bool(flag))) => Term::Flag(*flag),
        (_, Some(value)) => Term::Bound(field_cell(field, value)),
    }
}

/// A submitted value of a field (or of none) as it is bound.
fn field_cell(field: Option<&Field>, value: &Value) -> Cell {
    match (field.map(|field| &field.kind), value) {
        (Some(FieldKind::Json(_)), _) => Cell::Text(json::to_text(&json::sort_keys(value.clone()))),
        // Longitude comes first, as it is stored.
        (Some(FieldKind::GeoPoint(_)), Value::Object(_)) => Cell::Text(json::to_text(value)),
        (Some(FieldKind::Number(_)), Value::String(text)) => match text.parse() {
            Ok(number) => Cell::Real(number),
            Err(_) => cell(value),
        },
        _ => cell(value),
    }
}

fn cell(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::Null,
        Value::Bool(flag) => Cell::Integer(i64::from(*flag)),
        Value::Number(number) => number.as_f64().map_or(Cell::Null, Cell::Real),
        Value::String(text) => Cell::Text(text.clone()),
        Value::Array(_) | Value::Object(_) => Cell::Text(json::to_text(&json::sort_keys(value.clone()))),
    }
}

/// Lower case of a field's submitted value as text; lists and what was not submitted are empty texts.
fn lower_text(field: &Field, value: Option<&Value>) -> Term {
    let text = match (&field.kind, value) {
        (FieldKind::Json(_) | FieldKind::GeoPoint(_), Some(value)) => match field_cell(Some(field), value) {
            Cell::Text(text) => text,
            _ => String::new(),
        },
        (_, Some(Value::String(text))) => text.clone(),
        (_, Some(plain @ (Value::Bool(_) | Value::Number(_)))) => json::to_text(plain),
        _ => String::new(),
    };
    Term::Bound(Cell::Text(text.to_ascii_lowercase()))
}

fn walk<'a>(value: &'a Value, path: &[JsonStep]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, step| match (value, step) {
        (Value::Object(object), JsonStep::Key(key)) => object.get(key),
        (Value::Object(object), JsonStep::Index(index)) => object.get(&index.to_string()),
        (Value::Array(items), JsonStep::Index(index)) => items.get(usize::try_from(*index).ok()?),
        _ => None,
    })
}

/// What SQLite's `json_extract` answers.
fn extract(value: &Value, path: &[JsonStep]) -> Cell {
    let found = path.iter().try_fold(value, |value, step| match (value, step) {
        (Value::Object(object), JsonStep::Key(key)) => object.get(key),
        (Value::Array(items), JsonStep::Index(index)) => items.get(usize::try_from(*index).ok()?),
        _ => None,
    });
    match found {
        None | Some(Value::Null) => Cell::Null,
        Some(Value::Bool(flag)) => Cell::Integer(i64::from(*flag)),
        Some(Value::Number(number)) => match number.as_i64() {
            Some(integer) => Cell::Integer(integer),
            None => number.as_f64().map_or(Cell::Null, Cell::Real),
        },
        Some(Value::String(text)) => Cell::Text(text.clone()),
        Some(other) => Cell::Text(json::to_text(other)),
    }
}
