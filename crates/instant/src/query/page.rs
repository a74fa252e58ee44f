//! Where a page begins and ends.

use ketch_model::{Cell, Object, Value};

use super::names::Form;
use super::order::{By, Paging};
use super::policy::Rows;
use super::values;

/// The page of one top-level form.
#[derive(Debug, Clone, PartialEq)]
pub struct PageInfo {
    pub start: Option<Value>,
    pub end: Option<Value>,
    pub has_next: bool,
    pub has_previous: bool,
}

impl PageInfo {
    /// The JSON with the keys of the wire.
    pub fn to_json(&self) -> Value {
        let mut object = Object::new();
        let cursor = |cursor: &Option<Value>| cursor.clone().unwrap_or(Value::Null);
        object.insert("start-cursor".to_owned(), cursor(&self.start));
        object.insert("end-cursor".to_owned(), cursor(&self.end));
        object.insert("has-next-page?".to_owned(), self.has_next.into());
        object.insert("has-previous-page?".to_owned(), self.has_previous.into());
        Value::Object(object)
    }
}

/// Takes away the row that was read to know of more; answers whether there was one.
pub(super) fn cut(paging: &Paging, rows: &mut Rows) -> bool {
    let size = paging.size.and_then(|size| usize::try_from(size).ok());
    match size.filter(|size| *size < rows.len()) {
        Some(size) => {
            rows.stands.truncate(size);
            rows.cells.truncate(size * rows.columns.len());
            true
        }
        None => false,
    }
}

/// The page of the shown rows. What lies before a page is not looked at: it is taken for granted
/// where the page was asked to begin behind something.
pub(super) fn info(paging: &Paging, rows: &Rows, order: &[u32], has_more: bool) -> PageInfo {
    let skipped = paging.offset > 0;
    let (has_next, has_previous) = if paging.backwards {
        (paging.has_before || skipped, has_more || paging.has_after)
    } else {
        (has_more || paging.has_before, paging.has_after || skipped)
    };
    let cursor = |row: Option<&u32>| row.map(|row| cursor(paging, rows, *row as usize));
    PageInfo { start: cursor(order.first()), end: cursor(order.last()), has_next, has_previous }
}

fn cursor(paging: &Paging, rows: &Rows, row: usize) -> Value {
    let id = rows.id(row);
    let (attr, value) = match &paging.ordering.by {
        By::Creation { attr } => (attr.clone().unwrap_or_default(), Value::from(id)),
        By::Value(blob) => {
            let cell = blob.place.and_then(|place| rows.cell(row, place.field)).unwrap_or(&Cell::Null);
            let form = blob.place.map_or(Form::Json, |place| place.form);
            let attr = blob.attr.as_ref().map(|attr| attr.id.clone()).unwrap_or_default();
            (attr, values::value(form, cell.as_ref()).unwrap_or(Value::Null))
        }
    };
    Value::Array(vec![id.into(), attr.into(), value, rows.created(row).into()])
}
