//! The client itself: how it is set up, and calls of any route.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::auth_store::{AuthState, AuthStore, MemoryAuthStore};
use super::core::{AutoRefresh, Core, How, Outgoing, to_json};
use super::download::Download;
use super::hooks::Hooks;
use super::realtime::Realtime;
use crate::call::Call;
use crate::error::{Error, Result};
use crate::exchange::{Exchange, RetryPolicy};
use crate::transport::{Http, Transport};

/// A client of a server with the PocketBase interface.
///
/// Cheap to clone: clones share connections, the sign-in and the realtime connection. It may be used
/// from many tasks and threads at a time.
#[derive(Clone)]
pub struct Client {
    pub(crate) core: Arc<Core>,
    pub(crate) realtime: Realtime,
}

impl Client {
    /// A client of the server at `base_url`, such as `http://127.0.0.1:8090`. Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Input`](crate::ErrorKind::Input) for what is no `http` or `https` address.
    pub fn new(base_url: &str) -> Result<Self> {
        Self::builder().build(base_url)
    }

    /// A client to be set up.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    pub(crate) fn of_core(core: Core) -> Self {
        let core = Arc::new(core);
        Self { realtime: Realtime::new(&core), core }
    }

    /// The address of the server, without a slash at the end.
    pub fn base_url(&self) -> &str {
        self.core.base_url()
    }

    /// The address of a path of the server.
    pub fn url(&self, path: &str) -> String {
        format!("{}/{}", self.base_url(), path.trim_start_matches('/'))
    }

    /// What is sent as `Accept-Language`.
    pub fn language(&self) -> &str {
        &self.core.language
    }

    /// Where the sign-in is kept.
    pub fn auth_store(&self) -> &Arc<dyn AuthStore> {
        &self.core.auth
    }

    /// Who is signed in.
    pub fn auth(&self) -> AuthState {
        self.core.auth.load()
    }

    /// Forgets who is signed in. The token stays valid on the server.
    pub fn sign_out(&self) {
        self.core.stop_refreshing();
        self.core.auth.clear();
    }

    /// Calls any route: for those that this crate has no function for.
    ///
    /// ```no_run
    /// # async fn example(client: ketch_client::pocketbase::Client) -> ketch_client::Result<()> {
    /// use http::Method;
    /// let answer: serde_json::Value = client.send(Method::GET, "/api/hello").query("name", "Ada").await?;
    /// # Ok(()) }
    /// ```
    pub fn send<T: DeserializeOwned + Send + 'static>(&self, method: Method, path: &str) -> Call<T> {
        self.call(Ok(Outgoing::new(method, rooted(path))))
    }

    /// As [`send`](Self::send), with a JSON body.
    pub fn send_json<T: DeserializeOwned + Send + 'static>(
        &self,
        method: Method,
        path: &str,
        body: impl Serialize,
    ) -> Call<T> {
        self.call(to_json(&body).map(|body| Outgoing::new(method, rooted(path)).json(body)))
    }

    /// Gets any path as a download.
    pub fn download(&self, path: &str) -> Call<Download> {
        self.open_download(Ok(Outgoing::get(rooted(path))))
    }

    /// Turns automatic cancellation on or off. While it is on, a call cancels a pending one with the
    /// same method and path unless the options say otherwise. It is off at the start: a client that
    /// many tasks share would have them cancel each other.
    pub fn auto_cancellation(&self, on: bool) {
        self.core.auto_cancellation.store(on, Ordering::Relaxed);
    }

    /// Cancels the pending call with this key; with automatic cancellation keys are like `GET /api/health`.
    pub fn cancel(&self, key: &str) {
        self.core.keys.cancel(key);
    }

    /// Cancels all pending calls that have a key.
    pub fn cancel_all(&self) {
        self.core.keys.cancel_all();
    }

    /// Calls `refresher` before a request when the token expires within `threshold`. Its failure is
    /// left to the request, which the server will answer as it sees fit.
    pub fn set_auto_refresh<F>(&self, threshold: Duration, refresher: impl Fn() -> F + Send + Sync + 'static)
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        let how = How::Call(Arc::new(move || Box::pin(refresher())));
        self.core.set_refresh(Some(AutoRefresh { threshold, how }));
    }

    /// Ends an automatic refresh.
    pub fn reset_auto_refresh(&self) {
        self.core.stop_refreshing();
    }

    /// A call of this client that sends one request.
    pub(crate) fn call<T: DeserializeOwned + Send + 'static>(&self, outgoing: Result<Outgoing>) -> Call<T> {
        let core = self.core.clone();
        Call::new(move |options| async move { core.send(outgoing?, options).await })
    }

    pub(crate) fn open_download(&self, outgoing: Result<Outgoing>) -> Call<Download> {
        let core = self.core.clone();
        Call::new(move |options| async move { Ok(Download::new(core.download(outgoing?, options).await?)) })
    }
}

/// A path always begins at the server's root, so that it cannot change the host of the address.
fn rooted(path: &str) -> String {
    format!("/{}", path.trim_start_matches('/'))
}

impl fmt::Debug for Client {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Client").field("base_url", &self.base_url()).finish_non_exhaustive()
    }
}

/// Sets up a [`Client`].
///
/// ```
/// use std::time::Duration;
/// use ketch_client::{RetryPolicy, pocketbase::Client};
///
/// let client = Client::builder()
///     .language("de-DE")
///     .timeout(Duration::from_secs(5))
///     .retry(RetryPolicy::default().tries(4))
///     .build("http://127.0.0.1:8090/")?;
/// assert_eq!(client.base_url(), "http://127.0.0.1:8090");
/// # Ok::<(), ketch_client::Error>(())
/// ```
#[must_use]
pub struct ClientBuilder {
    auth: Option<Arc<dyn AuthStore>>,
    hooks: Option<Arc<dyn Hooks>>,
    language: String,
    retry: RetryPolicy,
    timeout: Duration,
    response_max: Option<usize>,
}

impl Default for ClientBuilder {
    fn default() -> Self {
        Self {
            auth: None,
            hooks: None,
            language: "en-US".to_owned(),
            retry: RetryPolicy::default(),
            timeout: Duration::from_secs(30),
            response_max: None,
        }
    }
}

impl ClientBuilder {
    /// Where the sign-in is kept; in memory unless told.
    pub fn auth_store(mut self, store: Arc<dyn AuthStore>) -> Self {
        self.auth = Some(store);
        self
    }

    /// Functions around every call.
    pub fn hooks(mut self, hooks: Arc<dyn Hooks>) -> Self {
        self.hooks = Some(hooks);
        self
    }

    /// What is sent as `Accept-Language`; `en-US` unless told.
    pub fn language(mut self, language: impl Into<String>) -> Self {
        self.language = language.into();
        self
    }

    /// When calls are tried again.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// How long a call may take unless its options say otherwise; 30 seconds unless told. Uploads
    /// may take longer while something of them is being sent, downloads while something comes.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// The largest answer in bytes that is read into memory; 256 MiB unless told. Downloads have no limit.
    pub fn response_max(mut self, bytes: usize) -> Self {
        self.response_max = Some(bytes);
        self
    }

    /// The client of the server at `base_url`.
    ///
    /// # Errors
    ///
    /// As for [`Client::new`].
    pub fn build(self, base_url: &str) -> Result<Client> {
        Ok(self.build_on(Arc::new(Http::new(base_url)?)))
    }

    /// The client over a transport of yours.
    pub fn build_on(self, transport: Arc<dyn Transport>) -> Client {
        let mut exchange = Exchange::new(transport);
        exchange.retry = self.retry;
        exchange.timeout = self.timeout;
        exchange.response_max = self.response_max.unwrap_or(exchange.response_max);
        let auth = self.auth.unwrap_or_else(|| Arc::new(MemoryAuthStore::new()));
        let mut core = Core::new(exchange, auth, self.language);
        core.hooks = self.hooks;
        Client::of_core(core)
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ClientBuilder")
            .field("language", &self.language)
            .field("retry", &self.retry)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// The error of an answer that has no item where one was asked for.
pub(crate) fn nothing_found(url: String) -> Error {
    let message = "The requested resource wasn't found.";
    Error::of_response(
        404,
        url,
        serde_json::json!({"code": 404, "status": 404, "message": message, "data": {}}),
    )
}
