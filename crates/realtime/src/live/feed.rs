//! What was committed and not looked at yet.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ketch_records::ChangeSink;
use ketch_store::Change;
use parking_lot::Mutex;
use tokio::sync::Notify;

/// More changes than these are as good as all: every question is asked again.
const MAX_WAITING: usize = 10_000;

/// A sink of changes that keeps them until the live hub takes them. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct ChangeFeed {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// Whether somebody takes what comes.
    listens: AtomicBool,
    news: Mutex<News>,
    wake: Notify,
}

/// What happened since the last look.
#[derive(Debug, Default)]
pub(super) struct News {
    pub changes: Vec<Change>,
    /// Something else than records, or more than is told here.
    pub everything: bool,
}

impl ChangeFeed {
    pub(super) fn listen(&self, listens: bool) {
        self.inner.listens.store(listens, Ordering::SeqCst);
    }

    pub(super) async fn next(&self) -> News {
        loop {
            let news = mem::take(&mut *self.inner.news.lock());
            if news.everything || !news.changes.is_empty() {
                return news;
            }
            self.inner.wake.notified().await;
        }
    }
}

impl ChangeSink for ChangeFeed {
    fn committed(&self, changes: &[Change]) {
        if !self.inner.listens.load(Ordering::SeqCst) {
            return;
        }
        let mut news = self.inner.news.lock();
        if news.everything {
            return;
        }
        if news.changes.len() + changes.len() > MAX_WAITING {
            *news = News { changes: Vec::new(), everything: true };
        } else {
            news.changes.extend_from_slice(changes);
        }
        drop(news);
        self.inner.wake.notify_one();
    }

    fn outdated(&self) {
        if self.inner.listens.load(Ordering::SeqCst) {
            *self.inner.news.lock() = News { changes: Vec::new(), everything: true };
            self.inner.wake.notify_one();
        }
    }
}
