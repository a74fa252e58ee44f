//! Calls: made now, sent when awaited.

use std::future::IntoFuture;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::blocking::{self, Pending};
use crate::error::Result;
use crate::options::{Options, option_setters};

type Run<T> = Box<dyn FnOnce(Options) -> BoxFuture<'static, Result<T>> + Send>;

/// A call that is ready to be sent: set its options, then `.await` it or [`wait`](Call::wait) for it.
///
/// Dropping the future cancels the call.
///
/// ```no_run
/// use ketch_client::pocketbase::{Client, Record};
///
/// # async fn example(client: Client) -> ketch_client::Result<()> {
/// let post: Record = client.collection("posts").get_one("RECORD_ID").expand("author").await?;
/// # Ok(()) }
/// # fn blocking(client: Client) -> ketch_client::Result<()> {
/// let post: Record = client.collection("posts").get_one("RECORD_ID").expand("author").wait()?;
/// # Ok(()) }
/// ```
#[must_use = "a call is only sent when it is awaited or waited for"]
pub struct Call<T> {
    options: Options,
    run: Run<T>,
}

impl<T: Send + 'static> Call<T> {
    pub(crate) fn new<F>(run: impl FnOnce(Options) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        Self { options: Options::new(), run: Box::new(move |options| run(options).boxed()) }
    }

    /// Uses these options instead of those set so far.
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    fn options_mut(&mut self) -> &mut Options {
        &mut self.options
    }

    /// Sends the call and blocks this thread until its result is there.
    ///
    /// May be called from any thread, inside and outside of async runtimes; inside it holds up what
    /// else runs on the thread, so there `.await` is better.
    ///
    /// # Errors
    ///
    /// As the call itself.
    pub fn wait(self) -> Result<T> {
        self.start().wait()
    }

    /// Sends the call on a background thread and returns at once: to wait for it bit by bit.
    pub fn start(self) -> Pending<T> {
        blocking::start(self.into_future())
    }

    /// As [`wait`](Self::wait), but for `timeout` at most, which a [`timeout`](Self::timeout) set before gives way to.
    ///
    /// # Errors
    ///
    /// As the call itself.
    pub fn wait_at_most(self, timeout: Duration) -> Result<T> {
        self.timeout(timeout).wait()
    }
}

option_setters!(<T: Send + 'static> Call<T>);

impl<T> IntoFuture for Call<T> {
    type Output = Result<T>;
    type IntoFuture = BoxFuture<'static, Result<T>>;

    fn into_future(self) -> Self::IntoFuture {
        (self.run)(self.options)
    }
}

impl<T> std::fmt::Debug for Call<T> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Call").field("options", &self.options).finish_non_exhaustive()
    }
}
