//! Where to begin looking for the rows of a page: at the rows, or at the links that lead to them.
//!
//! "The goals whose owner is Ann, the first 30" can be found from Ann: all her goals, put in order,
//! cut. Or from the goals: one after the other, until 30 of hers are there. The first way takes as long as she
//! has goals, the second as long as there are goals of others before. Engines without statistics take
//! the first, which is slow just for those who have most. Nobody knows which is better, so the second
//! is tried for a while: what it may cost is little beside the first.

use ketch_model::{CellRef, Error};
use ketch_query::tree::{Alias, Operand, Test};
use ketch_query::{Order, Predicate, Select};
use ketch_store::{Connection, Flow, sql};

use super::policy::Rows;

/// Rows that are looked at for each row that is wanted, in the first attempt. Small apps of tests get
/// beyond it.
const SHARE: u64 = if cfg!(test) { 1 } else { 4 };
/// Rows that are looked at in the first attempt, at least.
const FIRST_MIN: u64 = if cfg!(test) { 2 } else { 128 };
/// The second attempt may take so many times the first.
const SECOND_MAX: u64 = 16;
/// A page that ends later is not tried for.
const PAGE_MAX: u64 = 2_000;

/// Reads the rows of a select. `hint` is implied by its predicate: a statement that says both finds the
/// same rows by way of the links.
pub(super) fn read(
    connection: &mut dyn Connection,
    select: &Select,
    hint: Option<&Predicate>,
    rows: &mut Rows,
) -> Result<(), Error> {
    let Some(hint) = hint else { return rows.read(connection, select) };
    if !leads_in_order(hint) && try_from_rows(connection, select, rows)? {
        return Ok(());
    }
    let predicate = hint.clone().and(select.predicate.clone());
    rows.read(connection, &Select { predicate, ..select.clone() })
}

/// Whether an index gives the rows in the order of their creation: a column that holds one id.
fn leads_in_order(hint: &Predicate) -> bool {
    match hint {
        Predicate::Tied(tied) => tied.by.is_empty() && tied.to.len() == 1,
        Predicate::And(parts) => parts.iter().any(leads_in_order),
        _ => false,
    }
}

/// Looks at the first rows, in two attempts at most. `false`: the page goes beyond them, and nothing
/// was read.
fn try_from_rows(connection: &mut dyn Connection, select: &Select, rows: &mut Rows) -> Result<bool, Error> {
    let (Some(limit), [Order::RowId { descending }]) = (select.limit, select.order.as_slice()) else {
        return Ok(false);
    };
    let wanted = limit.saturating_add(select.offset);
    if wanted > PAGE_MAX {
        return Ok(false);
    }
    let mut share = wanted.saturating_mul(SHARE).max(FIRST_MIN);
    let most = share.saturating_mul(SECOND_MAX);
    for _ in 0..2 {
        let Some(bound) = row_behind(connection, select, share)? else {
            // There are no more rows than this.
            rows.read(connection, select)?;
            return Ok(true);
        };
        let test = if *descending { Test::Greater } else { Test::Less };
        let within = Predicate::compare(Operand::RowId(Alias::ROOT), test, Operand::Constant(bound));
        let predicate = within.and(select.predicate.clone());
        rows.read(connection, &Select { predicate, ..select.clone() })?;
        let found = rows.len() as u64;
        if found == limit {
            return Ok(true);
        }
        rows.clear();
        if found == 0 {
            break;
        }
        // As dense as these rows, the page ends here; a half more, since chance is uneven.
        share = share.saturating_mul(wanted) / (found + select.offset);
        share += share / 2;
        if share > most {
            break;
        }
    }
    Ok(false)
}

/// Where the row stands that comes after so many in the order of the page, whatever else the select
/// asks; `None` if there is none.
fn row_behind(
    connection: &mut dyn Connection,
    select: &Select,
    count: u64,
) -> Result<Option<ketch_model::Cell>, Error> {
    let mut behind = Select::all(select.collection.clone()).page(1, count);
    behind.predicate = beyond_cursors(&select.predicate);
    behind.order.clone_from(&select.order);
    let statement = sql::select_operands(connection.dialect(), &behind, &[Operand::RowId(Alias::ROOT)]);
    let mut place = None;
    connection.query(&statement, &mut |row| {
        if let cell @ CellRef::Integer(_) = row.cell(0) {
            place = Some(cell.to_owned());
        }
        Flow::Stop
    })?;
    Ok(place)
}

/// What a predicate says of where rows stand.
fn beyond_cursors(predicate: &Predicate) -> Predicate {
    match predicate {
        Predicate::And(parts) => parts.iter().map(beyond_cursors).fold(Predicate::Always, Predicate::and),
        Predicate::Compare(comparison) if comparison.left == Operand::RowId(Alias::ROOT) => predicate.clone(),
        _ => Predicate::Always,
    }
}
