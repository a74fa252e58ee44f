//! Which streams somebody writes or reads, and which were deleted.

use std::collections::HashMap;
use std::mem;
use std::sync::{Arc, Weak};

use ketch_model::attr::STREAMS;
use ketch_records::ChangeSink;
use ketch_store::{Change, ChangeKind};
use parking_lot::Mutex;
use tokio::sync::Notify;

use super::channel::Channel;

/// A sink of changes that knows of streams. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct StreamBell {
    inner: Arc<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    channels: Mutex<Channels>,
    deleted: Mutex<Vec<String>>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Channels {
    by_stream: HashMap<String, Weak<Channel>>,
    /// The number of entries at which those that nobody holds are looked for.
    tidied_at: usize,
}

impl StreamBell {
    /// The channel of a stream, as long as somebody holds it.
    pub(super) fn channel(&self, stream: &str) -> Arc<Channel> {
        let mut channels = self.inner.channels.lock();
        if let Some(channel) = channels.by_stream.get(stream).and_then(Weak::upgrade) {
            return channel;
        }
        if channels.by_stream.len() >= channels.tidied_at {
            channels.by_stream.retain(|_, channel| channel.strong_count() > 0);
            channels.tidied_at = 2 * channels.by_stream.len() + 64;
        }
        let channel = Arc::new(Channel::new());
        channels.by_stream.insert(stream.to_owned(), Arc::downgrade(&channel));
        channel
    }

    /// The streams that were deleted and whose bytes may be there still.
    pub(super) async fn deleted(&self) -> Vec<String> {
        loop {
            let deleted = mem::take(&mut *self.inner.deleted.lock());
            if !deleted.is_empty() {
                return deleted;
            }
            self.inner.wake.notified().await;
        }
    }
}

impl ChangeSink for StreamBell {
    fn committed(&self, changes: &[Change]) {
        for change in changes {
            let (ChangeKind::Delete, Some(before)) = (change.kind, &change.before) else { continue };
            if before.collection.name != STREAMS {
                continue;
            }
            let known = self.inner.channels.lock().by_stream.get(before.id()).and_then(Weak::upgrade);
            if let Some(channel) = known {
                channel.wake();
            }
            self.inner.deleted.lock().push(before.id().to_owned());
            self.inner.wake.notify_one();
        }
    }
}
