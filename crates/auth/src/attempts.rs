//! How often somebody may guess.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// Entries from which on ended ones are looked for.
const TIDY_FROM: usize = 1024;

/// Counts guesses by a key of whom they are about.
#[derive(Debug)]
pub(crate) struct Attempts {
    limit: u32,
    window: Duration,
    windows: Mutex<HashMap<String, Window>>,
}

#[derive(Debug)]
struct Window {
    began: Instant,
    count: u32,
}

impl Attempts {
    /// Allows `limit` guesses within a window that begins with the first.
    pub fn new(limit: u32, window: Duration) -> Self {
        Self { limit, window, windows: Mutex::default() }
    }

    /// Counts one guess; false if it is one too many.
    pub fn allow(&self, key: String) -> bool {
        let now = Instant::now();
        let mut windows = self.windows.lock();
        if windows.len() >= TIDY_FROM {
            windows.retain(|_, window| now.duration_since(window.began) < self.window);
        }
        let window = windows.entry(key).or_insert(Window { began: now, count: 0 });
        if now.duration_since(window.began) >= self.window {
            *window = Window { began: now, count: 0 };
        }
        window.count = window.count.saturating_add(1);
        window.count <= self.limit
    }

    /// Takes one guess back: it was none.
    pub fn forgive(&self, key: &str) {
        if let Some(window) = self.windows.lock().get_mut(key) {
            window.count = window.count.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn five_guesses_in_three_minutes() {
        const WINDOW: Duration = Duration::from_secs(180);
        let attempts = Attempts::new(5, WINDOW);
        let allowed = |count: usize| (0..count).filter(|_| attempts.allow("a".to_owned())).count();
        assert_eq!(allowed(8), 5);
        assert!(attempts.allow("b".to_owned()));
        attempts.forgive("b");
        assert_eq!((0..8).filter(|_| attempts.allow("b".to_owned())).count(), 5);
        tokio::time::advance(WINDOW).await;
        assert_eq!(allowed(8), 5);
    }
}
