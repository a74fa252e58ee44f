//! What waits for one who asked: the newest answer, nothing else.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::Asked;
use crate::client::Hangup;

/// Who has not taken an answer for so long when the next one comes is cut.
const STALL: Duration = Duration::from_secs(30);

pub(super) struct Slot<T> {
    state: Mutex<State<T>>,
    wake: Notify,
    hangup: Hangup,
}

struct State<T> {
    /// Not taken yet, and since when.
    waiting: Option<(Arc<T>, Instant)>,
    /// Of the answer that was given last.
    digest: Option<[u8; 32]>,
    is_over: bool,
}

impl<T> Slot<T> {
    pub fn new(hangup: Hangup) -> Self {
        let state = State { waiting: None, digest: None, is_over: false };
        Self { state: Mutex::new(state), wake: Notify::new(), hangup }
    }

    /// Gives an answer, unless it is the one that was given before.
    pub fn offer(&self, asked: &Asked<T>) {
        let mut state = self.state.lock();
        if state.is_over {
            return;
        }
        if state.digest != Some(asked.digest) {
            let since = state.waiting.as_ref().map(|(_, since)| *since);
            if since.is_some_and(|since| since.elapsed() >= STALL) {
                state.is_over = true;
                state.waiting = None;
                drop(state);
                self.wake.notify_one();
                self.hangup.now();
                return;
            }
            state.digest = Some(asked.digest);
            state.waiting = Some((asked.answer.clone(), since.unwrap_or_else(Instant::now)));
        }
        state.is_over |= asked.is_last;
        drop(state);
        self.wake.notify_one();
    }

    /// Whether there was an answer, taken or not.
    pub fn is_answered(&self) -> bool {
        self.state.lock().digest.is_some()
    }

    /// Nothing more comes.
    pub fn end(&self) {
        self.state.lock().is_over = true;
        self.wake.notify_one();
    }

    /// The next answer, `None` at the end. One taker at a time.
    pub async fn next(&self) -> Option<Arc<T>> {
        loop {
            {
                let mut state = self.state.lock();
                if let Some((answer, _)) = state.waiting.take() {
                    return Some(answer);
                }
                if state.is_over {
                    return None;
                }
            }
            self.wake.notified().await;
        }
    }
}
