//! SQL that superusers type.

use std::cell::RefCell;
use std::time::Instant;

use ketch_model::{CellRef, Error, Result};
use ketch_store::contract::Columns;
use ketch_store::{Connection, Flow, Row, StoreError, StoreResult, sql};

use crate::app::App;

/// Rows that an answer shows at most.
const ROWS_MAX: usize = 1000;

/// What typed statements answered.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct SqlAnswer {
    /// In milliseconds.
    pub took: u64,
    /// Rows that the last statement changed, where the text begins as a write.
    pub affected_rows: u64,
    /// Names and declared types of the last statement's columns.
    pub columns: Vec<(String, String)>,
    /// Cells as texts; `None` is NULL. At most [`ROWS_MAX`] rows.
    pub rows: Vec<Vec<Option<String>>>,
}

impl App {
    /// Runs statements over the main database: all of them or none. The schema and the settings in
    /// memory do not follow what is changed behind their back.
    ///
    /// # Errors
    /// 400 with the engine's words.
    pub async fn run_sql(&self, text: String) -> Result<SqlAnswer> {
        if text.trim().is_empty() {
            return Err(refused("empty query"));
        }
        let store = self.records.store();
        let began = Instant::now();
        let answer = if sql::is_vacuum(&text) {
            let store = store.clone();
            let compacted = tokio::task::spawn_blocking(move || store.compact()).await;
            compacted.map_err(Error::internal)?.map(|()| SqlAnswer::default())
        } else if sql::is_write(&text) {
            // What is typed may run long.
            store.write_alone(move |connection| change(connection, &text)).await
        } else {
            let again = text.clone();
            match store.read(move |connection| look(connection, &text)).await {
                // `WITH … INSERT`, a comment before an UPDATE: a first word does not tell everything.
                Err(StoreError::ReadOnly) => {
                    store.write_alone(move |connection| look(connection, &again)).await
                }
                answer => answer,
            }
        };
        let took = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        answer.map(|answer| SqlAnswer { took, ..answer }).map_err(|error| match error {
            StoreError::Closed | StoreError::Panicked => Error::internal(error),
            _ => refused(&error.to_string()),
        })
    }
}

fn refused(cause: &str) -> Error {
    Error::bad_request(format!("Failed to execute query. Raw error:\n{cause}"))
}

fn change(connection: &mut dyn Connection, text: &str) -> StoreResult<SqlAnswer> {
    let affected_rows = connection.execute_typed(text, &mut |_| {}, &mut |_| Flow::Stop)?;
    Ok(SqlAnswer { affected_rows, ..SqlAnswer::default() })
}

fn look(connection: &mut dyn Connection, text: &str) -> StoreResult<SqlAnswer> {
    let answer = RefCell::new(SqlAnswer::default());
    let mut columns = |columns: &Columns| {
        *answer.borrow_mut() = SqlAnswer { columns: columns.to_vec(), ..SqlAnswer::default() };
    };
    let mut row = |row: &dyn Row| {
        let mut answer = answer.borrow_mut();
        if answer.rows.len() == ROWS_MAX {
            return Flow::Stop;
        }
        let cells = (0..row.len()).map(|index| cell_text(row.cell(index)));
        answer.rows.push(cells.collect());
        Flow::More
    };
    connection.execute_typed(text, &mut columns, &mut row)?;
    Ok(answer.into_inner())
}

fn cell_text(cell: CellRef<'_>) -> Option<String> {
    match cell {
        CellRef::Null => None,
        CellRef::Integer(number) => Some(number.to_string()),
        CellRef::Real(number) => Some(number_text(number)),
        CellRef::Text(text) => Some(text.to_owned()),
        CellRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
    }
}

/// The shortest digits, with an exponent of two digits from `1e+06` on and below `0.0001`.
fn number_text(number: f64) -> String {
    if !number.is_finite() {
        let text = if number.is_nan() {
            "NaN"
        } else if number > 0.0 {
            "+Inf"
        } else {
            "-Inf"
        };
        return text.to_owned();
    }
    let scientific = format!("{number:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
        _ => format!("{number}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_original_writes_them() {
        for (number, text) in [
            (1.0, "1"),
            (1.5, "1.5"),
            (0.1 + 0.2, "0.30000000000000004"),
            (123_456.0, "123456"),
            (1_234_567.5, "1.2345675e+06"),
            (1e30, "1e+30"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (-0.0, "-0"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(number_text(number), text);
        }
    }
}
