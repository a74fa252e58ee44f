//! How often somebody may guess.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// Guesses within one window.
const ATTEMPTS: u32 = 5;
/// From the first guess on.
const WINDOW: Duration = Duration::from_secs(180);
/// Entries from which on ended ones are looked for.
const TIDY_FROM: usize = 1024;

/// Counts guesses by a key of whom they are about.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    windows: Mutex<HashMap<String, Window>>,
}

#[derive(Debug)]
struct Window {
    began: Instant,
    count: u32,
}

impl Attempts {
    /// Counts one guess; false if it is one too many.
    pub fn allow(&self, key: String) -> bool {
        let now = Instant::now();
        let mut windows = self.windows.lock();
        if windows.len() >= TIDY_FROM {
            windows.retain(|_, window| now.duration_since(window.began) < WINDOW);
        }
        let window = windows.entry(key).or_insert(Window { began: now, count: 0 });
        if now.duration_since(window.began) >= WINDOW {
            *window = Window { began: now, count: 0 };
        }
        window.count = window.count.saturating_add(1);
        window.count <= ATTEMPTS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn five_guesses_in_three_minutes() {
        let attempts = Attempts::default();
        let allowed = |count: usize| (0..count).filter(|_| attempts.allow("a".to_owned())).count();
        assert_eq!(allowed(8), 5);
        assert!(attempts.allow("b".to_owned()));
        tokio::time::advance(WINDOW).await;
        assert_eq!(allowed(8), 5);
    }
}
