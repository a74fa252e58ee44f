//! The streams of an app, and who is connected to them.

use std::collections::HashMap;
use std::sync::Arc;

use ketch_model::attr::random_uuid;
use ketch_realtime::Hangup;
use parking_lot::Mutex;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::sync::{mpsc, watch};
use tokio::task::AbortHandle;

use super::bell::StreamBell;
use super::message::{Batch, Event};
use super::session::{Session, Speaker};
use crate::error::{Error, Kind, Result};
use crate::live::LiveViewer;
use crate::permissions::Context;
use crate::service::Instant;

/// Events that wait for one session.
const EVENTS: usize = 16;
/// Requests that wait for one session; more wait for their answer.
const BATCHES: usize = 4;

/// The streams of one app.
pub struct Streams {
    inner: Arc<Inner>,
    removal: AbortHandle,
}

struct Inner {
    instant: Instant,
    bell: StreamBell,
    sessions: Mutex<HashMap<String, Entrance>>,
    closing: watch::Sender<bool>,
}

/// The way into a session.
struct Entrance {
    secret: [u8; 32],
    batches: mpsc::Sender<Batch>,
}

/// A session, which ends when it is dropped.
pub struct StreamSession {
    pub id: String,
    /// Who knows it may speak in the session.
    pub secret: String,
    inner: Arc<Inner>,
    events: mpsc::Receiver<Event>,
    closing: watch::Receiver<bool>,
}

impl Streams {
    /// To be called inside a runtime; `bell` must be a sink of the app's records.
    pub fn start(instant: Instant, bell: StreamBell) -> Self {
        let removal = tokio::spawn(instant.clone().remove_deleted_streams(bell.clone())).abort_handle();
        let (sessions, closing) = (Mutex::default(), watch::Sender::new(false));
        Self { inner: Arc::new(Inner { instant, bell, sessions, closing }), removal }
    }

    /// Begins a session. `hangup` ends the transport of one who does not read.
    pub fn open(&self, viewer: LiveViewer, context: Context, hangup: Hangup) -> StreamSession {
        let (id, secret) = (random_uuid(), random_uuid());
        let (events, taken) = mpsc::channel(EVENTS);
        let (batches, told) = mpsc::channel(BATCHES);
        let Inner { instant, bell, .. } = &*self.inner;
        let speaker = Speaker { viewer, context };
        let session = Session::new(id.clone(), instant.clone(), bell.clone(), speaker, events, hangup);
        tokio::spawn(session.run(told));
        self.inner.sessions.lock().insert(id.clone(), Entrance { secret: hash_of(&secret), batches });
        let closing = self.inner.closing.subscribe();
        StreamSession { id, secret, inner: self.inner.clone(), events: taken, closing }
    }

    /// Hands a session what a client wants of it; waits while the session is behind.
    ///
    /// # Errors
    /// `session-missing` for a session that has ended, or whose secret this is not.
    pub async fn push(&self, session: &str, secret: &str, batch: Batch) -> Result<()> {
        let missing = || {
            let message = "There is no such session: connect again.";
            Error::new(Kind::SessionMissing, message, json!({ "sess-id": session }))
        };
        let batches = {
            let sessions = self.inner.sessions.lock();
            let entrance = sessions.get(session).filter(|entrance| entrance.secret == hash_of(secret));
            entrance.map(|entrance| entrance.batches.clone()).ok_or_else(missing)?
        };
        batches.send(batch).await.map_err(|_| missing())
    }

    /// Removes bytes whose stream is there no more.
    ///
    /// # Errors
    /// The store's.
    pub async fn sweep(&self) -> Result<()> {
        self.inner.instant.remove_orphaned_stream_bytes().await
    }

    /// Ends all sessions; later ones end at once.
    pub fn close(&self) {
        self.inner.closing.send_replace(true);
        self.inner.sessions.lock().clear();
        self.removal.abort();
    }
}

impl StreamSession {
    /// The next event, `None` at the end.
    pub async fn next(&mut self) -> Option<Event> {
        tokio::select! {
            event = self.events.recv() => event,
            _ = self.closing.wait_for(|closing| *closing) => None,
        }
    }
}

impl Drop for StreamSession {
    fn drop(&mut self) {
        self.inner.sessions.lock().remove(&self.id);
    }
}

fn hash_of(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}
