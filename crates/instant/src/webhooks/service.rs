//! The webhooks of an app.

use std::sync::Arc;
use std::time::Duration;

use ketch_model::attr::random_uuid;
use ketch_model::{Value, time};
use ketch_store::{Store, StoreError};
use parking_lot::Mutex;
use serde_json::json;
use tokio::task::AbortHandle;

use super::delivery::{Courier, InFlight, TOKEN_PREFIX};
use super::event::{Event, Page, isn, seq_of};
use super::hook::{Submission, Webhook};
use super::ledger::Ledger;
use super::notes::WebhookNotes;
use super::sender::{Sender, not_public};
use super::signer::SignerSource;
use crate::error::{Error, Kind, Result};
use crate::service::Instant;

/// Webhooks that an app may have.
const MOST: usize = 100;
/// Events of one page.
const PAGE: usize = 50;

/// How an app's webhooks are served.
pub struct Setting {
    pub app_id: String,
    /// Where this server is reached, if the operator has said so: `https://host`.
    pub origin: Box<dyn Fn() -> Option<String> + Send + Sync>,
    /// Deliveries go to public addresses only, by https.
    pub public_only: bool,
    /// How long after the first failed attempt the next one comes; later ones wait longer.
    pub retry: Duration,
}

/// The webhooks of one app. Nothing is delivered before [`Webhooks::start`].
pub struct Webhooks {
    ledger: Ledger,
    courier: Arc<Courier>,
    public_only: bool,
    delivering: Mutex<Option<AbortHandle>>,
}

impl Webhooks {
    /// Reads the stored webhooks. `notes` must be a sink of the app's records.
    ///
    /// # Errors
    /// The store's.
    pub async fn open(
        instant: Instant,
        store: Arc<dyn Store>,
        notes: WebhookNotes,
        signer: SignerSource,
        setting: Setting,
    ) -> Result<Self, StoreError> {
        let ledger = Ledger { store, notes };
        ledger.load().await?;
        let Setting { app_id, origin, public_only, retry } = setting;
        let courier = Courier {
            app_id,
            instant,
            ledger: ledger.clone(),
            signer,
            sender: Sender::new(public_only),
            origin,
            retry,
            in_flight: InFlight::default(),
        };
        Ok(Self { ledger, courier: Arc::new(courier), public_only, delivering: Mutex::default() })
    }

    /// Begins to deliver. To be called inside a runtime.
    pub fn start(&self) {
        let running = tokio::spawn(self.courier.clone().run()).abort_handle();
        if let Some(before) = self.delivering.lock().replace(running) {
            before.abort();
        }
    }

    /// Ends deliveries; what was under way is made again later.
    pub fn close(&self) {
        if let Some(running) = self.delivering.lock().take() {
            running.abort();
        }
    }

    /// Where the key of signatures is.
    pub fn signer(&self) -> &SignerSource {
        &self.courier.signer
    }

    /// The public keys of signatures, as a set of JWKs.
    ///
    /// # Errors
    /// The store's.
    pub async fn keys(&self) -> Result<Value> {
        Ok(json!({ "keys": [self.courier.signer.signer().await?.jwk()] }))
    }

    /// All webhooks as clients get them, oldest first.
    pub fn list(&self) -> Vec<Value> {
        self.ledger.notes.hooks().iter().map(|hook| hook.to_json()).collect()
    }

    /// Makes a webhook. `origin` is where the client reached this server.
    ///
    /// # Errors
    /// An address that this app may not have, or that there are enough.
    pub async fn create(&self, submission: Submission, origin: String) -> Result<Value> {
        self.check_address(&submission)?;
        let (id, now) = (random_uuid(), time::unix_milliseconds());
        let make = move |hooks: &mut Vec<Webhook>| {
            if hooks.len() >= MOST {
                let message = format!("An app may have {MOST} webhooks.");
                return Err(Error::new(Kind::ParameterLimitExceeded, message, Value::Null));
            }
            let hook = Webhook::new(id, submission, origin, now);
            let answer = hook.to_json();
            hooks.push(hook);
            Ok(answer)
        };
        self.ledger.change(make).await
    }

    /// Changes what the submission says.
    ///
    /// # Errors
    /// As of [`Webhooks::create`]; `record-not-found`.
    pub async fn update(&self, id: &str, submission: Submission, origin: String) -> Result<Value> {
        self.check_address(&submission)?;
        self.change(id, move |hook, now| hook.change(submission, origin, now)).await
    }

    /// Lets a webhook be told again, also of what waits since it was switched off.
    ///
    /// # Errors
    /// `record-not-found`.
    pub async fn enable(&self, id: &str) -> Result<Value> {
        self.change(id, Webhook::enable).await
    }

    /// Tells a webhook nothing any more.
    ///
    /// # Errors
    /// `record-not-found`.
    pub async fn disable(&self, id: &str, reason: Option<String>) -> Result<Value> {
        self.change(id, move |hook, now| hook.disable(reason.as_deref(), now)).await
    }

    /// Removes a webhook with what it has to deliver.
    ///
    /// # Errors
    /// `record-not-found`.
    pub async fn delete(&self, id: &str) -> Result<Value> {
        let doomed = id.to_owned();
        let remove = move |hooks: &mut Vec<Webhook>| {
            let place = hooks.iter().position(|hook| hook.id == doomed).ok_or_else(|| missing(&doomed))?;
            Ok(hooks.remove(place).to_json())
        };
        let deleted = self.ledger.change(remove).await?;
        self.ledger.delete_events(id).await?;
        Ok(deleted)
    }

    /// A page of events, newest first; `after` is the name of the last one of the page before.
    ///
    /// # Errors
    /// `record-not-found`, `param-malformed`.
    pub async fn events(&self, id: &str, after: Option<&str>) -> Result<Page> {
        self.find(id)?;
        let before = after.map_or(Ok(i64::MAX), |after| seq_of(after, &["params", "after"]))?;
        let mut events =
            self.ledger.events_before(id, before, 1 + i64::try_from(PAGE).unwrap_or(i64::MAX)).await?;
        let has_more = events.len() > PAGE;
        events.truncate(PAGE);
        let name = |event: Option<&Event>| event.map(|event| isn(event.seq));
        Ok(Page {
            first: name(events.first()),
            last: name(events.last()),
            has_more,
            events: events.iter().map(|event| self.shown(id, event)).collect(),
        })
    }

    /// One event as clients get it.
    ///
    /// # Errors
    /// `record-not-found`, `param-malformed`.
    pub async fn event(&self, id: &str, isn: &str) -> Result<Value> {
        let (event, _) = self.stored(id, isn).await?;
        Ok(self.shown(id, &event))
    }

    /// What an event tells, as JSON text.
    ///
    /// # Errors
    /// As of [`Webhooks::event`].
    pub async fn payload(&self, id: &str, isn: &str) -> Result<String> {
        Ok(self.stored(id, isn).await?.1)
    }

    /// Delivers an event again, at once.
    ///
    /// # Errors
    /// As of [`Webhooks::event`]; `validation-failed` for a webhook that is switched off.
    pub async fn resend(&self, id: &str, isn: &str) -> Result<Value> {
        let (mut event, _) = self.stored(id, isn).await?;
        if !self.find(id)?.is_active {
            let message = "The webhook is disabled: enable it before its events are sent again.";
            return Err(Error::validation("webhook", &id.into(), message));
        }
        if !self.courier.in_flight.holds(id, event.seq) {
            event.renew(time::unix_milliseconds());
            self.ledger.save(id, &event).await?;
            self.ledger.notes.wake();
        }
        Ok(self.shown(id, &event))
    }

    /// Whether a bearer looks like the token of a delivery.
    pub fn is_token_like(bearer: &str) -> bool {
        bearer.starts_with(TOKEN_PREFIX)
    }

    /// Whether the token of a delivery is good for an event.
    ///
    /// # Errors
    /// The store's, `param-malformed`.
    pub async fn is_token(&self, id: &str, isn: &str, token: &str) -> Result<bool> {
        self.courier.is_token(id, seq_of(isn, &["params", "isn"])?, token).await
    }

    /// Forgets old events, and switches off webhooks that take nothing.
    ///
    /// # Errors
    /// The store's.
    pub async fn tidy(&self) -> Result<()> {
        self.ledger.tidy().await
    }

    fn shown(&self, id: &str, event: &Event) -> Value {
        event.to_json(self.courier.in_flight.holds(id, event.seq))
    }

    async fn stored(&self, id: &str, isn: &str) -> Result<(Event, String)> {
        self.find(id)?;
        let seq = seq_of(isn, &["params", "isn"])?;
        let found = self.ledger.event(id, seq).await?;
        found.ok_or_else(|| Error::not_found("webhook-event", json!({ "webhook-id": id, "isn": isn })))
    }

    fn find(&self, id: &str) -> Result<Arc<Webhook>> {
        self.ledger.find(id).ok_or_else(|| missing(id))
    }

    async fn change(
        &self,
        id: &str,
        change: impl FnOnce(&mut Webhook, i64) + Send + 'static,
    ) -> Result<Value> {
        let (id, now) = (id.to_owned(), time::unix_milliseconds());
        let run = move |hooks: &mut Vec<Webhook>| {
            let hook = hooks.iter_mut().find(|hook| hook.id == id).ok_or_else(|| missing(&id))?;
            change(hook, now);
            Ok(hook.to_json())
        };
        self.ledger.change(run).await
    }

    fn check_address(&self, submission: &Submission) -> Result<()> {
        let Some(url) = submission.url().filter(|_| self.public_only) else { return Ok(()) };
        match not_public(url) {
            None => Ok(()),
            Some(why) => Err(Error::validation("webhook", &url.into(), why)),
        }
    }
}

fn missing(id: &str) -> Error {
    Error::not_found("webhook", json!({ "id": id }))
}
