//! What waits to be written: bounded, so that a busy server forgets its oldest notes and not its clients.

use std::collections::VecDeque;

use parking_lot::Mutex;

/// A queue of at most so many entries. Cheap to push to from any thread.
#[derive(Debug)]
pub(crate) struct Backlog<T> {
    state: Mutex<State<T>>,
    capacity: usize,
}

#[derive(Debug)]
struct State<T> {
    entries: VecDeque<T>,
    dropped: u64,
}

impl<T> Backlog<T> {
    pub(crate) const fn new(capacity: usize) -> Self {
        Self { state: Mutex::new(State { entries: VecDeque::new(), dropped: 0 }), capacity }
    }

    /// Adds an entry; the oldest gives way if there is no room.
    pub(crate) fn push(&self, entry: T) {
        let mut state = self.state.lock();
        let oldest = if state.entries.len() >= self.capacity { state.entries.pop_front() } else { None };
        state.dropped += u64::from(oldest.is_some());
        state.entries.push_back(entry);
        drop(state);
        // Freed without the lock.
        drop(oldest);
    }

    /// Adds an entry unless there is no room.
    pub(crate) fn try_push(&self, entry: T) -> bool {
        let mut state = self.state.lock();
        let has_room = state.entries.len() < self.capacity;
        if has_room {
            state.entries.push_back(entry);
        } else {
            state.dropped += 1;
        }
        has_room
    }

    /// Takes everything, oldest first, and how many entries had to give way since the last time.
    pub(crate) fn take(&self) -> (VecDeque<T>, u64) {
        let mut state = self.state.lock();
        (std::mem::take(&mut state.entries), std::mem::take(&mut state.dropped))
    }
}

#[cfg(test)]
mod tests {
    use super::Backlog;

    #[test]
    fn the_oldest_gives_way() {
        let backlog = Backlog::new(2);
        for entry in 1..=5 {
            backlog.push(entry);
        }
        assert!(!backlog.try_push(6));
        let (entries, dropped) = backlog.take();
        assert_eq!((Vec::from(entries), dropped), (vec![4, 5], 4));
        assert_eq!(backlog.take().1, 0);
    }
}
