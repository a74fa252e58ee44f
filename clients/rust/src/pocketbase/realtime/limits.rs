//! What whoever uses a connection has set, for connections to come.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::event::Observer;

pub(crate) struct Limits {
    connect_timeout_ms: AtomicU64,
    reconnects: AtomicU32,
    observer: Mutex<Option<Observer>>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect_timeout_ms: AtomicU64::new(15_000),
            reconnects: AtomicU32::new(u32::MAX),
            observer: Mutex::default(),
        }
    }
}

impl Limits {
    pub(crate) fn connect_timeout(&self) -> Duration {
        Duration::from_millis(self.connect_timeout_ms.load(Ordering::Relaxed))
    }

    pub(crate) fn set_connect_timeout(&self, timeout: Duration) {
        let millis = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        self.connect_timeout_ms.store(millis, Ordering::Relaxed);
    }

    /// How many tries to reconnect there may be one after the other.
    pub(crate) fn reconnects(&self) -> u32 {
        self.reconnects.load(Ordering::Relaxed)
    }

    pub(crate) fn set_reconnects(&self, most: u32) {
        self.reconnects.store(most, Ordering::Relaxed);
    }

    pub(crate) fn observer(&self) -> Option<Observer> {
        self.observer.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set_observer(&self, observer: Option<Observer>) {
        *self.observer.lock().unwrap_or_else(PoisonError::into_inner) = observer;
    }
}
