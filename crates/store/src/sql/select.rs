//! Whole statements over a [`Select`]. Selects of the same shape have the same text.

use ketch_model::fields::ColumnKind;
use ketch_model::{Cell, Value};
use ketch_query::tree::{Alias, Join, Operand};
use ketch_query::{Order, Select, Source};

use crate::sql::aliases::Aliases;
use crate::sql::dialect::Dialect;
use crate::sql::nulls::rejected_by;
use crate::sql::renderer::Renderer;
use crate::statement::Statement;

/// The page of records: cell `i` of a row belongs to `collection.fields[i]`.
pub fn select_records(dialect: &dyn Dialect, select: &Select) -> Statement {
    let mut renderer = renderer(dialect, select);
    renderer.push("SELECT ");
    let distinct = renderer.sql.len();
    for field in 0..select.collection.fields.len() {
        if field > 0 {
            renderer.push(", ");
        }
        renderer.column(Alias::ROOT, field);
    }
    if rows_and_conditions(&mut renderer, select, &select.order) {
        renderer.sql.insert_str(distinct, "DISTINCT ");
    }
    order_and_page(&mut renderer, select);
    Statement::new(renderer.sql, renderer.params)
}

/// The page of records, of some fields only: cell `i` of a row belongs to
/// `collection.fields[columns[i]]`, and one more says where the record stands in storage order.
/// The order must not need joins that meet several rows.
pub fn select_columns(dialect: &dyn Dialect, select: &Select, columns: &[usize]) -> Statement {
    let mut renderer = renderer(dialect, select);
    renderer.push("SELECT ");
    for field in columns {
        renderer.column(Alias::ROOT, *field);
        renderer.push(", ");
    }
    row_id(&mut renderer);
    rows_and_conditions(&mut renderer, select, &select.order);
    order_and_page(&mut renderer, select);
    Statement::new(renderer.sql, renderer.params)
}

/// The page of records, of each the values of some operands.
pub fn select_operands(dialect: &dyn Dialect, select: &Select, operands: &[Operand]) -> Statement {
    let mut renderer = renderer(dialect, select);
    renderer.push("SELECT ");
    for (position, operand) in operands.iter().enumerate() {
        renderer.push(if position == 0 { "" } else { ", " });
        renderer.operand(operand);
    }
    every_row(&mut renderer, select);
    order_and_page(&mut renderer, select);
    Statement::new(renderer.sql, renderer.params)
}

pub(super) fn row_id(renderer: &mut Renderer<'_>) {
    renderer.alias(Alias::ROOT);
    renderer.push(".");
    renderer.push(renderer.dialect.row_id());
}

fn order_and_page<'a>(renderer: &mut Renderer<'a>, select: &'a Select) {
    order_by(renderer, &select.order);
    match select.limit {
        Some(limit) => {
            renderer.push(" LIMIT ");
            renderer.bind(integer(limit));
        }
        None if select.offset > 0 => renderer.push(" LIMIT -1"),
        None => return,
    }
    if select.offset > 0 {
        renderer.push(" OFFSET ");
        renderer.bind(integer(select.offset));
    }
}

pub(super) fn integer(number: u64) -> Cell {
    Cell::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

/// Writes ` ORDER BY …`, or nothing.
pub(super) fn order_by<'a>(renderer: &mut Renderer<'a>, orders: &'a [Order]) {
    for (position, order) in orders.iter().enumerate() {
        renderer.push(if position == 0 { " ORDER BY " } else { ", " });
        match order {
            Order::By { operand, descending } => {
                renderer.operand(operand);
                renderer.push(if *descending { " DESC" } else { " ASC" });
            }
            Order::Random => renderer.push(renderer.dialect.random()),
            Order::RowId { descending } => {
                row_id(renderer);
                renderer.push(if *descending { " DESC" } else { " ASC" });
            }
        }
    }
}

/// How many records there are; the page and the order are ignored. One row, one integer.
pub fn count_records(dialect: &dyn Dialect, select: &Select) -> Statement {
    let mut renderer = renderer(dialect, select);
    renderer.push("SELECT COUNT(*)");
    // Without an order no join can meet several rows: see the predicates.
    rows_and_conditions(&mut renderer, select, &[]);
    Statement::new(renderer.sql, renderer.params)
}

/// One row if any record is found, else none; the page and the order are ignored.
pub fn record_exists(dialect: &dyn Dialect, select: &Select) -> Statement {
    let mut renderer = renderer(dialect, select);
    renderer.push("SELECT 1");
    rows_and_conditions(&mut renderer, select, &[]);
    renderer.push(" LIMIT 1");
    Statement::new(renderer.sql, renderer.params)
}

/// Rows of (hour as `YYYY-MM-DD HH:00:00`, number of records), oldest hour first, by the date field at
/// this position; the page and the order are ignored.
pub fn count_records_by_hour(dialect: &dyn Dialect, select: &Select, field: usize) -> Statement {
    let mut renderer = renderer(dialect, select);
    renderer.column(Alias::ROOT, field);
    let column = std::mem::take(&mut renderer.sql);
    renderer.push("SELECT ");
    dialect.hour(&column, &mut renderer.sql);
    renderer.push(" AS hour, COUNT(*)");
    rows_and_conditions(&mut renderer, select, &[]);
    renderer.push(" GROUP BY 1 ORDER BY 1");
    Statement::new(renderer.sql, renderer.params)
}

pub(super) fn renderer<'a>(dialect: &'a dyn Dialect, select: &'a Select) -> Renderer<'a> {
    let is_virtual = matches!(select.source, Source::Virtual(_));
    Renderer::new(dialect, &select.collection, is_virtual, &select.joins)
}

/// Writes `FROM` with every join, so that each combined row is met, and `WHERE`.
pub(super) fn every_row<'a>(renderer: &mut Renderer<'a>, select: &'a Select) {
    renderer.push(" FROM ");
    root(renderer, select);
    for join in &select.joins {
        renderer.join(join, false);
    }
    conditions(renderer, select);
}

/// Writes `FROM` and `WHERE`. Answers whether the joins of the order may repeat records.
fn rows_and_conditions<'a>(renderer: &mut Renderer<'a>, select: &'a Select, order: &[Order]) -> bool {
    let (joins, repeats) = outer_joins(renderer, select, order);
    let mut rejected = Aliases::default();
    rejected_by(&select.predicate, &mut rejected);
    let rejected = renderer.with_supports(rejected, &joins);
    renderer.push(" FROM ");
    root(renderer, select);
    for join in joins {
        renderer.join(join, rejected.contains(join.alias));
    }
    conditions(renderer, select);
    repeats
}

/// Writes ` WHERE …`, or nothing.
fn conditions<'a>(renderer: &mut Renderer<'a>, select: &'a Select) {
    if let Some(ids) = &select.ids {
        renderer.push(" WHERE ");
        only_ids(renderer, select, ids);
    }
    if !select.predicate.is_always_true() {
        renderer.push(if select.ids.is_none() { " WHERE " } else { " AND " });
        renderer.predicate(&select.predicate);
    }
}

/// The joins of the outer query: what the order needs, and what the predicate needs and meets one
/// row at most. The flag: one of them may meet several.
fn outer_joins<'a>(renderer: &Renderer<'a>, select: &'a Select, order: &[Order]) -> (Vec<&'a Join>, bool) {
    if select.joins.is_empty() {
        return (Vec::new(), false);
    }
    let mut ordering = Aliases::default();
    for order in order {
        if let Order::By { operand, .. } = order {
            operand.visit_aliases(&mut |alias| renderer.add_missing(alias, &mut ordering));
        }
    }
    let mut asked = Aliases::default();
    select.predicate.visit_aliases(&mut |alias| renderer.add_missing(alias, &mut asked));
    // A join comes after those it hangs on, so what they may do is known by then.
    let mut several = Aliases::default();
    let mut repeats = false;
    let mut outer = Vec::new();
    for join in &select.joins {
        let mut multiplies = join.multiplies();
        if let Some(tie) = join.tie() {
            tie.visit_aliases(&mut |alias| multiplies |= several.contains(alias));
        }
        if multiplies {
            several.insert(join.alias);
        }
        if ordering.contains(join.alias) || (asked.contains(join.alias) && !multiplies) {
            repeats |= multiplies;
            outer.push(join);
        }
    }
    (outer, repeats)
}

pub(super) fn root<'a>(renderer: &mut Renderer<'a>, select: &'a Select) {
    match &select.source {
        Source::Table => renderer.identifier(&select.collection.name),
        Source::Virtual(cells) => {
            renderer.push("(SELECT ");
            for (position, field) in select.collection.fields.iter().enumerate() {
                if position > 0 {
                    renderer.push(", ");
                }
                let cell = match (field.column(), cells.get(position)) {
                    // Submitted numbers are doubles until they are stored.
                    (ColumnKind::Number, Some(Cell::Integer(integer))) => Cell::Real(*integer as f64),
                    (_, Some(cell)) => cell.clone(),
                    (_, None) => Cell::Null,
                };
                renderer.bind(cell);
                renderer.push(" AS ");
                renderer.identifier(&field.name);
            }
            renderer.push(")");
        }
    }
    renderer.push(" AS ");
    renderer.alias(Alias::ROOT);
}

fn only_ids<'a>(renderer: &mut Renderer<'a>, select: &'a Select, ids: &[String]) {
    let field = select.collection.field_index("id").unwrap_or_default();
    renderer.column(Alias::ROOT, field);
    is_in(renderer, ids);
}

/// Writes ` = ` one id, or ` IN ` several.
pub(super) fn is_in(renderer: &mut Renderer<'_>, ids: &[String]) {
    match ids {
        [id] => {
            renderer.push(" = ");
            renderer.bind(Cell::text(id.as_str()));
        }
        ids => {
            renderer.push(" IN (SELECT ");
            renderer.push(renderer.dialect.item());
            renderer.push(" FROM ");
            let start = renderer.sql.len();
            let list = ids.iter().map(|id| Value::from(id.as_str())).collect();
            renderer.bind(Cell::Text(Value::Array(list).to_string()));
            let placeholder = renderer.sql.split_off(start);
            renderer.dialect.items(&placeholder, false, &mut renderer.sql);
            renderer.push(")");
        }
    }
}
