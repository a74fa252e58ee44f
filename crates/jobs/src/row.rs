//! Jobs as rows.

use ketch_model::{Cell, CellRef, Error, Result, Value, json};
use ketch_store::sql::jobs as sql;
use ketch_store::{Connection, Flow, Row, Statement};

use crate::job::{Job, Status};

/// The cells of a job in the order of [`sql::JOB_COLUMNS`].
pub(crate) fn cells(job: &Job) -> Vec<Cell> {
    let optional = |text: &Option<String>| text.as_ref().map_or(Cell::Null, |text| Cell::text(text.as_str()));
    vec![
        Cell::text(job.id.as_str()),
        Cell::text(job.topic.as_str()),
        Cell::text(job.status.name()),
        Cell::Integer(job.run_at),
        job.locked_until.map_or(Cell::Null, Cell::Integer),
        optional(&job.lease),
        Cell::Integer(job.retries),
        Cell::Integer(job.max_retries),
        Cell::text(job.last_error.as_str()),
        Cell::Integer(job.created),
        Cell::Integer(job.updated),
        Cell::Text(json::to_text(&job.payload)),
    ]
}

/// All jobs of a statement whose rows are [`sql::JOB_COLUMNS`].
pub(crate) fn read_all(connection: &mut dyn Connection, statement: &Statement) -> Result<Vec<Job>> {
    let mut jobs = Vec::new();
    let mut broken = None;
    connection.query(statement, &mut |row| match job(row) {
        Some(job) => {
            jobs.push(job);
            Flow::More
        }
        None => {
            broken = Some(text(row, 0));
            Flow::Stop
        }
    })?;
    match broken {
        Some(id) => Err(Error::internal(format!("the stored job {id} cannot be read"))),
        None => Ok(jobs),
    }
}

pub(crate) fn find(connection: &mut dyn Connection, id: &str) -> Result<Job> {
    let statement = sql::select_job(connection.dialect(), id);
    let found = read_all(connection, &statement)?.pop();
    found.ok_or_else(|| Error::not_found("There is no job with this id."))
}

pub(crate) fn save(connection: &mut dyn Connection, job: &Job) -> Result<()> {
    let statement = sql::update_job(connection.dialect(), cells(job));
    connection.execute(&statement)?;
    Ok(())
}

fn job(row: &dyn Row) -> Option<Job> {
    let payload: Value = json::parse_whole(row.cell(11).as_text()?.as_bytes()).ok()?;
    Some(Job {
        id: text(row, 0),
        topic: text(row, 1),
        status: Status::from_name(row.cell(2).as_text()?)?,
        run_at: integer(row, 3),
        locked_until: match row.cell(4) {
            CellRef::Integer(until) => Some(until),
            _ => None,
        },
        lease: row.cell(5).as_text().map(str::to_owned),
        retries: integer(row, 6),
        max_retries: integer(row, 7),
        last_error: text(row, 8),
        created: integer(row, 9),
        updated: integer(row, 10),
        payload,
    })
}

fn text(row: &dyn Row, index: usize) -> String {
    row.cell(index).as_text().unwrap_or_default().to_owned()
}

pub(crate) fn integer(row: &dyn Row, index: usize) -> i64 {
    match row.cell(index) {
        CellRef::Integer(number) => number,
        _ => 0,
    }
}
