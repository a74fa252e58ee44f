//! A source that one reader at a time reads, and that anybody may close.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Mutex, Notify};

use crate::link::Closed;

/// Cheap to clone; clones read the same source.
pub(crate) struct Reading<T>(Arc<Inner<T>>);

struct Inner<T> {
    /// Nothing once it is closed.
    source: Mutex<Option<T>>,
    is_closed: AtomicBool,
    told: Notify,
    /// Of the connection, whose end is the end of this too.
    connection: Arc<Closed>,
}

impl<T> Clone for Reading<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Send + 'static> Reading<T> {
    pub(crate) fn new(source: T, connection: Arc<Closed>) -> Self {
        let (is_closed, told) = (AtomicBool::new(false), Notify::new());
        Self(Arc::new(Inner { source: Mutex::new(Some(source)), is_closed, told, connection }))
    }

    /// Reads with `read`, which may be dropped at any point; nothing when the source is closed.
    pub(crate) async fn with<R>(&self, read: impl AsyncFnOnce(&mut T) -> R) -> Option<R> {
        let (told, ended) = (self.0.told.notified(), self.0.connection.told());
        if self.is_closed() {
            return None;
        }
        let reading = async {
            let mut source = self.0.source.lock().await;
            Some(read(source.as_mut()?).await)
        };
        let result = tokio::select! {
            result = reading => result,
            () = told => None,
            () = ended => None,
        };
        if self.is_closed() {
            self.0.source.lock().await.take();
        }
        result
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.0.is_closed.load(Ordering::Acquire) || self.0.connection.is_closed()
    }

    /// Lets the source go; readers that wait get nothing.
    pub(crate) fn close(&self) {
        self.0.is_closed.store(true, Ordering::Release);
        self.0.told.notify_waiters();
        // While somebody reads, it is they who let it go.
        if let Ok(mut source) = self.0.source.try_lock() {
            source.take();
        }
    }
}
