//! Cancelling calls by their keys.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot::{self, error::TryRecvError};

use crate::error::{Error, Result};

/// The pending calls that have a key. Cheap to clone; clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Keys(Arc<Mutex<Pending>>);

#[derive(Debug, Default)]
struct Pending {
    calls: HashMap<String, (u64, oneshot::Sender<()>)>,
    next: u64,
}

impl Keys {
    /// Runs a call under `key`; a pending one with the same key is cancelled first.
    pub(crate) async fn run<T>(
        &self,
        key: Option<String>,
        call: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        self.enter(key).run(call).await
    }

    /// Cancels the pending call with this key, and takes its place for a call that is about to begin.
    pub fn enter(&self, key: Option<String>) -> Turn {
        let place = key.map(|key| {
            let (sender, cancelled) = oneshot::channel();
            let mut pending = self.lock();
            pending.next += 1;
            let number = pending.next;
            // Dropping the earlier sender is what cancels the earlier call.
            pending.calls.insert(key.clone(), (number, sender));
            (Place { keys: self.clone(), key, number }, cancelled)
        });
        Turn(place)
    }

    /// Cancels the pending call with this key.
    pub fn cancel(&self, key: &str) {
        self.lock().calls.remove(key);
    }

    /// Cancels all pending calls that have a key.
    pub fn cancel_all(&self) {
        self.lock().calls.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a call under its key. It is given up when the call ends, or when this is dropped.
#[derive(Debug)]
#[must_use = "the place is given up when this is dropped"]
pub struct Turn(Option<(Place, oneshot::Receiver<()>)>);

impl Turn {
    /// Runs the call until it is done or cancelled.
    ///
    /// # Errors
    ///
    /// Those of the call, and [`ErrorKind::Aborted`](crate::ErrorKind::Aborted).
    pub async fn run<T>(self, call: impl Future<Output = Result<T>>) -> Result<T> {
        let Some((_place, mut cancelled)) = self.0 else {
            return call.await;
        };
        let result = tokio::select! {
            biased;
            _ = &mut cancelled => return Err(Error::aborted()),
            result = call => result,
        };
        // Cancelled while the answer was being taken: the newer call must be the only one with an answer.
        match cancelled.try_recv() {
            Err(TryRecvError::Empty) => result,
            Ok(()) | Err(TryRecvError::Closed) => Err(Error::aborted()),
        }
    }
}

/// Takes a call off the list when it ends, also when its future is dropped.
#[derive(Debug)]
struct Place {
    keys: Keys,
    key: String,
    number: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut pending = self.keys.lock();
        if pending.calls.get(&self.key).is_some_and(|(number, _)| *number == self.number) {
            pending.calls.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_last_call_with_a_key_wins() {
        let keys = Keys::default();
        let call = |value: u8| {
            keys.run(Some("k".to_owned()), async move {
                tokio::task::yield_now().await;
                Ok(value)
            })
        };
        let (first, second, third) = tokio::join!(call(1), call(2), call(3));
        assert!(first.unwrap_err().is_abort() && second.unwrap_err().is_abort());
        assert_eq!(third.unwrap(), 3);
        assert!(keys.lock().calls.is_empty());
    }

    #[tokio::test]
    async fn calls_can_be_cancelled_by_name_and_all_at_once() {
        let keys = Keys::default();
        let hang = |key: &str| keys.run(Some(key.to_owned()), std::future::pending::<Result<()>>());
        let (first, second, ()) = tokio::join!(hang("a"), hang("b"), async {
            keys.cancel("unknown");
            keys.cancel("a");
            keys.cancel_all();
        });
        assert!(first.unwrap_err().is_abort() && second.unwrap_err().is_abort());
    }
}
