//! Copies of a whole database.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::SeqCst};
use std::thread;

use super::Driver;
use super::support::{insert, open, stored, wait};
use crate::StoreError;

/// A place for a snapshot that goes away with the folder.
fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("copy.db");
    (folder, path)
}

pub fn a_snapshot_holds_what_was_answered(driver: &dyn Driver) {
    let store = open(driver);
    for n in 1..=3 {
        wait(store.write(move |connection| connection.execute(&insert(n)))).expect("written");
    }
    let (_folder, path) = place();
    store.snapshot(&path).expect("copied");
    wait(store.write(|connection| connection.execute(&insert(4)))).expect("written");
    if let Some(copy) = driver.open_snapshot(&path) {
        assert_eq!(stored(&*copy), [1, 2, 3]);
    }
}

pub fn a_snapshot_beside_writes_is_whole(driver: &dyn Driver) {
    let store = open(driver);
    let (_folder, path) = place();
    let (stop, last) = (AtomicBool::new(false), AtomicI64::new(0));
    let before = thread::scope(|scope| {
        scope.spawn(|| {
            for n in 1.. {
                if stop.load(SeqCst) {
                    return;
                }
                wait(store.write(move |connection| connection.execute(&insert(n)))).expect("written");
                last.store(n, SeqCst);
            }
        });
        while last.load(SeqCst) < 50 {
            thread::yield_now();
        }
        let before = last.load(SeqCst);
        store.snapshot(&path).expect("copied");
        stop.store(true, SeqCst);
        before
    });
    if let Some(copy) = driver.open_snapshot(&path) {
        let found = stored(&*copy);
        let count = i64::try_from(found.len()).expect("few");
        assert!(count >= before, "{count} of {before} that were answered before");
        assert_eq!(found, (1..=count).collect::<Vec<_>>());
    }
}

pub fn a_snapshot_overwrites_nothing(driver: &dyn Driver) {
    let store = open(driver);
    let (_folder, path) = place();
    std::fs::write(&path, "something else").expect("written");
    assert!(store.snapshot(&path).is_err());
    assert_eq!(std::fs::read_to_string(&path).expect("read"), "something else");
}

pub fn a_closed_store_gives_no_snapshot(driver: &dyn Driver) {
    let store = open(driver);
    store.close();
    let (_folder, path) = place();
    assert!(matches!(store.snapshot(&path), Err(StoreError::Closed)));
}
