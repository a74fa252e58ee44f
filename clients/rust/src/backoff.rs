//! Waiting times between tries.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

/// The waits of official clients between tries to reconnect, in milliseconds; the last one repeats.
const RECONNECT: [u64; 7] = [200, 300, 500, 1000, 1200, 1500, 2000];

/// A random number. Good enough for jitter and boundaries, not for secrets.
pub(crate) fn random() -> u64 {
    // Every `RandomState` has keys of its own, seeded by the system.
    RandomState::new().build_hasher().finish()
}

/// Between half of `wait` and all of it, so that clients of one server do not come back in step.
pub(crate) fn jitter(wait: Duration) -> Duration {
    let share = random() % 1024;
    wait / 2 + wait / 2 * u32::try_from(share).unwrap_or(0) / 1023
}

/// How long to wait before try `attempt` (from 0) to reconnect.
pub(crate) fn reconnect(attempt: u32) -> Duration {
    let index = usize::try_from(attempt).unwrap_or(usize::MAX).min(RECONNECT.len() - 1);
    jitter(Duration::from_millis(RECONNECT[index]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_stays_within_half_and_whole() {
        let whole = Duration::from_secs(2);
        let waits: Vec<_> = (0..200).map(|_| jitter(whole)).collect();
        assert!(waits.iter().all(|wait| *wait >= whole / 2 && *wait <= whole));
        assert!(waits.iter().any(|wait| *wait != waits[0]));
        assert!(reconnect(u32::MAX) <= whole);
    }
}
