//! Slows down who tries filter after filter and finds nothing.

use std::net::IpAddr;
use std::time::Duration;

use super::windows::Windows;

/// Empty answers in one window that nobody waits for.
const FREE: u64 = 3;
const WINDOW: Duration = Duration::from_secs(3);
/// The longest wait, in milliseconds.
const LONGEST: u64 = 500;

/// Filtered lists with nothing in them, by address and collection. Guessing at what a rule hides
/// by how long answers take is not worth it with a wait of any length in between.
#[derive(Debug, Default)]
pub struct Probing {
    empty: Windows<(Option<IpAddr>, Box<str>)>,
}

impl Probing {
    /// Counts an empty answer; `None`, or how long it is to be held back.
    pub fn found_nothing(&self, ip: &str, collection_id: &str) -> Option<Duration> {
        let count = self.empty.count((ip.parse().ok(), collection_id.into()), WINDOW);
        if count <= FREE {
            return None;
        }
        let mut random = [0; 8];
        // Without randomness the wait is the longest.
        let wait = match getrandom::fill(&mut random) {
            Ok(()) => u64::from_le_bytes(random) % (LONGEST + 1),
            Err(_) => LONGEST,
        };
        Some(Duration::from_millis(wait))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_fourth_empty_answer_waits() {
        let probing = Probing::default();
        let waits = |ip: &str, collection: &str| probing.found_nothing(ip, collection).is_some();
        assert_eq!([0; 5].map(|_| waits("1.2.3.4", "a")), [false, false, false, true, true]);
        assert!(!waits("1.2.3.4", "b") && !waits("1.2.3.5", "a"));
        tokio::time::advance(WINDOW).await;
        assert!(!waits("1.2.3.4", "a"));
    }
}
