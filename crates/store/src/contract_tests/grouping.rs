//! Many transactions at once.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;

use super::Driver;
use super::support::{Gate, PATIENCE, insert, numbers, open, queue, queue_insert, statement, stored, wait};
use crate::contract::WriteOutcome;
use crate::{Store, StoreError};

pub fn one_failure_leaves_the_neighbours_alone(driver: &dyn Driver) {
    let store = open(driver);
    for round in 0..3 {
        let base = round * 100;
        let gate = Gate::hold(&*store);
        let first = queue_insert(&*store, base + 1);
        let refused = queue(&*store, move |connection| {
            connection.execute(&insert(base + 2))?;
            connection.execute(&insert(base + 1))
        });
        let second = queue_insert(&*store, base + 3);
        let panicked = queue(&*store, move |connection| {
            connection.execute(&insert(base + 4))?;
            if base >= 0 {
                std::panic::resume_unwind(Box::new("on purpose"));
            }
            Ok(())
        });
        let third = queue_insert(&*store, base + 5);
        gate.open();
        assert_eq!(first.get().expect("kept"), 1);
        assert!(matches!(refused.get(), Err(StoreError::Unique { .. })));
        assert_eq!(second.get().expect("kept"), 1);
        assert!(matches!(panicked.get(), Err(StoreError::Panicked)));
        assert_eq!(third.get().expect("kept"), 1);
        let of_round: Vec<_> = stored(&*store).into_iter().filter(|n| *n > base).map(|n| n - base).collect();
        assert_eq!(of_round, [1, 3, 5]);
    }
}

pub fn answers_come_in_order_and_after_the_commit(driver: &dyn Driver) {
    let store = open(driver);
    let gate = Gate::hold(&*store);
    let order = Arc::new(Mutex::new(Vec::new()));
    let (answer, answered) = channel();
    for n in 0..10 {
        let (order, answer, reader) = (Arc::clone(&order), answer.clone(), Arc::clone(&store));
        store.submit_write(Box::new(move |connection| {
            let result = connection.and_then(|connection| connection.execute(&insert(n)));
            // Every third is given up.
            let keep = result.is_ok() && n % 3 != 2;
            order.lock().expect("no panic").push(format!("work {n}"));
            let done = Box::new(move |committed: Result<(), StoreError>| {
                order.lock().expect("no panic").push(format!("done {n}"));
                let (answer, read) = (answer.clone(), reader);
                read.submit_read(Box::new(move |connection| {
                    let seen = connection.and_then(numbers).expect("read");
                    answer.send((n, committed.is_ok(), seen)).expect("the test waits");
                }));
            });
            WriteOutcome { keep, done }
        }));
    }
    gate.open();
    for _ in 0..10 {
        let (n, committed, seen) = answered.recv_timeout(PATIENCE).expect("answered");
        assert!(committed);
        assert_eq!(seen.contains(&n), n % 3 != 2, "job {n} was answered when readers saw {seen:?}");
    }
    let order = order.lock().expect("no panic").clone();
    let of = |word: &str| order.iter().filter(|entry| entry.starts_with(word)).cloned().collect::<Vec<_>>();
    assert_eq!(of("work"), (0..10).map(|n| format!("work {n}")).collect::<Vec<_>>());
    assert_eq!(of("done"), (0..10).map(|n| format!("done {n}")).collect::<Vec<_>>());
}

pub fn an_exclusive_job_is_answered_before_the_next_runs(driver: &dyn Driver) {
    let store = open(driver);
    let gate = Gate::hold(&*store);
    let ready = Arc::new(AtomicBool::new(false));
    let earlier = queue_insert(&*store, 1);
    let (told, seen_when_told) = (Arc::clone(&ready), Arc::clone(&store));
    let (ran, answered) = channel();
    store.submit_write_alone(Box::new(move |connection| {
        let result = connection.and_then(|connection| connection.execute_script("CREATE TABLE e (x TEXT)"));
        WriteOutcome {
            keep: result.is_ok(),
            done: Box::new(move |committed| {
                // What is committed is there for readers before anything else runs.
                let _ = ran.send((committed, stored_elsewhere(&seen_when_told)));
                told.store(true, SeqCst);
            }),
        }
    }));
    let later = queue(&*store, move |connection| {
        connection.execute(&insert(2))?;
        Ok(ready.load(SeqCst))
    });
    gate.open();
    assert_eq!(earlier.get().expect("kept"), 1);
    let (committed, seen) = answered.recv_timeout(PATIENCE).expect("answered");
    committed.expect("committed");
    assert_eq!(seen, [1]);
    assert!(later.get().expect("kept"), "the later job ran before the exclusive one was answered");
}

/// Reads from a thread of its own: `done` runs on the writer.
fn stored_elsewhere(store: &Arc<dyn Store>) -> Vec<i64> {
    let store = Arc::clone(store);
    thread::spawn(move || stored(&*store)).join().expect("read")
}

pub fn a_failed_exclusive_job_runs_nothing_after_it(driver: &dyn Driver) {
    let store = open(driver);
    let ran = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&ran);
    let answer = wait(store.write_exclusive(
        |connection| {
            connection.execute(&insert(1))?;
            connection.execute(&insert(1))
        },
        move |_| flag.store(true, SeqCst),
    ));
    assert!(matches!(answer, Err(StoreError::Unique { .. })));
    assert!(!ran.load(SeqCst));
    let flag = Arc::clone(&ran);
    let then = move |_: &u64| flag.store(true, SeqCst);
    wait(store.write_exclusive(|connection| connection.execute(&insert(2)), then)).expect("committed");
    assert!(ran.load(SeqCst));
    assert_eq!(stored(&*store), [2]);
}

pub fn a_panicking_answer_harms_nobody(driver: &dyn Driver) {
    let store = open(driver);
    let gate = Gate::hold(&*store);
    store.submit_write(Box::new(|connection| {
        let keep = connection.and_then(|connection| connection.execute(&insert(1))).is_ok();
        let done = Box::new(|_| std::panic::resume_unwind(Box::new("on purpose")));
        WriteOutcome { keep, done }
    }));
    let neighbour = queue_insert(&*store, 2);
    gate.open();
    neighbour.get().expect("kept");
    assert_eq!(stored(&*store), [1, 2]);
}

pub fn many_writers_lose_nothing(driver: &dyn Driver) {
    const THREADS: i64 = 8;
    const EACH: i64 = 60;
    let store = open(driver);
    wait(store.write(|connection| connection.execute(&insert(0)))).expect("written");
    let refused = AtomicUsize::new(0);
    thread::scope(|scope| {
        for thread in 1..=THREADS {
            let (store, refused) = (&store, &refused);
            scope.spawn(move || {
                for turn in 0..EACH {
                    let n = thread * 1_000 + turn;
                    let answer = wait(store.write(move |connection| {
                        connection.execute(&insert(n))?;
                        connection.execute(&statement("UPDATE t SET id = 'many' || n WHERE n = 0"))?;
                        if turn % 10 == 9 {
                            return Err(StoreError::Sql("given up".into()));
                        }
                        Ok(())
                    }));
                    if answer.is_err() {
                        refused.fetch_add(1, SeqCst);
                    } else {
                        assert!(stored(&**store).contains(&n), "an answered write is not seen");
                    }
                }
            });
        }
    });
    assert_eq!(refused.load(SeqCst) as i64, THREADS * EACH / 10);
    let expected: Vec<_> = std::iter::once(0)
        .chain((1..=THREADS).flat_map(|t| (0..EACH).filter(|i| i % 10 != 9).map(move |i| t * 1_000 + i)))
        .collect();
    assert_eq!(stored(&*store), expected);
}

/// Two rows change together; nobody may ever see one without the other.
pub fn reads_go_on_beside_writes(driver: &dyn Driver) {
    let store = open(driver);
    wait(store.write(|connection| {
        connection.execute(&insert(1))?;
        connection.execute(&insert(-1))
    }))
    .expect("written");
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(SeqCst) {
                    for seen in
                        [stored(&*store), wait(store.lookup(|connection| numbers(connection))).expect("read")]
                    {
                        assert_eq!((seen.len(), seen.iter().sum::<i64>()), (2, 0), "{seen:?}");
                    }
                }
            });
        }
        for _ in 0..150 {
            wait(store.write(|connection| {
                connection.execute(&statement("UPDATE t SET n = n + 1 WHERE n > 0"))?;
                connection.execute(&statement("UPDATE t SET n = n - 1 WHERE n < 0"))
            }))
            .expect("written");
        }
        stop.store(true, SeqCst);
    });
    assert_eq!(stored(&*store), [-151, 151]);
}

pub fn a_later_job_sees_an_earlier_one(driver: &dyn Driver) {
    let store = open(driver);
    let gate = Gate::hold(&*store);
    let first = queue_insert(&*store, 1);
    let second = queue(&*store, |connection| numbers(connection));
    gate.open();
    first.get().expect("kept");
    assert_eq!(second.get().expect("read"), [1]);
}
