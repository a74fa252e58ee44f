//! Counting within fixed windows of time.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// Windows that are remembered at most. Beyond, the older half is forgotten: memory is bounded,
/// whatever addresses requests come from.
const WINDOWS_MAX: usize = 100_000;

/// A window begins with the first visit of its key and ends after its length; visits count up
/// to its end.
#[derive(Debug)]
pub(super) struct Windows<K> {
    open: Mutex<HashMap<K, Window>>,
    most: usize,
}

#[derive(Debug)]
struct Window {
    began: Instant,
    length: Duration,
    count: u64,
}

impl Window {
    fn has_ended(&self, now: Instant) -> bool {
        now.duration_since(self.began) >= self.length
    }
}

impl<K> Default for Windows<K> {
    fn default() -> Self {
        Self { open: Mutex::default(), most: WINDOWS_MAX }
    }
}

impl<K: Eq + Hash> Windows<K> {
    /// Counts a visit; answers the number of visits in its window, itself included.
    pub fn count(&self, key: K, length: Duration) -> u64 {
        let now = Instant::now();
        let mut open = self.open.lock();
        if open.len() >= self.most && !open.contains_key(&key) {
            make_room(&mut open, self.most / 2, now);
        }
        let window = open.entry(key).or_insert(Window { began: now, length, count: 0 });
        if window.has_ended(now) {
            *window = Window { began: now, length, count: 0 };
        }
        window.count = window.count.saturating_add(1);
        window.count
    }

    /// Forgets the windows that have ended.
    pub fn tidy(&self) {
        let now = Instant::now();
        let mut open = self.open.lock();
        open.retain(|_, window| !window.has_ended(now));
        open.shrink_to_fit();
    }

    /// Forgets everything.
    pub fn clear(&self) {
        *self.open.lock() = HashMap::new();
    }
}

/// Leaves at most `most` windows, the younger ones.
fn make_room<K>(open: &mut HashMap<K, Window>, most: usize, now: Instant) {
    open.retain(|_, window| !window.has_ended(now));
    if open.len() <= most {
        return;
    }
    let mut began: Vec<Instant> = open.values().map(|window| window.began).collect();
    let excess = began.len() - most;
    let (_, youngest_to_go, _) = began.select_nth_unstable(excess - 1);
    let limit = *youngest_to_go;
    let mut left = excess;
    open.retain(|_, window| {
        let goes = left > 0 && window.began <= limit;
        left -= usize::from(goes);
        !goes
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn visits_count_up_to_the_end_of_their_window() {
        let windows = Windows::default();
        assert_eq!([1, 2, 3].map(|_| windows.count("a", LENGTH)), [1, 2, 3]);
        assert_eq!(windows.count("b", LENGTH), 1);
        tokio::time::advance(LENGTH - Duration::from_millis(1)).await;
        assert_eq!(windows.count("a", LENGTH), 4);
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(windows.count("a", LENGTH), 1);
        windows.tidy();
        assert_eq!(windows.open.lock().len(), 1);
        windows.clear();
        assert_eq!(windows.count("a", LENGTH), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_bounded_and_the_young_stay() {
        let windows = Windows { open: Mutex::default(), most: 100 };
        for key in 0..1000 {
            windows.count(key, LENGTH);
            tokio::time::advance(Duration::from_millis(1)).await;
            assert!(windows.open.lock().len() <= 100);
        }
        assert_eq!(windows.count(999, LENGTH), 2);
        assert_eq!(windows.count(1, LENGTH), 1);
    }
}
