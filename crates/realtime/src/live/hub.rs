//! Who asks what, and when it is asked again.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;

use super::Asker;
use super::entry::Entry;
use super::feed::ChangeFeed;
use super::slot::Slot;
use crate::client::Hangup;

/// Questions that are asked at the same time.
const AT_ONCE: usize = 4;

/// All live questions of one app.
pub struct LiveHub<A: Asker> {
    inner: Arc<Inner<A>>,
    matching: AbortHandle,
}

struct Inner<A: Asker> {
    asker: Arc<A>,
    feed: ChangeFeed,
    entries: Mutex<Entries<A>>,
    turns: Arc<Semaphore>,
}

struct Entries<A: Asker> {
    by_question: HashMap<A::Question, Arc<Entry<A>>>,
    is_closed: bool,
}

/// A question that somebody waits for the answers of; dropping it ends that.
pub struct Live<A: Asker> {
    inner: Arc<Inner<A>>,
    entry: Arc<Entry<A>>,
    slot: Arc<Slot<A::Answer>>,
}

impl<A: Asker> LiveHub<A> {
    /// Begins to look at what `feed` is told. To be called inside a runtime.
    pub fn start(asker: A, feed: ChangeFeed) -> Self {
        let inner = Arc::new(Inner {
            asker: Arc::new(asker),
            feed,
            entries: Mutex::new(Entries { by_question: HashMap::new(), is_closed: false }),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        });
        let matching = tokio::spawn(match_news(inner.clone())).abort_handle();
        Self { inner, matching }
    }

    /// Asks a question, now and from now on. `hangup` ends the transport of one who does not read.
    pub fn ask(&self, question: A::Question, hangup: Hangup) -> Live<A> {
        let inner = self.inner.clone();
        let slot = Arc::new(Slot::new(hangup));
        let entry = {
            let mut entries = inner.entries.lock();
            if entries.is_closed {
                slot.end();
            }
            // Before anything is read: what is committed from now on is told.
            inner.feed.listen(true);
            let known = entries.by_question.entry(question.clone());
            let entry = known.or_insert_with(|| Arc::new(Entry::new(question))).clone();
            entry.join(slot.clone());
            entry
        };
        entry.ask(&inner.asker, &inner.turns);
        Live { inner, entry, slot }
    }

    /// Ends everything; later questions end at once.
    pub fn close(&self) {
        self.matching.abort();
        let mut entries = self.inner.entries.lock();
        entries.is_closed = true;
        for entry in entries.by_question.values() {
            entry.end();
        }
    }
}

impl<A: Asker> Live<A> {
    /// The next answer, `None` at the end.
    pub async fn next(&self) -> Option<Arc<A::Answer>> {
        self.slot.next().await
    }
}

impl<A: Asker> Drop for Live<A> {
    fn drop(&mut self) {
        let mut entries = self.inner.entries.lock();
        if self.entry.leave(&self.slot) {
            entries.by_question.remove(&self.entry.question);
        }
        if entries.by_question.is_empty() {
            self.inner.feed.listen(false);
        }
    }
}

async fn match_news<A: Asker>(inner: Arc<Inner<A>>) {
    loop {
        let news = inner.feed.next().await;
        let entries: Vec<Arc<Entry<A>>> = inner.entries.lock().by_question.values().cloned().collect();
        for entry in entries {
            if entry.is_touched(&news) {
                entry.ask(&inner.asker, &inner.turns);
            }
        }
        // A long run of commits leaves others their turn.
        tokio::task::yield_now().await;
    }
}
