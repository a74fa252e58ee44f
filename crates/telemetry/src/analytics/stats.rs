//! Statistics over stored events.

use ketch_model::{CellRef, Object, Value, json};
use ketch_store::sql::analytics::{self as sql, EVENT_COLUMNS, Topic};
use ketch_store::{Connection, Flow, Row, StoreResult};

use super::range::{Range, date_text};

/// Numbers of a stretch of days.
#[derive(Debug, Clone, PartialEq)]
pub struct Stats {
    /// Every event counts as a view of its page.
    pub views: i64,
    /// Visitors of each day; who comes on two days counts twice.
    pub visitors: i64,
    pub sessions: i64,
    /// Sessions of one event, from 0 to 1.
    pub bounce_rate: f64,
    /// Mean length of a session, in seconds.
    pub mean_duration: f64,
    /// Every day, oldest first.
    pub daily: Vec<Daily>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Daily {
    /// `YYYY-MM-DD`.
    pub date: String,
    pub views: i64,
    pub visitors: i64,
}

/// One line of a list of the most frequent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopEntry {
    pub name: String,
    pub views: i64,
    pub visitors: i64,
}

fn integer(row: &dyn Row, index: usize) -> i64 {
    match row.cell(index) {
        CellRef::Integer(number) => number,
        CellRef::Real(number) => number as i64,
        _ => 0,
    }
}

pub(super) fn stats(connection: &mut dyn Connection, range: Range) -> StoreResult<Stats> {
    let dialect = connection.dialect();
    let mut daily: Vec<Daily> =
        (range.from..=range.to).map(|day| Daily { date: date_text(day), views: 0, visitors: 0 }).collect();
    connection.query(&sql::daily_counts(dialect, range.from, range.to), &mut |row| {
        let index = usize::try_from(integer(row, 0) - range.from).ok();
        if let Some(day) = index.and_then(|index| daily.get_mut(index)) {
            (day.views, day.visitors) = (integer(row, 1), integer(row, 2));
        }
        Flow::More
    })?;
    let (mut sessions, mut bounced, mut length) = (0, 0, 0);
    connection.query(&sql::session_counts(dialect, range.from, range.to), &mut |row| {
        (sessions, bounced, length) = (integer(row, 0), integer(row, 1), integer(row, 2));
        Flow::Stop
    })?;
    let share = |part: i64| if sessions == 0 { 0.0 } else { part as f64 / sessions as f64 };
    Ok(Stats {
        views: daily.iter().map(|day| day.views).sum(),
        visitors: daily.iter().map(|day| day.visitors).sum(),
        sessions,
        bounce_rate: rounded(share(bounced)),
        mean_duration: rounded(share(length) / 1000.0),
        daily,
    })
}

/// Three digits after the point are more than these numbers know.
fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

pub(super) fn top(
    connection: &mut dyn Connection,
    topic: Topic,
    range: Range,
    limit: u32,
) -> StoreResult<Vec<TopEntry>> {
    let mut entries = Vec::new();
    let statement = sql::top(connection.dialect(), topic, range.from, range.to, limit);
    connection.query(&statement, &mut |row| {
        let name = row.cell(0).as_text().unwrap_or_default().to_owned();
        entries.push(TopEntry { name, views: integer(row, 1), visitors: integer(row, 2) });
        Flow::More
    })?;
    Ok(entries)
}

/// `YYYY-MM-DD` of every day that has events, newest first.
pub(super) fn dates(connection: &mut dyn Connection) -> StoreResult<Vec<String>> {
    let mut dates = Vec::new();
    connection.query(&sql::event_days(connection.dialect()), &mut |row| {
        dates.push(date_text(integer(row, 0)));
        Flow::More
    })?;
    Ok(dates)
}

/// Events of a day after an id as lines of JSON; the id of the last, `None` when there were no more.
pub(super) fn lines(
    connection: &mut dyn Connection,
    day: i64,
    after: i64,
    limit: u32,
) -> StoreResult<(Vec<u8>, Option<i64>)> {
    let mut out = Vec::new();
    let mut last = None;
    let statement = sql::events_of_day(connection.dialect(), day, after, limit);
    connection.query(&statement, &mut |row| {
        last = Some(integer(row, 0));
        json::write(&line(row), &mut out);
        out.push(b'\n');
        Flow::More
    })?;
    Ok((out, last))
}

fn line(row: &dyn Row) -> Value {
    let mut object = Object::new();
    for (index, column) in EVENT_COLUMNS.iter().enumerate() {
        let value = match (*column, row.cell(index + 1)) {
            ("day", CellRef::Integer(day)) => date_text(day).into(),
            ("props", CellRef::Text(text)) => serde_json::from_str(text).unwrap_or_default(),
            (_, CellRef::Text(text)) => text.into(),
            (_, CellRef::Integer(number)) => number.into(),
            (_, CellRef::Real(number)) => json::number(number),
            (_, CellRef::Null | CellRef::Blob(_)) => Value::Null,
        };
        object.insert((*column).to_owned(), value);
    }
    Value::Object(object)
}
