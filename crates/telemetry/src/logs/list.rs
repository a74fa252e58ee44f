//! Reading the log.

use std::sync::Arc;

use ketch_model::{CellRef, Collection, Error, Object, Result, Value};
use ketch_query::Select;
use ketch_store::{Connection, Flow, Row, sql};

use super::table;

/// The list parameters, already parsed and clamped by the front.
#[derive(Debug, Clone, Default)]
pub struct LogQuery {
    /// From 1.
    pub page: u64,
    /// At least 1.
    pub per_page: u64,
    /// Do not count: the total is `None`.
    pub skip_total: bool,
    /// Empty for none.
    pub filter: String,
    /// Empty for storage order.
    pub sort: String,
}

/// One row of the log.
#[derive(Debug, Clone)]
pub struct LogEntry {
    pub id: String,
    /// In the normalised form of dates.
    pub created: String,
    /// An object.
    pub data: Value,
    pub message: String,
    /// -4 debug, 0 info, 4 warning, 8 error.
    pub level: i64,
}

#[derive(Debug)]
pub struct LogPage {
    pub entries: Vec<LogEntry>,
    /// How many rows match, unless nobody wanted to know.
    pub total: Option<u64>,
}

/// How many rows one hour has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HourCount {
    /// The beginning of the hour, in the normalised form of dates.
    pub hour: String,
    pub count: i64,
}

pub(super) fn page(connection: &mut dyn Connection, query: &LogQuery) -> Result<LogPage> {
    let select = table::select(&query.filter, &query.sort)?;
    let total = if query.skip_total {
        None
    } else {
        let statement = sql::count_records(connection.dialect(), &select);
        Some(connection.count(&statement)?)
    };
    let per_page = query.per_page.max(1);
    let offset = query.page.saturating_sub(1).saturating_mul(per_page);
    let entries = entries(connection, &select.page(per_page, offset))?;
    Ok(LogPage { entries, total })
}

/// 404 where there is none.
pub(super) fn one(connection: &mut dyn Connection, id: &str) -> Result<LogEntry> {
    let select = Select::all(Arc::clone(table::table())).only_ids(vec![id.to_owned()]).page(1, 0);
    entries(connection, &select)?.pop().ok_or_else(|| Error::not_found(""))
}

pub(super) fn hours(connection: &mut dyn Connection, filter: &str) -> Result<Vec<HourCount>> {
    let select = table::select(filter, "")?;
    let statement = sql::count_records_by_hour(connection.dialect(), &select, table::CREATED);
    let mut hours = Vec::new();
    connection.query(&statement, &mut |row| {
        if let (Some(hour), CellRef::Integer(count)) = (row.cell(0).as_text(), row.cell(1)) {
            hours.push(HourCount { hour: format!("{hour}.000Z"), count });
        }
        Flow::More
    })?;
    Ok(hours)
}

fn entries(connection: &mut dyn Connection, select: &Select) -> Result<Vec<LogEntry>> {
    let statement = sql::select_records(connection.dialect(), select);
    let mut entries = Vec::new();
    connection.query(&statement, &mut |row| {
        entries.push(entry(&select.collection, row));
        Flow::More
    })?;
    Ok(entries)
}

fn entry(table: &Collection, row: &dyn Row) -> LogEntry {
    let text = |index| row.cell(index).as_text().unwrap_or_default().to_owned();
    let data = match table.fields[table::DATA].from_cell(row.cell(table::DATA)) {
        data @ Value::Object(_) => data,
        _ => Value::Object(Object::new()),
    };
    LogEntry {
        id: text(table::ID),
        created: text(table::CREATED),
        data,
        message: text(table::MESSAGE),
        level: match row.cell(table::LEVEL) {
            CellRef::Integer(level) => level,
            _ => 0,
        },
    }
}
