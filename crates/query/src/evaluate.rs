//! The second evaluator of the tree: one record at hand, no database.
//!
//! It answers what SQL would answer, or says that it cannot tell: where other records have to be
//! looked at, and where the answer hangs on how the engine prints numbers or JSON.

use std::borrow::Cow;

use ketch_model::fields::ColumnKind;
use ketch_model::{Cell, Record, Value};

use crate::resolve::fold;
use crate::tree::{
    Alias, Column, Comparison, JoinSource, JsonStep, NoneViolates, OneOf, Operand, Predicate, Select,
    SomeRow, Test,
};

/// More combined rows than this are left to SQL.
const MAX_ROWS: usize = 4096;

/// Whether the select finds this record of its collection, going by the record alone; `None` if
/// only a query can tell. The page, the order and the ids of the select are ignored.
pub fn finds(select: &Select, record: &Record) -> Option<bool> {
    match &select.predicate {
        Predicate::Always => return Some(true),
        Predicate::Never => return Some(false),
        _ => {}
    }
    if select.collection.is_view() || select.collection.id != record.collection.id {
        return None;
    }
    let mut needed = Vec::new();
    select.predicate.visit_aliases(&mut |alias| {
        if alias != Alias::ROOT && !needed.contains(&alias) {
            needed.push(alias);
        }
    });
    let root = Rows { record, items: Vec::new() };
    let mut lists = Vec::new();
    for alias in needed {
        let join = select.joins.iter().find(|join| join.alias == alias)?;
        lists.push((alias, items_of(&join.source, &root)?));
    }
    let mut unsure = false;
    for rows in combine(&root, &lists)? {
        match truth(&select.predicate, &rows) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => unsure = true,
        }
    }
    if unsure { None } else { Some(false) }
}

/// The record, and where each list of it stands.
#[derive(Clone)]
struct Rows<'a> {
    record: &'a Record,
    items: Vec<(Alias, Cell)>,
}

/// Every combination of the lists' items; an empty list has one row, of NULL.
fn combine<'a>(root: &Rows<'a>, lists: &[(Alias, Vec<Cell>)]) -> Option<Vec<Rows<'a>>> {
    let mut combined = vec![root.clone()];
    for (alias, items) in lists {
        let rows = items.len().max(1);
        if combined.len().checked_mul(rows)? > MAX_ROWS {
            return None;
        }
        let mut next = Vec::with_capacity(combined.len() * rows);
        for row in combined {
            for item in items {
                let mut row = row.clone();
                row.items.push((*alias, item.clone()));
                next.push(row);
            }
            if items.is_empty() {
                let mut row = row;
                row.items.push((*alias, Cell::Null));
                next.push(row);
            }
        }
        combined = next;
    }
    Some(combined)
}

/// The items of a list of the record, or of a known one; `None` for every other join.
fn items_of(source: &JoinSource, rows: &Rows<'_>) -> Option<Vec<Cell>> {
    let JoinSource::Items { list } = source else { return None };
    let items = match list {
        Operand::Column(column) if column.alias == Alias::ROOT => {
            match (column.kind, rows.record.values.get(column.field)?) {
                (ColumnKind::List, Value::Array(items)) => items.clone(),
                _ => return None,
            }
        }
        Operand::Constant(Cell::Text(text)) => match serde_json::from_str(text) {
            Ok(Value::Array(items)) => items,
            _ => return None,
        },
        _ => return None,
    };
    items
        .into_iter()
        .map(|item| match item {
            Value::String(text) => Some(Cell::Text(text)),
            // What else a list may hold is printed by the engine.
            _ => None,
        })
        .collect()
}

/// Whether the predicate is true of a combined row.
fn truth(predicate: &Predicate, rows: &Rows<'_>) -> Option<bool> {
    match predicate {
        Predicate::Always => Some(true),
        Predicate::Never => Some(false),
        // One false part decides, whatever cannot be told of the others.
        Predicate::And(parts) => decide(parts, rows, false),
        Predicate::Or(parts) => decide(parts, rows, true),
        Predicate::Compare(comparison) => fold::fold(&at_hand(comparison, rows)?),
        Predicate::NoneViolates(none) => none_violates(none, rows),
        Predicate::OneOf(one_of) => is_one_of(one_of, rows),
        Predicate::SomeRow(some) => some_row(some, rows),
        Predicate::Tied(_) => None,
    }
}

fn decide(parts: &[Predicate], rows: &Rows<'_>, decisive: bool) -> Option<bool> {
    let mut unsure = false;
    for part in parts {
        match truth(part, rows) {
            Some(truth) if truth == decisive => return Some(decisive),
            Some(_) => {}
            None => unsure = true,
        }
    }
    if unsure { None } else { Some(!decisive) }
}

fn none_violates(none: &NoneViolates, rows: &Rows<'_>) -> Option<bool> {
    let mut lists = Vec::new();
    for join in &none.joins {
        let items = items_of(&join.source, rows)?;
        if items.is_empty() && !none.asks_missing_row {
            return Some(true);
        }
        lists.push((join.alias, items));
    }
    let mut unsure = false;
    for rows in combine(rows, &lists)? {
        match violated(&none.comparison, &rows) {
            Some(true) => return Some(false),
            Some(false) => {}
            None => unsure = true,
        }
    }
    if unsure { None } else { Some(true) }
}

fn is_one_of(one_of: &OneOf, rows: &Rows<'_>) -> Option<bool> {
    let left = value(&one_of.operand, rows)?.into_owned();
    let mut comparison = Comparison { left, test: Test::Equal, right: Operand::Constant(Cell::Null) };
    let mut unsure = false;
    for value in &one_of.values {
        comparison.right = Operand::Constant(value.clone());
        match fold::fold(&comparison) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => unsure = true,
        }
    }
    if unsure { None } else { Some(false) }
}

fn some_row(some: &SomeRow, rows: &Rows<'_>) -> Option<bool> {
    let mut lists = Vec::new();
    for join in &some.joins {
        lists.push((join.alias, items_of(&join.source, rows)?));
    }
    let mut unsure = false;
    for rows in combine(rows, &lists)? {
        match truth(&some.predicate, &rows) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => unsure = true,
        }
    }
    if unsure { None } else { Some(false) }
}

/// Whether the comparison is false, which is more than not being true.
fn violated(comparison: &Comparison, rows: &Rows<'_>) -> Option<bool> {
    let comparison = at_hand(comparison, rows)?;
    let is_null = |operand: &Operand| {
        matches!(operand, Operand::Constant(Cell::Null) | Operand::Stored { value: Cell::Null, .. })
    };
    let null_is_a_value =
        matches!(comparison.test, Test::Same | Test::Different | Test::LooselyEqual | Test::LooselyDifferent);
    if !null_is_a_value && (is_null(&comparison.left) || is_null(&comparison.right)) {
        return Some(false);
    }
    fold::fold(&comparison).map(|truth| !truth)
}

/// The comparison with every operand replaced by its value.
fn at_hand(comparison: &Comparison, rows: &Rows<'_>) -> Option<Comparison> {
    Some(Comparison {
        left: value(&comparison.left, rows)?.into_owned(),
        test: comparison.test,
        right: value(&comparison.right, rows)?.into_owned(),
    })
}

/// The operand as a constant or a stored value.
fn value<'a>(operand: &'a Operand, rows: &Rows<'_>) -> Option<Cow<'a, Operand>> {
    let found = match operand {
        Operand::Constant(_) | Operand::Stored { .. } => return Some(Cow::Borrowed(operand)),
        Operand::Column(column) => {
            let value = stored(*column, rows)?;
            Operand::Stored { value, kind: column.kind }
        }
        Operand::Item(alias) => {
            Operand::Constant(rows.items.iter().find(|(known, _)| known == alias)?.1.clone())
        }
        Operand::Json { column, path } => Operand::Constant(extract(json_value(*column, rows)?, path)?),
        Operand::Length(column) => Operand::Constant(Cell::Integer(length(*column, rows)?)),
        Operand::Lower(inner) => match value(inner, rows)?.as_ref() {
            Operand::Constant(cell) | Operand::Stored { value: cell, .. } => match cell {
                Cell::Null => Operand::Constant(Cell::Null),
                Cell::Text(text) => Operand::Constant(Cell::Text(text.to_ascii_lowercase())),
                Cell::Integer(integer) => Operand::Constant(Cell::Text(integer.to_string())),
                Cell::Real(_) | Cell::Blob(_) => return None,
            },
            _ => return None,
        },
        Operand::Truth(predicate) => Operand::Constant(Cell::Integer(i64::from(truth(predicate, rows)?))),
        Operand::Instant(column) => Operand::Constant(instant(&stored(*column, rows)?)),
        Operand::GeoDistance(_) | Operand::Strftime(_) | Operand::RowId(_) => return None,
    };
    Some(Cow::Owned(found))
}

fn instant(cell: &Cell) -> Cell {
    ketch_model::time::instant::of_cell(cell.as_ref()).map_or(Cell::Null, Cell::Integer)
}

/// The cell of a column of the record, as the engine holds it.
fn stored(column: Column, rows: &Rows<'_>) -> Option<Cell> {
    if column.alias != Alias::ROOT {
        return None;
    }
    let record = rows.record;
    let (field, value) = (record.collection.fields.get(column.field)?, record.values.get(column.field)?);
    match column.kind {
        // The engine keeps texts of these columns that look like numbers as numbers.
        ColumnKind::Json => match value {
            Value::Null => Some(Cell::Null),
            Value::Object(_) | Value::Array(_) => Some(field.to_cell(value)),
            _ => None,
        },
        ColumnKind::Text | ColumnKind::PrimaryKey => match field.to_cell(value) {
            cell @ (Cell::Text(_) | Cell::Null) => Some(cell),
            _ => None,
        },
        ColumnKind::Number | ColumnKind::Bool | ColumnKind::List | ColumnKind::GeoPoint => {
            Some(field.to_cell(value))
        }
    }
}

fn json_value<'a>(column: Column, rows: &Rows<'a>) -> Option<&'a Value> {
    (column.alias == Alias::ROOT).then(|| rows.record.values.get(column.field)).flatten()
}

/// What is inside a JSON value; `None` for what only the engine can print.
fn extract(value: &Value, path: &[JsonStep]) -> Option<Cell> {
    let mut inner = value;
    for step in path {
        let next = match (step, inner) {
            (JsonStep::Key(key), Value::Object(object)) => object.get(key),
            (JsonStep::Index(index), Value::Array(items)) => {
                usize::try_from(*index).ok().and_then(|index| items.get(index))
            }
            _ => None,
        };
        match next {
            Some(next) => inner = next,
            None => return Some(Cell::Null),
        }
    }
    match inner {
        Value::Null => Some(Cell::Null),
        Value::Bool(flag) => Some(Cell::Integer(i64::from(*flag))),
        Value::Number(number) => {
            number.as_i64().map(Cell::Integer).or_else(|| number.as_f64().map(Cell::Real))
        }
        Value::String(text) => Some(Cell::Text(text.clone())),
        Value::Array(_) | Value::Object(_) => None,
    }
}

fn length(column: Column, rows: &Rows<'_>) -> Option<i64> {
    match json_value(column, rows)? {
        Value::Array(items) if column.kind == ColumnKind::List => i64::try_from(items.len()).ok(),
        Value::String(text) if column.kind != ColumnKind::List => Some(i64::from(!text.is_empty())),
        _ => None,
    }
}
