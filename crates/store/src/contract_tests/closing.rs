//! The end of a store's life.

use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use super::Driver;
use super::support::{ENDLESS, Gate, PATIENCE, column, insert, numbers, open, queue_insert, stored, wait};
use crate::StoreError;

pub fn queued_writes_are_kept(driver: &dyn Driver) {
    let store = open(driver);
    let gate = Gate::hold(&*store);
    let answers: Vec<_> = (0..300).map(|n| queue_insert(&*store, n)).collect();
    thread::scope(|scope| {
        scope.spawn(|| store.close());
        thread::sleep(Duration::from_millis(20));
        gate.open();
    });
    for answer in answers {
        assert_eq!(answer.get().expect("kept"), 1);
    }
    assert_eq!(stored(&*driver.open(Duration::ZERO)).len(), 300);
}

pub fn a_closed_store_refuses_work(driver: &dyn Driver) {
    let store = open(driver);
    stored(&*store);
    wait(store.lookup(|connection| numbers(connection))).expect("looked up");
    store.close();
    let read = wait(store.read(|connection| numbers(connection)));
    assert!(matches!(read, Err(StoreError::Closed)), "{read:?}");
    let lookup = wait(store.lookup(|connection| numbers(connection)));
    assert!(matches!(lookup, Err(StoreError::Closed)), "{lookup:?}");
    let write = wait(store.write(|connection| connection.execute(&insert(1))));
    assert!(matches!(write, Err(StoreError::Closed)), "{write:?}");
}

pub fn closing_stops_a_long_read(driver: &dyn Driver) {
    let store = open(driver);
    let (began, begun) = channel();
    let (answer, answered) = channel();
    store.submit_read(Box::new(move |connection| {
        began.send(()).expect("the test waits");
        answer.send(connection.and_then(|connection| column(connection, ENDLESS))).expect("the test waits");
    }));
    begun.recv_timeout(PATIENCE).expect("the read began");
    let closed = Instant::now();
    store.close();
    assert!(closed.elapsed() < PATIENCE);
    let answer = answered.recv_timeout(PATIENCE).expect("answered");
    assert!(matches!(answer, Err(StoreError::Closed)), "{answer:?}");
}

pub fn data_survives_closing(driver: &dyn Driver) {
    for n in 1..=3 {
        let store = open(driver);
        wait(store.write(move |connection| connection.execute(&insert(n)))).expect("written");
        if n % 2 == 0 {
            store.close();
        }
        drop(store);
    }
    assert_eq!(stored(&*driver.open(Duration::ZERO)), [1, 2, 3]);
}

pub fn closing_twice_is_harmless(driver: &dyn Driver) {
    let store = open(driver);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| store.close());
        }
    });
    store.close();
}
