//! One transaction alone.

use std::sync::mpsc::channel;

use ketch_model::Cell;

use super::Driver;
use super::support::{Gate, NONE, PATIENCE, column, insert, numbers, open, queue, statement, stored, wait};
use crate::StoreError;

pub fn a_commit_is_seen_by_reads_and_lookups(driver: &dyn Driver) {
    let store = open(driver);
    for n in 1..50 {
        wait(store.write(move |connection| connection.execute(&insert(n)))).expect("written");
        assert_eq!(stored(&*store).len(), n as usize);
        let found = wait(
            store.lookup(move |connection| column(connection, &format!("SELECT id FROM t WHERE n = {n}"))),
        );
        assert_eq!(found.expect("looked up"), [Cell::text(format!("id{n}"))]);
    }
}

pub fn an_error_undoes_everything(driver: &dyn Driver) {
    let store = open(driver);
    let answer = wait(store.write(|connection| {
        connection.execute(&insert(1))?;
        connection.execute(&insert(2))?;
        assert_eq!(numbers(connection)?, [1, 2]);
        Err::<(), _>(StoreError::Sql("changed my mind".into()))
    }));
    assert!(matches!(answer, Err(StoreError::Sql(text)) if text == "changed my mind"));
    assert_eq!(stored(&*store), NONE);
}

pub fn a_panic_undoes_everything(driver: &dyn Driver) {
    let store = open(driver);
    let answer = wait(store.write(|connection| {
        connection.execute(&insert(1))?;
        connection.savepoint(&mut |connection| {
            connection.execute(&insert(2))?;
            quietly_panic()
        })
    }));
    assert!(matches!(answer, Err(StoreError::Panicked)), "{answer:?}");
    wait(store.write(|connection| connection.execute(&insert(3)))).expect("the writer goes on");
    assert_eq!(stored(&*store), [3]);
}

pub fn a_panicking_read_is_answered(driver: &dyn Driver) {
    let store = open(driver);
    for _ in 0..20 {
        let answer = wait(store.read(|connection| {
            numbers(connection)?;
            quietly_panic()
        }));
        assert!(matches!(answer, Err(StoreError::Panicked)), "{answer:?}");
    }
    assert_eq!(stored(&*store), NONE);
}

/// A panic that does not fill the output of a passing test.
fn quietly_panic() -> Result<(), StoreError> {
    std::panic::resume_unwind(Box::new("on purpose"))
}

pub fn a_part_fails_alone(driver: &dyn Driver) {
    let store = open(driver);
    wait(store.write(|connection| {
        connection.execute(&insert(1))?;
        let failed = connection.savepoint(&mut |connection| {
            connection.execute(&insert(2))?;
            Err(StoreError::Sql("not this".into()))
        });
        assert!(matches!(failed, Err(StoreError::Sql(text)) if text == "not this"));
        connection.savepoint(&mut |connection| connection.execute(&insert(3)).map(|_| ()))?;
        Ok::<_, StoreError>(())
    }))
    .expect("the rest stands");
    assert_eq!(stored(&*store), [1, 3]);
}

pub fn parts_nest(driver: &dyn Driver) {
    let store = open(driver);
    wait(store.write(|connection| {
        connection.savepoint(&mut |connection| {
            connection.execute(&insert(1))?;
            let inner = connection.savepoint(&mut |connection| {
                connection.execute(&insert(2))?;
                connection.savepoint(&mut |connection| connection.execute(&insert(3)).map(|_| ()))?;
                Err(StoreError::Sql(String::new()))
            });
            assert!(inner.is_err());
            connection.savepoint(&mut |connection| connection.execute(&insert(4)).map(|_| ()))
        })
    }))
    .expect("the outer part stands");
    assert_eq!(stored(&*store), [1, 4]);
}

pub fn a_part_survives_a_refused_statement(driver: &dyn Driver) {
    let store = open(driver);
    wait(store.write(|connection| {
        connection.execute(&insert(1))?;
        let refused = connection.savepoint(&mut |connection| connection.execute(&insert(1)).map(|_| ()));
        assert!(matches!(refused, Err(StoreError::Unique { .. })), "{refused:?}");
        connection.execute(&insert(2))
    }))
    .expect("the rest stands");
    assert_eq!(stored(&*store), [1, 2]);
}

pub fn an_undone_transaction_takes_its_parts_along(driver: &dyn Driver) {
    let store = open(driver);
    let answer = wait(store.write(|connection| {
        connection.savepoint(&mut |connection| connection.execute(&insert(1)).map(|_| ()))?;
        Err::<(), _>(StoreError::Sql(String::new()))
    }));
    assert!(answer.is_err());
    assert_eq!(stored(&*store), NONE);
}

pub fn statements_cannot_end_the_transaction(driver: &dyn Driver) {
    let store = open(driver);
    for sql in ["COMMIT", "ROLLBACK", "BEGIN", "END", "SAVEPOINT x", "; commit", "/* */ Commit"] {
        let answer = wait(store.write(move |connection| {
            connection.execute(&insert(1))?;
            connection.savepoint(&mut |connection| connection.execute(&statement(sql)).map(|_| ()))
        }));
        assert!(matches!(answer, Err(StoreError::Sql(_))), "{sql}: {answer:?}");
        let answer = wait(store.write(move |connection| {
            connection.execute(&insert(1))?;
            connection
                .savepoint(&mut |connection| connection.execute_script(&format!("SELECT 1; {sql}; SELECT 2")))
        }));
        assert!(matches!(answer, Err(StoreError::Sql(_))), "{sql}: {answer:?}");
    }
    assert_eq!(stored(&*store), NONE);
}

pub fn changed_rows_are_counted(driver: &dyn Driver) {
    let store = open(driver);
    let counts = wait(store.write(|connection| {
        let mut counts = Vec::new();
        for sql in [
            "INSERT INTO t (id, n) VALUES ('a', 1), ('b', 2), ('c', 3)",
            "UPDATE t SET n = n + 10 WHERE n > 1",
            "UPDATE t SET n = 0 WHERE n > 100",
            "DELETE FROM t",
        ] {
            counts.push(connection.execute(&statement(sql))?);
        }
        Ok::<_, StoreError>(counts)
    }));
    assert_eq!(counts.expect("all run"), [3, 2, 0, 3]);
}

pub fn unique_columns_are_named(driver: &dyn Driver) {
    let store = open(driver);
    let script = "CREATE TABLE u (id TEXT PRIMARY KEY, a TEXT, b TEXT, c TEXT); \
                  CREATE UNIQUE INDEX u_ab ON u (a, b); \
                  CREATE UNIQUE INDEX u_c ON u (c) WHERE c != ''";
    wait(store.write(move |connection| connection.execute_script(script))).expect("tables are made");
    let cases: [(&str, &[&str]); 3] = [
        ("('1', 'x', 'x', '')", &["id"]),
        ("('2', 'a', 'b', '')", &["a", "b"]),
        ("('3', 'y', 'y', 'c')", &["c"]),
    ];
    for (values, expected) in cases {
        let answer = wait(store.write(move |connection| {
            connection.execute(&statement("DELETE FROM u"))?;
            connection.execute(&statement("INSERT INTO u (id, a, b, c) VALUES ('1', 'a', 'b', 'c')"))?;
            connection.execute(&statement(format!("INSERT INTO u (id, a, b, c) VALUES {values}")))
        }));
        match answer {
            Err(StoreError::Unique { table, columns }) => {
                assert_eq!(
                    (table.as_str(), columns.as_slice()),
                    ("u", &*expected.iter().map(ToString::to_string).collect::<Vec<_>>())
                );
            }
            other => panic!("{values}: {other:?}"),
        }
    }
}

pub fn missing_values_are_constraints(driver: &dyn Driver) {
    let store = open(driver);
    let answer = wait(
        store.write(|connection| connection.execute(&statement("INSERT INTO t (id, n) VALUES ('a', NULL)"))),
    );
    assert!(matches!(answer, Err(StoreError::Constraint(_))), "{answer:?}");
}

pub fn uncommitted_writes_are_not_seen(driver: &dyn Driver) {
    let store = open(driver);
    let (go_on, gone_on) = channel::<()>();
    let (wrote, written) = channel();
    let answer = queue(&*store, move |connection| {
        connection.execute(&insert(1))?;
        wrote.send(numbers(connection)?).expect("the test waits");
        let _ = gone_on.recv_timeout(PATIENCE);
        Ok(())
    });
    assert_eq!(written.recv_timeout(PATIENCE).expect("written"), [1]);
    assert_eq!(stored(&*store), NONE);
    assert_eq!(wait(store.lookup(|connection| numbers(connection))).expect("looked up"), NONE);
    go_on.send(()).expect("the writer waits");
    answer.get().expect("committed");
    assert_eq!(stored(&*store), [1]);
}

pub fn a_read_sees_one_snapshot(driver: &dyn Driver) {
    let store = open(driver);
    let (go_on, gone_on) = channel::<()>();
    let (began, begun) = channel();
    let (answer, answered) = channel();
    store.submit_read(Box::new(move |connection| {
        let connection = connection.expect("a reader");
        let before = numbers(connection).expect("read");
        began.send(()).expect("the test waits");
        let _ = gone_on.recv_timeout(PATIENCE);
        answer.send((before, numbers(connection).expect("read again"))).expect("the test waits");
    }));
    begun.recv_timeout(PATIENCE).expect("the read began");
    wait(store.write(|connection| connection.execute(&insert(1))))
        .expect("a long read does not stop a write");
    go_on.send(()).expect("the reader waits");
    assert_eq!(answered.recv_timeout(PATIENCE).expect("read"), (vec![], vec![]));
    assert_eq!(stored(&*store), [1]);
}

pub fn readers_cannot_write(driver: &dyn Driver) {
    let store = open(driver);
    let refused = wait(store.read(|connection| connection.execute(&insert(1))));
    assert!(refused.is_err());
    let refused = wait(store.lookup(|connection| connection.execute(&insert(1))));
    assert!(refused.is_err());
    assert_eq!(stored(&*store), NONE);
}

pub fn schema_changes_are_undone(driver: &dyn Driver) {
    let store = open(driver);
    let gate = Gate::hold(&*store);
    let failed = queue(&*store, |connection| {
        connection.execute_script("CREATE TABLE a (x TEXT); ALTER TABLE t ADD COLUMN more TEXT")?;
        Err::<(), _>(StoreError::Sql(String::new()))
    });
    let kept = queue(&*store, |connection| connection.execute_script("CREATE TABLE b (x TEXT)"));
    gate.open();
    assert!(failed.get().is_err());
    kept.get().expect("the neighbour stands");
    let tables = wait(store.read(|connection| {
        let exists =
            [column(connection, "SELECT more FROM t").is_ok(), column(connection, "SELECT x FROM a").is_ok()];
        column(connection, "SELECT x FROM b").map(|_| exists)
    }));
    // A statement that fails may end a reader's transaction too, so the last one is asked anew.
    let tables = tables.or_else(|_| {
        wait(store.read(|connection| column(connection, "SELECT x FROM b").map(|_| [false; 2])))
    });
    assert_eq!(tables.expect("b is there"), [false, false]);
}
