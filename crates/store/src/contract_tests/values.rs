//! Cells, rows and statements.

use ketch_model::{Cell, CellRef};

use super::Driver;
use super::support::{NONE, column, insert, open, statement, stored, wait};
use crate::{Flow, Statement, StoreError};

pub fn every_kind_of_cell_comes_back(driver: &dyn Driver) {
    let store = open(driver);
    let cells = vec![
        Cell::Null,
        Cell::Integer(0),
        Cell::Integer(i64::MIN),
        Cell::Integer(i64::MAX),
        Cell::Real(0.1),
        Cell::Real(-1e300),
        Cell::text(""),
        Cell::text("it's «ünïcode» \u{1F40B} \\ \"quoted\" ?1 $1 :a --"),
        Cell::Blob(vec![]),
        Cell::Blob(vec![0, 255, 1]),
    ];
    let sent = cells.clone();
    let (value, blob) = (driver.placeholder(), driver.blob_type());
    let back = wait(store.write(move |connection| {
        let mut back = Vec::new();
        for cell in sent {
            let kind = match cell {
                Cell::Null | Cell::Text(_) => "text",
                Cell::Integer(_) => "bigint",
                Cell::Real(_) => "double precision",
                Cell::Blob(_) => blob,
            };
            connection.execute_script(&format!("DROP TABLE IF EXISTS v; CREATE TABLE v (x {kind})"))?;
            connection.execute(&Statement::new(format!("INSERT INTO v (x) VALUES ({value})"), vec![cell]))?;
            back.extend(column(connection, "SELECT x FROM v")?);
        }
        Ok::<_, StoreError>(back)
    }))
    .expect("cells are stored");
    assert_eq!(back, cells);
}

pub fn columns_are_named(driver: &dyn Driver) {
    let store = open(driver);
    let names = wait(store.read(|connection| {
        let mut names = Vec::new();
        connection.query_once(
            &statement("SELECT id, n AS \"Number\" FROM t"),
            &mut |columns| names = columns.iter().map(|(name, _)| name.clone()).collect(),
            &mut |_| Flow::More,
        )?;
        Ok::<_, StoreError>(names)
    }))
    .expect("columns are shown without rows");
    assert_eq!(names, ["id", "Number"]);
}

pub fn a_visitor_stops_the_rows(driver: &dyn Driver) {
    let store = open(driver);
    let seen = wait(store.write(|connection| {
        for n in 1..=5 {
            connection.execute(&insert(n))?;
        }
        let mut seen = 0;
        connection.query(&statement("SELECT n FROM t ORDER BY n"), &mut |_| {
            seen += 1;
            if seen == 2 { Flow::Stop } else { Flow::More }
        })?;
        Ok::<_, StoreError>(seen)
    }));
    assert_eq!(seen.expect("rows are shown"), 2);
    assert_eq!(stored(&*store), [1, 2, 3, 4, 5]);
}

pub fn a_cell_out_of_range_is_null(driver: &dyn Driver) {
    let store = open(driver);
    wait(store.read(|connection| {
        connection.query(&statement("SELECT 'a', 2"), &mut |row| {
            assert_eq!(row.len(), 2);
            assert_eq!(row.cell(0), CellRef::Text("a"));
            assert_eq!(row.cell(2), CellRef::Null);
            Flow::More
        })
    }))
    .expect("a row is shown");
}

pub fn wrong_statements_are_refused(driver: &dyn Driver) {
    let store = open(driver);
    for sql in ["SELECT", "SELECT * FROM missing", "SELECT missing FROM t", "", "'"] {
        let refused = wait(store.read(move |connection| column(connection, sql)));
        // An empty statement may also be an empty answer.
        if !sql.is_empty() {
            assert!(matches!(refused, Err(StoreError::Sql(_))), "{sql}: {refused:?}");
        }
        let refused = wait(store.write(move |connection| {
            connection.query_once(&statement(sql), &mut |_| (), &mut |_| Flow::More)?;
            Err::<(), _>(StoreError::Sql(String::new()))
        }));
        assert!(matches!(refused, Err(StoreError::Sql(_))), "{sql}: {refused:?}");
    }
    assert_eq!(stored(&*store), NONE);
}

pub fn a_wrong_number_of_values_is_refused(driver: &dyn Driver) {
    let store = open(driver);
    let sql = format!("SELECT n FROM t WHERE n = {}", driver.placeholder());
    for count in [0, 2] {
        let statement = Statement::new(sql.as_str(), vec![Cell::Integer(1); count]);
        let refused = wait(store.read(move |connection| connection.query(&statement, &mut |_| Flow::More)));
        assert!(matches!(refused, Err(StoreError::Sql(_))), "{refused:?}");
    }
}

/// More different texts than any cache of prepared statements holds, each twice.
pub fn many_statements_share_a_connection(driver: &dyn Driver) {
    let store = open(driver);
    wait(store.read(|connection| {
        for _ in 0..2 {
            for n in 0..600 {
                assert_eq!(column(connection, &format!("SELECT '{n}'"))?, [Cell::text(n.to_string())]);
            }
        }
        Ok::<_, StoreError>(())
    }))
    .expect("all are answered");
}

/// Counts may be remembered, but never past a commit.
pub fn counts_are_fresh(driver: &dyn Driver) {
    let store = open(driver);
    let count = |sql: &'static str| {
        wait(store.read(move |connection| connection.count(&statement(sql)))).expect("counted")
    };
    for n in 0..30 {
        for _ in 0..3 {
            assert_eq!(count("SELECT count(*) FROM t"), n);
            assert_eq!(count("SELECT count(*) FROM t WHERE n < 5"), n.min(5));
        }
        let inside = wait(store.write(move |connection| {
            connection.execute(&insert(n as i64))?;
            connection.count(&statement("SELECT count(*) FROM t"))
        }));
        assert_eq!(inside.expect("counted"), n + 1);
    }
    assert_eq!(count("SELECT count(*) FROM t WHERE n > 1000"), 0);
    assert_eq!(count("SELECT n FROM t WHERE n > 1000"), 0);
    let sql = format!("SELECT count(*) FROM t WHERE n < {}", driver.placeholder());
    for (bound, expected) in [(3, 3), (7, 7), (3, 3), (100, 30)] {
        let statement = Statement::new(sql.as_str(), vec![Cell::Integer(bound)]);
        let counted = wait(store.read(move |connection| connection.count(&statement)));
        assert_eq!(counted.expect("counted"), expected);
    }
    let wrong = wait(store.read(|connection| connection.count(&statement("SELECT count(*) FROM missing"))));
    assert!(matches!(wrong, Err(StoreError::Sql(_))), "{wrong:?}");
}
