//! Calls without `async`.
//!
//! Every [`Call`](crate::Call) can be waited for instead of awaited, and every stream can be read
//! with [`iterate`]: there is one client for both worlds. Behind it runs a small runtime of its own,
//! made at the first use. It works from any thread, inside other async runtimes too, and after a
//! `fork`, where the child gets a runtime and connections of its own.
//!
//! ```no_run
//! use ketch_client::blocking;
//! use ketch_client::pocketbase::{Client, Record};
//!
//! # fn main() -> ketch_client::Result<()> {
//! let client = Client::new("http://127.0.0.1:8090")?;
//! let page = client.collection("posts").get_list::<Record>(1, 30).sort("-created").wait()?;
//!
//! let changes = client.collection("posts").subscribe::<Record>("*").wait()?;
//! for change in blocking::iterate(changes) {
//!     println!("{change:?}");
//! }
//! # Ok(()) }
//! ```

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use futures_util::{Stream, StreamExt};
use tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};
use tokio::task::AbortHandle;

use crate::error::{Error, ErrorKind, Result};
use crate::process::PerProcess;

static RUNTIME: PerProcess<io::Result<Runtime>> = PerProcess::new();

fn runtime() -> Result<&'static Runtime> {
    let runtime = RUNTIME.get_or_init(|| {
        Builder::new_multi_thread().worker_threads(2).thread_name("ketch-client").enable_all().build()
    });
    runtime.as_ref().map_err(|error| {
        Error::new(ErrorKind::Connect, format!("cannot start the threads that calls run on: {error}"))
    })
}

/// A call under way on a background thread. Dropping it cancels the call.
#[derive(Debug)]
pub struct Pending<T> {
    result: Receiver<Result<T>>,
    task: Option<AbortHandle>,
}

impl<T> Pending<T> {
    /// Blocks until the result is there.
    ///
    /// # Errors
    ///
    /// As the call itself.
    pub fn wait(self) -> Result<T> {
        pausing(|| self.result.recv()).unwrap_or_else(|_| Err(lost()))
    }

    /// Blocks for `time` at most; nothing when the result is not there by then. With it a caller can
    /// look after other things, such as a pressed Ctrl-C, and go on waiting.
    pub fn wait_for(&mut self, time: Duration) -> Option<Result<T>> {
        match pausing(|| self.result.recv_timeout(time)) {
            Ok(result) => Some(result),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Err(lost())),
        }
    }

    /// Cancels the call.
    pub fn cancel(self) {}
}

impl<T> Drop for Pending<T> {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// The background threads, for tasks of one's own.
///
/// # Errors
///
/// [`ErrorKind::Connect`] when the system refuses the threads.
pub fn handle() -> Result<Handle> {
    runtime().map(|runtime| runtime.handle().clone())
}

/// A future that is polled on whichever thread waits for it: nothing is handed to another thread
/// but the watching of sockets and clocks. Dropping it cancels it.
#[must_use = "a future does nothing unless it is waited for"]
pub struct Here<F> {
    future: Option<Pin<Box<F>>>,
    runtime: Handle,
}

impl<F: Future> Here<F> {
    /// A future that needs sockets or clocks of the background threads.
    ///
    /// # Errors
    ///
    /// As for [`handle`].
    pub fn new(future: F) -> Result<Self> {
        Ok(Self::on(handle()?, future))
    }

    /// A future that belongs to another runtime.
    pub fn on(runtime: Handle, future: F) -> Self {
        Self { future: Some(Box::pin(future)), runtime }
    }

    /// Polls for `time` at most; nothing when the result is not there by then, or was taken already.
    pub fn wait_for(&mut self, time: Duration) -> Option<F::Output> {
        let future = self.future.as_mut()?;
        let output = {
            let _entered = self.runtime.enter();
            poll_until(future.as_mut(), Instant::now() + time)?
        };
        self.future = None;
        Some(output)
    }
}

impl<F> Drop for Here<F> {
    fn drop(&mut self) {
        // What a future leaves behind may want to be finished by a task.
        let _entered = self.runtime.enter();
        self.future = None;
    }
}

impl<F> std::fmt::Debug for Here<F> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Here")
    }
}

struct Unpark {
    thread: Thread,
    is_due: AtomicBool,
}

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_due.swap(true, Ordering::AcqRel) {
            self.thread.unpark();
        }
    }
}

fn poll_until<F: Future>(mut future: Pin<&mut F>, moment: Instant) -> Option<F::Output> {
    let unpark = Arc::new(Unpark { thread: thread::current(), is_due: AtomicBool::new(true) });
    let waker = Waker::from(unpark.clone());
    let mut context = Context::from_waker(&waker);
    loop {
        if unpark.is_due.swap(false, Ordering::AcqRel)
            && let Poll::Ready(output) = future.as_mut().poll(&mut context)
        {
            return Some(output);
        }
        let rest = moment.saturating_duration_since(Instant::now());
        if rest.is_zero() {
            return None;
        }
        if !unpark.is_due.load(Ordering::Acquire) {
            pausing(|| thread::park_timeout(rest));
        }
    }
}

/// Runs `future` on the background threads.
pub fn start<T: Send + 'static>(future: impl Future<Output = Result<T>> + Send + 'static) -> Pending<T> {
    let (sender, result) = sync_channel(1);
    let task = match runtime() {
        Ok(runtime) => {
            let task = runtime.spawn(async move {
                let _ = sender.send(future.await);
            });
            Some(task.abort_handle())
        }
        Err(error) => {
            let _ = sender.send(Err(error));
            None
        }
    };
    Pending { result, task }
}

/// Reads a stream from a plain loop; see [`Iter`].
pub fn iterate<S>(stream: S) -> Iter<S>
where
    S: Stream + Send + Unpin + 'static,
    S::Item: Send + 'static,
{
    Iter { stream: Some(stream), pending: None }
}

/// The items of a stream, one after the other; each step blocks until the next one is there.
#[derive(Debug)]
pub struct Iter<S: Stream> {
    stream: Option<S>,
    pending: Option<Pending<(Option<S::Item>, S)>>,
}

impl<S> Iter<S>
where
    S: Stream + Send + Unpin + 'static,
    S::Item: Send + 'static,
{
    /// The next item if it comes within `time`: `None` when it did not, `Some(None)` at the end.
    pub fn next_for(&mut self, time: Duration) -> Option<Option<S::Item>> {
        if self.pending.is_none() {
            let Some(mut stream) = self.stream.take() else {
                return Some(None);
            };
            self.pending = Some(start(async move {
                let item = stream.next().await;
                Ok((item, stream))
            }));
        }
        let result = self.pending.as_mut()?.wait_for(time)?;
        self.pending = None;
        // An error can only mean that this process cannot run anything any more.
        let Ok((item, stream)) = result else {
            return Some(None);
        };
        if item.is_some() {
            self.stream = Some(stream);
        }
        Some(item)
    }
}

impl<S> Iterator for Iter<S>
where
    S: Stream + Send + Unpin + 'static,
    S::Item: Send + 'static,
{
    type Item = S::Item;

    fn next(&mut self) -> Option<S::Item> {
        loop {
            if let Some(item) = self.next_for(Duration::from_secs(3600)) {
                return item;
            }
        }
    }
}

/// Blocks this thread; on a worker of a runtime, after the worker's other tasks have moved elsewhere.
fn pausing<T>(wait: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(wait),
        _ => wait(),
    }
}

fn lost() -> Error {
    Error::new(ErrorKind::Aborted, "the call ended without a result")
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    #[test]
    fn plain_threads_wait_for_futures_and_streams() {
        assert_eq!(start(async { Ok(7) }).wait().unwrap(), 7);
        assert_eq!(iterate(stream::iter([1, 2])).collect::<Vec<_>>(), [1, 2]);
    }

    #[test]
    fn waiting_can_be_done_in_slices_and_given_up() {
        let mut pending = start(futures_util::future::pending::<Result<()>>());
        assert!(pending.wait_for(Duration::from_millis(5)).is_none());
        pending.cancel();
        let mut items = iterate(Box::pin(stream::pending::<u8>()));
        assert!(items.next_for(Duration::from_millis(5)).is_none());
    }

    #[test]
    fn futures_can_be_polled_where_they_are_waited_for() {
        let slow = async {
            tokio::time::sleep(Duration::from_millis(30)).await;
            thread::current().id()
        };
        let mut here = Here::new(slow).unwrap();
        assert!(here.wait_for(Duration::from_millis(1)).is_none());
        assert_eq!(here.wait_for(Duration::from_secs(60)), Some(thread::current().id()));
        assert_eq!(here.wait_for(Duration::ZERO), None);
    }

    #[tokio::test]
    async fn a_single_threaded_runtime_may_wait_too() {
        assert_eq!(start(async { Ok(7) }).wait().unwrap(), 7);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn so_may_a_threaded_one_and_a_task_of_the_background_threads() {
        assert_eq!(start(async { Ok(7) }).wait().unwrap(), 7);
        assert_eq!(start(async { start(async { Ok(8) }).wait() }).wait().unwrap(), 8);
    }
}
