//! Statements about many records at once: what hangs on many parents, and numbers over all.

use ketch_model::Cell;
use ketch_query::Select;
use ketch_query::tree::{Alias, Hop, Linked, Measure, Operand};

use crate::sql::dialect::Dialect;
use crate::sql::renderer::Renderer;
use crate::sql::select::{every_row, integer, is_in, order_by, root, row_id};
use crate::statement::Statement;

/// The records of every parent, each parent's in its order and cut to its page; parents come mixed.
///
/// Cell 0 of a row is the parent's id, cell `i + 1` belongs to `collection.fields[columns[i]]`, the
/// last one says where the record stands in storage order.
pub fn select_linked(dialect: &dyn Dialect, linked: &Linked, columns: &[usize]) -> Statement {
    let select = &linked.select;
    let mut renderer = Renderer::new(dialect, &select.collection, false, &select.joins);
    if select.limit.is_none() && select.offset == 0 {
        renderer.push("SELECT ");
        parent(&mut renderer, linked);
        for field in columns {
            renderer.push(", ");
            renderer.column(Alias::ROOT, *field);
        }
        renderer.push(", ");
        row_id(&mut renderer);
        rows(&mut renderer, linked);
        order_by(&mut renderer, &select.order);
        return Statement::new(renderer.sql, renderer.params);
    }
    // Each parent's records are numbered in their order, and the numbers cut the page.
    renderer.push("SELECT parent");
    for position in 0..columns.len() {
        renderer.push(", ");
        numbered(&mut renderer, position);
    }
    renderer.push(", stands FROM (SELECT ");
    parent(&mut renderer, linked);
    renderer.push(" AS parent");
    for (position, field) in columns.iter().enumerate() {
        renderer.push(", ");
        renderer.column(Alias::ROOT, *field);
        renderer.push(" AS ");
        numbered(&mut renderer, position);
    }
    renderer.push(", ");
    row_id(&mut renderer);
    renderer.push(" AS stands, ROW_NUMBER() OVER (PARTITION BY ");
    parent(&mut renderer, linked);
    order_by(&mut renderer, &select.order);
    renderer.push(") AS place");
    rows(&mut renderer, linked);
    renderer.push(") WHERE place > ");
    renderer.bind(integer(select.offset));
    if let Some(limit) = select.limit {
        renderer.push(" AND place <= ");
        renderer.bind(integer(select.offset.saturating_add(limit)));
    }
    renderer.push(" ORDER BY place");
    Statement::new(renderer.sql, renderer.params)
}

fn numbered(renderer: &mut Renderer<'_>, position: usize) {
    renderer.push("c");
    renderer.push(&position.to_string());
}

/// Writes the id of the parent that a row belongs to.
fn parent<'a>(renderer: &mut Renderer<'a>, linked: &'a Linked) {
    match &linked.hop {
        Hop::Referrers { field, list: false } => renderer.column(Alias::ROOT, *field),
        Hop::Referrers { list: true, .. } => {
            renderer.push("tie.");
            renderer.push(renderer.dialect.item());
        }
        Hop::Links { forward: true, .. } => renderer.push("tie.source"),
        Hop::Links { forward: false, .. } => renderer.push("tie.target"),
    }
}

/// Writes `FROM` and `WHERE`.
fn rows<'a>(renderer: &mut Renderer<'a>, linked: &'a Linked) {
    let select = &linked.select;
    renderer.push(" FROM ");
    match &linked.hop {
        Hop::Referrers { list: false, .. } => root(renderer, select),
        Hop::Referrers { field, list: true } => {
            root(renderer, select);
            renderer.push(", ");
            let start = renderer.sql.len();
            renderer.column(Alias::ROOT, *field);
            let text = renderer.sql.split_off(start);
            renderer.dialect.items(&text, true, &mut renderer.sql);
            renderer.push(" AS tie");
        }
        Hop::Links { table, forward } => {
            renderer.identifier(table);
            renderer.push(" AS tie JOIN ");
            root(renderer, select);
            renderer.push(" ON ");
            let id = select.collection.field_index("id").unwrap_or_default();
            renderer.column(Alias::ROOT, id);
            renderer.push(if *forward { " = tie.target" } else { " = tie.source" });
        }
    }
    renderer.push(" WHERE ");
    parent(renderer, linked);
    is_in(renderer, &linked.parents);
    if !select.predicate.is_always_true() {
        renderer.push(" AND ");
        renderer.predicate(&select.predicate);
    }
}

/// Numbers over all records that the select finds, for each combination of the groups' values that
/// there is; one row where there are no groups. Cells: the groups, then the measures. The page, the
/// order and the joins of the select are ignored; at most `limit` rows, ordered by the groups.
pub fn aggregate(
    dialect: &dyn Dialect,
    select: &Select,
    groups: &[Operand],
    measures: &[Measure],
    limit: u64,
) -> Statement {
    let mut renderer = Renderer::new(dialect, &select.collection, false, &select.joins);
    renderer.push("SELECT ");
    for (position, group) in groups.iter().enumerate() {
        renderer.push(if position == 0 { "" } else { ", " });
        renderer.operand(group);
    }
    for (position, measure) in measures.iter().enumerate() {
        renderer.push(if position == 0 && groups.is_empty() { "" } else { ", " });
        let (function, operand) = match measure {
            Measure::Count => {
                renderer.push("COUNT(*)");
                continue;
            }
            Measure::Sum(operand) => ("SUM(", operand),
            Measure::Average(operand) => ("AVG(", operand),
            Measure::Least(operand) => ("MIN(", operand),
            Measure::Greatest(operand) => ("MAX(", operand),
        };
        renderer.push(function);
        renderer.operand(operand);
        renderer.push(")");
    }
    every_row(&mut renderer, select);
    if !groups.is_empty() {
        let places: Vec<String> = (1..=groups.len()).map(|place| place.to_string()).collect();
        let places = places.join(", ");
        renderer.push(" GROUP BY ");
        renderer.push(&places);
        renderer.push(" ORDER BY ");
        renderer.push(&places);
    }
    renderer.push(" LIMIT ");
    renderer.bind(Cell::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
    Statement::new(renderer.sql, renderer.params)
}
