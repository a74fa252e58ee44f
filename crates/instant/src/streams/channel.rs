//! A stream that somebody writes or reads now.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::watch;

use super::message::End;

/// What was committed last.
#[derive(Debug, Clone)]
pub(super) struct Latest {
    /// The place of its first byte.
    pub start: i64,
    pub text: Arc<str>,
    pub end: Option<End>,
}

#[derive(Debug, Default)]
pub(super) struct Progress {
    pub latest: Option<Latest>,
}

#[derive(Debug)]
pub(super) struct Channel {
    progress: watch::Sender<Progress>,
    /// The session that writes. Changed and asked on the store's writer, so that what another
    /// session has begun comes before or after a change, never beside it.
    writer: Mutex<Option<String>>,
}

impl Channel {
    pub fn new() -> Self {
        Self { progress: watch::Sender::new(Progress::default()), writer: Mutex::default() }
    }

    /// Wakes readers for what was committed.
    pub fn tell(&self, latest: Latest) {
        self.progress.send_modify(|progress| progress.latest = Some(latest));
    }

    /// Wakes readers to look for themselves.
    pub fn wake(&self) {
        self.progress.send_modify(|progress| progress.latest = None);
    }

    pub fn follow(&self) -> watch::Receiver<Progress> {
        self.progress.subscribe()
    }

    /// Lets a session write, and no other any more.
    pub fn take(&self, session: &str) {
        *self.writer.lock() = Some(session.to_owned());
    }

    pub fn is_written_by(&self, session: &str) -> bool {
        self.writer.lock().as_deref() == Some(session)
    }
}
