//! One mail of a kind per account at a time.

use std::collections::HashMap;
use std::time::Duration;

use ketch_model::Record;
use parking_lot::Mutex;
use tokio::time::Instant;

/// How long an account waits for the next mail of a kind.
const PAUSE: Duration = Duration::from_secs(120);
/// Entries from which on ended ones are looked for.
const TIDY_FROM: usize = 1024;

/// Accounts that were sent a mail a moment ago.
#[derive(Debug, Default)]
pub(crate) struct ResendGuard {
    sent: Mutex<HashMap<String, Instant>>,
}

impl ResendGuard {
    /// Whether a mail may go out now; if so, no other one until [`ResendGuard::release`] or two
    /// minutes have passed.
    pub fn begin(&self, account: &Record) -> bool {
        let now = Instant::now();
        let mut sent = self.sent.lock();
        if sent.len() >= TIDY_FROM {
            sent.retain(|_, at| now.duration_since(*at) < PAUSE);
        }
        let key = key(account);
        if sent.get(&key).is_some_and(|at| now.duration_since(*at) < PAUSE) {
            return false;
        }
        sent.insert(key, now);
        true
    }

    /// Lets the next mail out at once.
    pub fn release(&self, account: &Record) {
        self.sent.lock().remove(&key(account));
    }
}

fn key(account: &Record) -> String {
    format!("{}/{}", account.collection.id, account.id())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ketch_model::collection::system;
    use serde_json::json;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_mail_in_two_minutes() {
        let users = system::all().into_iter().find(|collection| collection.name == "users").unwrap();
        let (mut anna, mut ben) =
            (Record::blank(Arc::new(users)), Record::blank(Arc::new(system::all().remove(0))));
        anna.set("id", json!("anna"));
        ben.set("id", json!("ben"));
        let guard = ResendGuard::default();
        assert!(guard.begin(&anna) && guard.begin(&ben));
        assert!(!guard.begin(&anna));
        guard.release(&anna);
        assert!(guard.begin(&anna) && !guard.begin(&ben));
        tokio::time::advance(PAUSE).await;
        assert!(guard.begin(&ben));
    }
}
