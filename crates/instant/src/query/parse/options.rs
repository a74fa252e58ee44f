//! The `$` of a form.

use ketch_model::Value;

use super::{Trail, conditions, shown};
use crate::invalid::Issue;
use crate::query::syntax::{Aggregate, AggregateTable, Cursor, Function, Options, OrderBy};

const SUPPORTED: &str = "where, order, limit, first, last, offset, before, after, beforeInclusive, \
                         afterInclusive, fields, aggregate";

pub(super) fn read(value: &Value, at: &mut Trail) -> Result<Options, Issue> {
    let mut options = Options::default();
    let (mut after_inclusive, mut before_inclusive) = (false, false);
    let mut limits = 0;
    for (key, value) in at.object(value, "`$`")? {
        at.enter(key.as_str());
        let page = &mut options.page;
        page.is_given |=
            matches!(key.as_str(), "limit" | "first" | "last" | "offset" | "before" | "after" | "order");
        match key.as_str() {
            "where" => options.filter = Some(conditions::read(value, at)?),
            "order" => options.order = Some(order(value, at)?),
            "limit" | "first" => {
                page.first = Some(positive(key, value, at)?);
                limits += 1;
            }
            "last" => {
                page.last = Some(positive(key, value, at)?);
                limits += 1;
            }
            "offset" => {
                page.offset = whole(value).ok_or_else(|| {
                    at.issue(
                        "nonnegative-int?",
                        format!("Expected `offset` to be 0 or a positive integer, but got {}.", shown(value)),
                    )
                })?;
            }
            "after" => page.after = Some(cursor(value, at)?),
            "before" => page.before = Some(cursor(value, at)?),
            "afterInclusive" => after_inclusive = at.flag(value, "`afterInclusive`")?,
            "beforeInclusive" => before_inclusive = at.flag(value, "`beforeInclusive`")?,
            "fields" => options.fields = Some(labels("fields", value, at)?),
            "aggregate" => options.aggregate = Some(aggregate(value, at)?),
            other => {
                return Err(at.issue(
                    "supported-options?",
                    format!("`{other}` is no clause of `$`. The supported clauses are {SUPPORTED}."),
                ));
            }
        }
        at.leave();
    }
    if limits > 1 {
        return Err(at.issue("supported-options?", "Give only one of `limit`, `first` and `last`."));
    }
    if let Some(cursor) = &mut options.page.after {
        cursor.inclusive = after_inclusive;
    }
    if let Some(cursor) = &mut options.page.before {
        cursor.inclusive = before_inclusive;
    }
    Ok(options)
}

fn order(value: &Value, at: &mut Trail) -> Result<OrderBy, Issue> {
    let object = at.object(value, "`order`")?;
    let mut entries = object.iter();
    let (Some((label, direction)), None) = (entries.next(), entries.next()) else {
        return Err(at.issue(
            "single-key?",
            format!("Expected `order` to have exactly one key, but it has {}.", object.len()),
        ));
    };
    let descending = match direction.as_str() {
        Some("asc") => false,
        Some("desc") => true,
        _ => {
            at.enter(label.as_str());
            return Err(at.issue(
                "valid-direction?",
                format!("Expected the direction to be \"asc\" or \"desc\", but got {}.", shown(direction)),
            ));
        }
    };
    Ok(OrderBy { label: label.clone(), descending })
}

/// A whole number from 0 on, however it is written.
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        let number = value.as_f64()?;
        (number >= 0.0 && number.fract() == 0.0 && number < 9e15).then_some(number as u64)
    })
}

fn positive(key: &str, value: &Value, at: &Trail) -> Result<u64, Issue> {
    whole(value).filter(|number| *number > 0).ok_or_else(|| {
        at.issue("pos-int?", format!("Expected `{key}` to be a positive integer, but got {}.", shown(value)))
    })
}

fn cursor(value: &Value, at: &Trail) -> Result<Cursor, Issue> {
    let found = match value.as_array().map(Vec::as_slice) {
        Some([Value::String(entity), Value::String(attr), value, created]) => created
            .as_i64()
            .or_else(|| whole(created).and_then(|created| i64::try_from(created).ok()))
            .map(|created| Cursor {
                entity: entity.clone(),
                attr: attr.clone(),
                value: value.clone(),
                created,
                inclusive: false,
            }),
        _ => None,
    };
    found.ok_or_else(|| {
        at.issue(
            "join-row?",
            format!(
                "Expected a join row for the cursor, [entity id, attr id, value, created at], but got {}.",
                shown(value)
            ),
        )
    })
}

fn labels(what: &str, value: &Value, at: &mut Trail) -> Result<Vec<String>, Issue> {
    let items = at.array(value, &format!("`{what}`"))?;
    let mut labels = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        at.enter(index);
        labels.push(at.text(item, &format!("an item of `{what}`"))?.to_owned());
        at.leave();
    }
    Ok(labels)
}

/// One label, or a list of them.
fn label_or_labels(what: &str, value: &Value, at: &mut Trail) -> Result<Vec<String>, Issue> {
    match value {
        Value::String(label) => Ok(vec![label.clone()]),
        other => labels(what, other, at),
    }
}

fn aggregate(value: &Value, at: &mut Trail) -> Result<Aggregate, Issue> {
    let expected = "supported-aggregate?";
    let entries = match value {
        Value::String(name) if name == "count" => return Ok(Aggregate::Count),
        Value::Object(entries) => entries,
        other => {
            return Err(at.issue(
                expected,
                format!("Expected `aggregate` to be \"count\" or an object, but got {}.", shown(other)),
            ));
        }
    };
    let mut table = AggregateTable::default();
    for (key, value) in entries {
        at.enter(key.as_str());
        if let Some(function) = Function::ALL.into_iter().find(|function| function.name() == key) {
            let labels = label_or_labels(key, value, at)?;
            table.measures.extend(labels.into_iter().map(|label| (function, label)));
        } else if key == "count" {
            table.count = at.flag(value, "`count`")?;
        } else if key == "groupBy" {
            table.group_by = label_or_labels(key, value, at)?;
        } else {
            return Err(at.issue(
                expected,
                format!("`{key}` is nothing to aggregate by. Use count, sum, avg, min, max and groupBy."),
            ));
        }
        at.leave();
    }
    if !table.count && table.measures.is_empty() {
        return Err(at.issue(
            expected,
            "Expected `aggregate` to ask for at least one of count, sum, avg, min and max.",
        ));
    }
    if table.measures.len() + table.group_by.len() > 64 {
        return Err(at.issue(expected, "Expected `aggregate` to name at most 64 labels."));
    }
    Ok(Aggregate::Table(table))
}
