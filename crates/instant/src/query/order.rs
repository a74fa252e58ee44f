//! Order and page of a form.

use std::sync::Arc;

use ketch_model::attr::CheckedType;
use ketch_model::time::instant;
use ketch_model::{Cell, Collection};
use ketch_query::tree::{Alias, Operand, Test};
use ketch_query::{Order, Predicate, Select};

use super::checks::stored;
use super::compiler::{Compiler, below, shape_issue, type_issue};
use super::names::{self, Blob, Named};
use super::syntax::{Cursor, Options, OrderBy};
use crate::invalid::{Issue, Step};

const CREATED: &str = "serverCreatedAt";

/// What entities are ordered by.
#[derive(Debug, Clone)]
pub(super) struct Ordering {
    pub(super) by: By,
    pub(super) descending: bool,
}

#[derive(Debug, Clone)]
pub(super) enum By {
    /// Their creation. The attr is the namespace's id, if it has one.
    Creation { attr: Option<String> },
    /// A value, then their id.
    Value(Blob),
}

impl Ordering {
    /// The field that rows are read of for their cursors.
    pub(super) fn field(&self) -> Option<usize> {
        match &self.by {
            By::Creation { .. } => None,
            By::Value(blob) => blob.place.map(|place| place.field),
        }
    }

    fn attr(&self) -> Option<&str> {
        match &self.by {
            By::Creation { attr } => attr.as_deref(),
            By::Value(blob) => blob.attr.as_ref().map(|attr| attr.id.as_str()),
        }
    }

    fn orders(&self, collection: &Collection, descending: bool) -> Vec<Order> {
        let operand = match &self.by {
            By::Creation { .. } => return vec![Order::RowId { descending }],
            By::Value(blob) => blob.operand(Alias::ROOT),
        };
        let by_id = names::id_column(collection, Alias::ROOT);
        let operands = operand.into_iter().chain([by_id]);
        operands.map(|operand| Order::By { operand, descending }).collect()
    }
}

/// The page of a form, as far as its select does not say it.
#[derive(Debug, Clone)]
pub(super) struct Paging {
    pub(super) ordering: Ordering,
    /// The answer says where the page begins and ends.
    pub(super) tells: bool,
    /// At most so many entities; the select of a top-level form reads one more to know of them.
    pub(super) size: Option<u64>,
    /// Rows come from the end and are turned around.
    pub(super) backwards: bool,
    pub(super) has_after: bool,
    pub(super) has_before: bool,
    pub(super) offset: u64,
}

impl Compiler<'_> {
    pub(super) fn ordering(
        &mut self,
        namespace: &str,
        collection: &Arc<Collection>,
        order: Option<&OrderBy>,
        at: &[Step],
    ) -> Result<Ordering, Issue> {
        let created =
            |attrs| By::Creation { attr: names::id_of(attrs, namespace).attr.map(|attr| attr.id.clone()) };
        let Some(OrderBy { label, descending }) = order else {
            return Ok(Ordering { by: created(self.attrs), descending: false });
        };
        if label == CREATED {
            return Ok(Ordering { by: created(self.attrs), descending: *descending });
        }
        let at = || below(at, &["order", label]);
        let blob = match names::find(self.attrs, namespace, label) {
            Some(Named::Blob(blob)) => blob,
            Some(Named::Link(_)) => {
                let message =
                    format!("`{namespace}.{label}` is a link. Only attributes with values give an order.");
                return Err(type_issue("blob?", at(), message));
            }
            None => {
                let message = format!("There is no `{label}` attribute for {namespace}.");
                return Err(type_issue("attr?", at(), message));
            }
        };
        if !blob.is_indexed() {
            let message = format!(
                "The `{namespace}.{label}` attribute is not indexed. Only indexed and typed attributes can be used to order by."
            );
            return Err(type_issue("indexed?", at(), message));
        }
        if blob.checked_type().is_none() {
            let message = format!(
                "The `{namespace}.{label}` attribute is not typed. Only indexed and typed attributes can be used to order by."
            );
            return Err(type_issue("checked-data-type?", at(), message));
        }
        if let Some(field) = blob.place.and_then(|place| collection.fields.get(place.field)) {
            self.dependencies.field(&collection.id, &field.id);
        }
        Ok(Ordering { by: By::Value(blob), descending: *descending })
    }

    /// Gives the select its order and page.
    pub(super) fn paging(
        &mut self,
        select: &mut Select,
        ordering: &Ordering,
        options: &Options,
        namespace: &str,
        at: &[Step],
        is_top: bool,
    ) -> Result<Paging, Issue> {
        let page = &options.page;
        for (cursor, name, is_after) in [(&page.after, "after", true), (&page.before, "before", false)] {
            let Some(cursor) = cursor else { continue };
            let path = below(at, &[name]);
            let position = position(select, ordering, cursor, namespace, path)?;
            let upward = is_after != ordering.descending;
            let beyond = position.beyond(ordering, &select.collection, upward, cursor.inclusive);
            select.predicate = std::mem::replace(&mut select.predicate, Predicate::Always).and(beyond);
        }
        let backwards = page.last.is_some();
        let size = page.last.or(page.first);
        select.order = ordering.orders(&select.collection, ordering.descending != backwards);
        select.offset = page.offset;
        select.limit = if is_top { size.map(|size| size.saturating_add(1)) } else { size };
        Ok(Paging {
            ordering: ordering.clone(),
            tells: is_top && page.is_given,
            size,
            backwards,
            has_after: page.after.is_some(),
            has_before: page.before.is_some(),
            offset: page.offset,
        })
    }
}

/// A place in an order.
enum Position {
    Creation(i64),
    /// The value, `None` for a missing one, and the entity's id.
    Value(Option<Cell>, Cell),
}

/// Reads a cursor; `path` is where it is in the query.
fn position(
    select: &Select,
    ordering: &Ordering,
    cursor: &Cursor,
    namespace: &str,
    path: Vec<Step>,
) -> Result<Position, Issue> {
    if ordering.attr() != Some(cursor.attr.as_str()) {
        let ordered_by = match &ordering.by {
            By::Creation { .. } => format!("{CREATED} of `{namespace}`"),
            By::Value(blob) => format!("`{namespace}.{}`", blob.label),
        };
        let message = format!(
            "The cursor is of the attribute `{}`, but the query is ordered by {ordered_by} (attribute `{}`).",
            cursor.attr,
            ordering.attr().unwrap_or("none")
        );
        return Err(shape_issue("cursor-of-order?", path, message));
    }
    let blob = match &ordering.by {
        By::Creation { .. } => return Ok(Position::Creation(cursor.created)),
        By::Value(blob) => blob,
    };
    let id = Cell::text(cursor.entity.as_str());
    let Some(place) = blob.place.filter(|_| !cursor.value.is_null()) else {
        return Ok(Position::Value(None, id));
    };
    let moment = || instant::of_value(&cursor.value);
    let value = match blob.checked_type() {
        // A date column of the other dialect may hold no date: then it is missing.
        Some(CheckedType::Date) if cursor.value == "" => return Ok(Position::Value(None, id)),
        Some(CheckedType::Date) => moment().map(Cell::Integer),
        _ => stored(place, &cursor.value),
    };
    match value {
        Some(value) => Ok(Position::Value(Some(value), id)),
        None => {
            let message = format!(
                "The cursor's value does not fit `{}.{}`. Take cursors as the page info has them.",
                select.collection.name, blob.label
            );
            Err(shape_issue("join-row?", path, message))
        }
    }
}

impl Position {
    /// What holds of the rows on one side: those that are greater, or those that are less.
    fn beyond(
        &self,
        ordering: &Ordering,
        collection: &Collection,
        upward: bool,
        inclusive: bool,
    ) -> Predicate {
        let (past, past_or_at) =
            if upward { (Test::Greater, Test::GreaterOrEqual) } else { (Test::Less, Test::LessOrEqual) };
        let edge = if inclusive { past_or_at } else { past };
        let compare = |operand: &Operand, test, cell: &Cell| {
            Predicate::compare(operand.clone(), test, Operand::Constant(cell.clone()))
        };
        match self {
            Self::Creation(created) => compare(&Operand::RowId(Alias::ROOT), edge, &Cell::Integer(*created)),
            Self::Value(value, id) => {
                let by_id = compare(&names::id_column(collection, Alias::ROOT), edge, id);
                let By::Value(blob) = &ordering.by else { return by_id };
                // Nothing is stored: every value is the same missing one.
                let Some(operand) = blob.operand(Alias::ROOT) else { return by_id };
                let missing = compare(&operand, Test::Same, &Cell::Null);
                match (value, upward) {
                    // Missing values are less than all others.
                    (None, true) => compare(&operand, Test::Different, &Cell::Null).or(missing.and(by_id)),
                    (None, false) => missing.and(by_id),
                    (Some(value), _) => {
                        let tied = compare(&operand, Test::Equal, value).and(by_id);
                        let beyond = compare(&operand, past, value).or(tied);
                        if upward { beyond } else { beyond.or(missing) }
                    }
                }
            }
        }
    }
}
