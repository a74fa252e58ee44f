//! One at a time, by key.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{Mutex as Turnstile, OwnedMutexGuard};

/// Keys that somebody works on or waits for.
#[derive(Debug, Clone, Default)]
pub(super) struct Turns(Arc<Mutex<HashMap<String, Arc<Turnstile<()>>>>>);

/// The turn of whoever holds it.
#[derive(Debug)]
pub(super) struct Turn {
    turns: Turns,
    key: String,
    held: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits until nobody else has the key's turn.
    pub(super) async fn take(&self, key: &str) -> Turn {
        let turnstile = self.0.lock().entry(key.to_owned()).or_default().clone();
        // Made before the wait, so that one who gives up waiting leaves nothing behind.
        let mut turn = Turn { turns: self.clone(), key: key.to_owned(), held: None };
        turn.held = Some(turnstile.lock_owned().await);
        turn
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut turns = self.turns.0.lock();
        self.held = None;
        // Nobody else has it: clones are made under the lock above.
        if turns.get(&self.key).is_some_and(|turnstile| Arc::strong_count(turnstile) == 1) {
            turns.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn one_at_a_time_and_nothing_stays() {
        let turns = Turns::default();
        let first = turns.take("a").await;
        let _other = turns.take("b").await;
        let late = tokio::time::timeout(Duration::from_millis(20), turns.take("a")).await;
        assert!(late.is_err());
        drop(first);
        drop(turns.take("a").await);
        assert_eq!(turns.0.lock().keys().collect::<Vec<_>>(), ["b"]);
    }
}
