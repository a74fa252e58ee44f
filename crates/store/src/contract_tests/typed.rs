//! Statements that an operator types.

use super::Driver;
use super::support::{ENDLESS, NONE, open_limited, stored, wait};
use crate::{Connection, Flow, StoreError, StoreResult};
use ketch_model::Cell;
use std::time::Duration;

const LIMIT: Duration = Duration::from_millis(150);

/// The rows changed by the last statement, its columns, and its rows.
type Answer = (u64, Vec<String>, Vec<Vec<Cell>>);

fn run(connection: &mut dyn Connection, text: &str) -> StoreResult<Answer> {
    let answer = std::cell::RefCell::new((Vec::new(), Vec::new()));
    let changed = connection.execute_typed(
        text,
        &mut |columns| {
            let names = columns.iter().map(|(name, _)| name.clone()).collect();
            *answer.borrow_mut() = (names, Vec::new());
        },
        &mut |row| {
            let cells = (0..row.len()).map(|index| row.cell(index).to_owned()).collect();
            answer.borrow_mut().1.push(cells);
            Flow::More
        },
    )?;
    let (columns, rows) = answer.into_inner();
    Ok((changed, columns, rows))
}

pub fn statements_run_in_turn_and_the_last_one_counts(driver: &dyn Driver) {
    let store = open_limited(driver, LIMIT);
    let text = "INSERT INTO t (n) VALUES (1), (2); UPDATE t SET n = n + 1 WHERE n = 2;";
    assert_eq!(
        wait(store.write(move |connection| run(connection, text))).expect("kept"),
        (1, vec![], vec![])
    );
    assert_eq!(stored(&*store), [1, 3]);
    let text = "SELECT 1 AS a; SELECT n AS b FROM t ORDER BY n DESC";
    let (changed, columns, rows) = wait(store.read(move |connection| run(connection, text))).expect("rows");
    assert_eq!((changed, columns), (0, vec!["b".to_owned()]));
    assert_eq!(rows, [[Cell::Integer(3)], [Cell::Integer(1)]]);
}

pub fn a_failure_undoes_the_whole_text(driver: &dyn Driver) {
    let store = open_limited(driver, LIMIT);
    for text in
        ["INSERT INTO t (n) VALUES (1); INSERT INTO nope VALUES (1)", "INSERT INTO t (n) VALUES (1); x"]
    {
        let answer = wait(store.write(move |connection| run(connection, text)));
        assert!(matches!(answer, Err(StoreError::Sql(_))), "{answer:?}");
    }
    let answer =
        wait(store.write(|connection| run(connection, &format!("INSERT INTO t (n) VALUES (1); {ENDLESS}"))));
    assert!(matches!(answer, Err(StoreError::Timeout)), "{answer:?}");
    assert_eq!(stored(&*store), NONE);
}

pub fn a_reader_says_that_it_only_reads(driver: &dyn Driver) {
    let store = open_limited(driver, LIMIT);
    for text in ["INSERT INTO t (n) VALUES (1)", "SELECT 1; CREATE TABLE u (n INTEGER)"] {
        let answer = wait(store.read(move |connection| run(connection, text)));
        assert!(matches!(answer, Err(StoreError::ReadOnly)), "{text}: {answer:?}");
    }
    assert_eq!(stored(&*store), NONE);
}

pub fn nothing_outlives_the_text(driver: &dyn Driver) {
    let store = open_limited(driver, LIMIT);
    for text in ["COMMIT", "BEGIN", "SAVEPOINT s", "CREATE TEMPORARY TABLE t (n INTEGER)"] {
        let answer = wait(store.write(move |connection| run(connection, text)));
        assert!(answer.is_err(), "{text}: {answer:?}");
        let answer = wait(store.read(move |connection| run(connection, text)));
        assert!(answer.is_err(), "{text}: {answer:?}");
    }
    assert_eq!(stored(&*store), NONE);
}
