//! Delivers what was noted: a few at a time, again and again.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use ketch_model::{json as text, time};
use parking_lot::Mutex;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::event::{Attempt, Event, isn, status};
use super::hook::Webhook;
use super::ledger::Ledger;
use super::notes::key_of;
use super::sender::{Delivery, Sender};
use super::signer::SignerSource;
use crate::error::Result;
use crate::service::Instant;

/// Deliveries of one app at a time,
const AT_ONCE: usize = 16;
/// and of one webhook.
const AT_ONCE_EACH: usize = 4;
/// How long is waited for news at most.
const IDLE: Duration = Duration::from_secs(60 * 60);
/// The pause after a fault of the store.
const PAUSE: Duration = Duration::from_secs(10);
/// How long after each failed attempt the next one comes, in minutes; after the last there is none.
const DELAYS: [i64; 10] = [1, 5, 30, 120, 300, 600, 720, 720, 720, 720];
/// How long the token of a delivery is good for, in milliseconds.
const TOKEN_LIFETIME: i64 = 24 * 60 * 60 * 1000;

/// What was taken up and not finished.
#[derive(Clone, Default)]
pub(super) struct InFlight(Arc<Mutex<HashSet<(String, i64)>>>);

/// One that is in flight as long as this is there.
struct Flying {
    in_flight: InFlight,
    key: (String, i64),
}

impl InFlight {
    pub fn holds(&self, webhook: &str, seq: i64) -> bool {
        self.0.lock().contains(&(webhook.to_owned(), seq))
    }

    fn count(&self, webhook: &str) -> usize {
        self.0.lock().iter().filter(|(id, _)| id == webhook).count()
    }

    fn enter(&self, webhook: &str, seq: i64) -> Option<Flying> {
        let key = (webhook.to_owned(), seq);
        self.0.lock().insert(key.clone()).then(|| Flying { in_flight: self.clone(), key })
    }
}

impl Drop for Flying {
    fn drop(&mut self) {
        self.in_flight.0.lock().remove(&self.key);
    }
}

/// Says where this server is reached, if the operator has.
pub(super) type Origin = Box<dyn Fn() -> Option<String> + Send + Sync>;

/// Everything that a delivery takes.
pub(super) struct Courier {
    pub app_id: String,
    pub instant: Instant,
    pub ledger: Ledger,
    pub signer: SignerSource,
    pub sender: Sender,
    pub origin: Origin,
    /// The first delay.
    pub retry: Duration,
    pub in_flight: InFlight,
}

impl Courier {
    /// Delivers for ever.
    pub async fn run(self: Arc<Self>) {
        let mut running = JoinSet::new();
        loop {
            let pause = match self.launch(&mut running).await {
                Ok(next) => next.map_or(IDLE, |next| until(next).min(IDLE)),
                Err(error) => {
                    tracing::error!(%error, "what webhooks have to deliver could not be read");
                    PAUSE
                }
            };
            tokio::select! {
                () = self.ledger.notes.news() => {}
                () = sleep(pause) => {}
                Some(ended) = running.join_next() => if let Err(error) = ended {
                    tracing::error!(%error, "a delivery ended in a fault");
                    // Without a pause the same fault would come again at once.
                    sleep(PAUSE).await;
                }
            }
        }
    }

    /// Begins as many deliveries as may run; answers when there will be others.
    async fn launch(self: &Arc<Self>, running: &mut JoinSet<()>) -> Result<Option<i64>> {
        let now = time::unix_milliseconds();
        let mut soonest: Option<i64> = None;
        for hook in self.ledger.notes.hooks().iter().filter(|hook| hook.is_active) {
            let flying = self.in_flight.count(&hook.id);
            let free = AT_ONCE.saturating_sub(running.len()).min(AT_ONCE_EACH.saturating_sub(flying));
            let limit = i64::try_from(free + flying).unwrap_or(i64::MAX);
            let (due, next) = self.ledger.due(&hook.id, now, limit).await?;
            soonest = soonest.into_iter().chain(next).min();
            let mut begun = 0;
            for event in due {
                if begun == free {
                    break;
                }
                if let Some(flying) = self.in_flight.enter(&hook.id, event.seq) {
                    begun += 1;
                    running.spawn(self.clone().deliver(hook.clone(), event, flying));
                }
            }
        }
        Ok(soonest)
    }

    async fn deliver(self: Arc<Self>, hook: Arc<Webhook>, event: Event, flying: Flying) {
        let seq = event.seq;
        if let Err(error) = self.attempt(&hook, event).await {
            tracing::error!(webhook = %hook.id, isn = isn(seq), %error, "a delivery could not be made or noted: it is made again");
            sleep(PAUSE).await;
        }
        drop(flying);
    }

    async fn attempt(&self, hook: &Webhook, mut event: Event) -> Result<()> {
        let token = self.token(&hook.id, event.seq).await?;
        let origin = (self.origin)().unwrap_or_else(|| hook.origin.clone());
        let url = format!("{origin}/webhooks/payload/{}/{}/{}", self.app_id, hook.id, isn(event.seq));
        let body = text::to_text(&json!({ "payloadUrl": url, "token": token }));
        let signature = self.signer.signer().await?.sign(time::unix_seconds(), &body);
        let idempotency_key = key_of(&hook.id, event.seq);
        let attempt =
            self.sender.send(Delivery { url: hook.url.clone(), signature, idempotency_key, body }).await;
        self.judge(&mut event, &attempt);
        self.ledger.save(&hook.id, &event).await?;
        if attempt.is_gone() {
            tracing::info!(webhook = %hook.id, "a webhook is switched off: its address answers 410");
            let reason = "The address answered 410 Gone.".to_owned();
            self.ledger.disable(&hook.id, reason).await?;
        }
        Ok(())
    }

    /// What becomes of an event after an attempt.
    fn judge(&self, event: &mut Event, attempt: &Attempt) {
        let tried = event.attempts.len();
        event.add(attempt);
        event.updated = time::unix_milliseconds();
        let retry = i64::try_from(self.retry.as_millis()).unwrap_or(i64::MAX);
        let (status, next) = match DELAYS.get(tried) {
            _ if attempt.is_success() => (status::SUCCESS, None),
            Some(factor) if !attempt.is_gone() => {
                (status::ERROR, Some(event.updated.saturating_add(retry.saturating_mul(*factor))))
            }
            _ => (status::FAILED, None),
        };
        status.clone_into(&mut event.status);
        event.next_attempt = next;
    }

    /// By which the payload of an event can be fetched, for a while.
    async fn token(&self, webhook: &str, seq: i64) -> Result<String> {
        let expires = time::unix_milliseconds() + TOKEN_LIFETIME;
        let key = self.instant.url_key().await?;
        Ok(format!("{TOKEN_PREFIX}{expires}_{}", key.sign(&self.app_id, &place(webhook, seq), expires)))
    }

    /// Whether a token is good for the payload of an event.
    pub async fn is_token(&self, webhook: &str, seq: i64, token: &str) -> Result<bool> {
        let parts = token.strip_prefix(TOKEN_PREFIX).and_then(|rest| rest.split_once('_'));
        let Some((expires, signature)) = parts else { return Ok(false) };
        let key = self.instant.url_key().await?;
        let now = time::unix_milliseconds();
        Ok(key.check(&self.app_id, &place(webhook, seq), expires, signature, now).is_ok())
    }
}

/// What the tokens of deliveries begin with.
pub(super) const TOKEN_PREFIX: &str = "whp_";

/// No file lies there: the same key signs their places.
fn place(webhook: &str, seq: i64) -> String {
    format!("webhook/{webhook}/{seq}")
}

fn until(moment: i64) -> Duration {
    let left = moment.saturating_sub(time::unix_milliseconds()).max(0);
    Duration::from_millis(u64::try_from(left).unwrap_or_default().saturating_add(1))
}
