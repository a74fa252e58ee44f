//! Statements that take too long.

use std::time::{Duration, Instant};

use super::Driver;
use super::support::{
    ENDLESS, Gate, NONE, PATIENCE, column, insert, open_limited, queue, queue_alone, queue_insert, statement,
    stored, wait,
};
use crate::{Flow, StoreError};

const LIMIT: Duration = Duration::from_millis(150);

pub fn a_long_read_is_stopped(driver: &dyn Driver) {
    let store = open_limited(driver, LIMIT);
    let began = Instant::now();
    let answer = wait(store.read(|connection| column(connection, ENDLESS)));
    assert!(matches!(answer, Err(StoreError::Timeout)), "{answer:?}");
    assert!(began.elapsed() < PATIENCE);
    assert_eq!(stored(&*store), NONE);
}

pub fn a_long_lookup_is_stopped(driver: &dyn Driver) {
    let store = open_limited(driver, LIMIT);
    let answer = wait(store.lookup(|connection| column(connection, ENDLESS)));
    assert!(matches!(answer, Err(StoreError::Timeout)), "{answer:?}");
    assert!(wait(store.lookup(|connection| column(connection, "SELECT 1"))).is_ok());
}

pub fn a_long_write_is_stopped_and_undone(driver: &dyn Driver) {
    let store = open_limited(driver, LIMIT);
    let answer = wait(store.write(|connection| {
        connection.execute(&insert(1))?;
        connection.execute(&statement(format!("UPDATE t SET n = ({ENDLESS})")))
    }));
    assert!(matches!(answer, Err(StoreError::Timeout)), "{answer:?}");
    let answer = wait(store.write(|connection| {
        connection.execute(&insert(2))?;
        column(connection, ENDLESS)
    }));
    assert!(matches!(answer, Err(StoreError::Timeout)), "{answer:?}");
    wait(store.write(|connection| connection.execute(&insert(3)))).expect("the writer goes on");
    assert_eq!(stored(&*store), [3]);
}

/// A neighbour in the same group is kept and told so, or not kept and told so.
pub fn a_stopped_write_is_honest_to_its_neighbours(driver: &dyn Driver) {
    let store = open_limited(driver, LIMIT);
    let gate = Gate::hold(&*store);
    let before = queue_insert(&*store, 1);
    let stopped = queue(&*store, |connection| {
        connection.execute(&insert(2))?;
        connection.execute(&statement(format!("UPDATE t SET n = ({ENDLESS})")))
    });
    let after = queue_insert(&*store, 3);
    gate.open();
    let (before, stopped, after) = (before.get(), stopped.get(), after.get());
    assert!(matches!(stopped, Err(StoreError::Timeout)), "{stopped:?}");
    let seen = stored(&*store);
    assert_eq!(seen.contains(&1), before.is_ok(), "{before:?}");
    assert!(!seen.contains(&2));
    assert_eq!(seen.contains(&3), after.is_ok(), "{after:?}");
}

/// What is known to run long is kept from others: its end takes nobody along.
pub fn a_stopped_write_alone_spares_its_neighbours(driver: &dyn Driver) {
    let store = open_limited(driver, LIMIT);
    let gate = Gate::hold(&*store);
    let before = queue_insert(&*store, 1);
    let stopped = queue_alone(&*store, |connection| {
        connection.execute(&insert(2))?;
        connection.execute(&statement(format!("UPDATE t SET n = ({ENDLESS})")))
    });
    let after = queue_insert(&*store, 3);
    gate.open();
    before.get().expect("committed before");
    assert!(matches!(stopped.get(), Err(StoreError::Timeout)));
    after.get().expect("the writer goes on");
    assert_eq!(stored(&*store), [1, 3]);
}

/// Rows that are looked at slowly count as one long statement at most; they do not hang the reader.
pub fn a_slow_visitor_is_no_endless_read(driver: &dyn Driver) {
    let store = open_limited(driver, LIMIT);
    let began = Instant::now();
    let _ = wait(store.read(move |connection| {
        connection.query(&statement(ENDLESS.replace("count(*)", "x")), &mut |_| {
            if began_long_ago(began) { Flow::Stop } else { Flow::More }
        })
    }));
    assert!(began.elapsed() < PATIENCE);
}

fn began_long_ago(began: Instant) -> bool {
    began.elapsed() > LIMIT * 4
}
