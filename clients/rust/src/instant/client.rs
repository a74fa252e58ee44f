//! The client itself: queries and transactions.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderName, HeaderValue, Method};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::step::Step;
use crate::call::Call;
use crate::encode::with_query;
use crate::error::{Error, Result};
use crate::exchange::{Exchange, RetryPolicy, Sending, decode, headers};
use crate::keys::Keys;
use crate::options::{Options, RequestKey};
use crate::transport::{Body, Http, Response, Transport};

/// As whom a client asks, in place of the administrator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AsUser {
    /// The user with this address; needs the admin token.
    Email(String),
    /// The user with this refresh token.
    Token(String),
    /// A visitor who has not signed in.
    Guest,
}

/// A client of one app on a server with the InstantDB admin interface.
///
/// Cheap to clone: clones share connections. It may be used from many tasks and threads at a time.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    pub(crate) app_id: Arc<str>,
    admin_token: Option<Arc<str>>,
    as_user: Option<AsUser>,
}

struct Shared {
    exchange: Exchange,
    keys: Keys,
}

/// A request before it is put on the wire.
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Body,
    /// Whether sending it twice is as good as once.
    pub(crate) safe: bool,
    /// Whether it goes out without app and token.
    pub(crate) is_public: bool,
    /// For an upload: the path of the file.
    pub(crate) file_path: Option<HeaderValue>,
}

impl Outgoing {
    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        let safe = method.is_safe();
        Self {
            method,
            path: path.into(),
            content_type: None,
            body: Body::Empty,
            safe,
            is_public: false,
            file_path: None,
        }
    }

    pub(crate) fn post(path: impl Into<String>, body: &impl Serialize) -> Result<Self> {
        let text = serde_json::to_vec(body).map_err(|error| {
            Error::input(format!("the body cannot be written as JSON: {error}")).with_source(error)
        })?;
        let content_type = Some("application/json".to_owned());
        Ok(Self { content_type, body: Body::Bytes(text.into()), ..Self::new(Method::POST, path) })
    }

    pub(crate) fn safe(mut self) -> Self {
        self.safe = true;
        self
    }
}

impl Client {
    /// A client of the app `app_id` on the server at `base_url`, with the app's admin token.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Input`](crate::ErrorKind::Input) for what is no `http` or `https` address.
    pub fn new(base_url: &str, app_id: &str, admin_token: &str) -> Result<Self> {
        Self::builder(app_id).admin_token(admin_token).build(base_url)
    }

    /// A client to be set up.
    pub fn builder(app_id: &str) -> ClientBuilder {
        ClientBuilder {
            app_id: app_id.to_owned(),
            admin_token: None,
            retry: RetryPolicy::default(),
            timeout: Duration::from_secs(60),
        }
    }

    /// The address of the server, without a slash at the end.
    pub fn base_url(&self) -> &str {
        self.shared.exchange.transport.base_url()
    }

    /// The id of the app.
    pub fn app_id(&self) -> &str {
        &self.app_id
    }

    /// A client that asks as somebody else: the app's permissions apply to it. This one stays as it is.
    #[must_use]
    pub fn as_user(&self, user: AsUser) -> Self {
        Self { as_user: Some(user), ..self.clone() }
    }

    /// Runs a query: the result has a list for each namespace asked for. Parameters of rules go into
    /// the query under `$$ruleParams`.
    pub fn query<T: DeserializeOwned + Send + 'static>(&self, query: impl Serialize) -> Call<T> {
        let body = json_of(&query).map(|query| json!({ "query": query }));
        self.call(body.and_then(|body| Ok(Outgoing::post("/admin/query", &body)?.safe())))
    }

    /// Runs steps in one transaction, all or none; returns the transaction's number.
    ///
    /// ```no_run
    /// # async fn example(client: ketch_client::instant::Client) -> ketch_client::Result<()> {
    /// use ketch_client::instant::{Step, lookup, new_id};
    /// use serde_json::json;
    /// let todo = new_id();
    /// let steps = [
    ///     Step::create("todos", &todo, json!({"title": "Read"})),
    ///     Step::link("todos", &todo, [("owner", lookup("email", "ada@example.com"))]),
    ///     Step::delete("todos", "5f0c8a5e-9b1c-4a6f-8d60-0c1b7a3d9e21"),
    /// ];
    /// let number = client.transact(steps).await?;
    /// # Ok(()) }
    /// ```
    pub fn transact(&self, steps: impl IntoIterator<Item = Step>) -> Call<i64> {
        let outgoing =
            Step::all(steps).and_then(|steps| Outgoing::post("/admin/transact", &json!({ "steps": steps })));
        let call: Call<Value> = self.call(outgoing);
        Call::new(move |options| async move {
            let answer = call.options(options).await?;
            let wrong = || {
                Error::new(
                    crate::ErrorKind::Decode,
                    format!("the answer has no transaction number: {answer}"),
                )
            };
            answer.get("tx-id").and_then(Value::as_i64).ok_or_else(wrong)
        })
    }

    /// Calls any route with a JSON body; null for none.
    pub fn send<T: DeserializeOwned + Send + 'static>(
        &self,
        method: Method,
        path: &str,
        body: impl Serialize,
    ) -> Call<T> {
        let path = format!("/{}", path.trim_start_matches('/'));
        let outgoing = json_of(&body).and_then(|body| match body {
            Value::Null => Ok(Outgoing::new(method, path)),
            body => Ok(Outgoing { safe: method.is_safe(), method, ..Outgoing::post(path, &body)? }),
        });
        self.call(outgoing)
    }

    /// A call of this client that sends one request.
    pub(crate) fn call<T: DeserializeOwned + Send + 'static>(&self, outgoing: Result<Outgoing>) -> Call<T> {
        let this = self.clone();
        Call::new(move |options| async move {
            let key = key(&options);
            let sending = this.prepare(outgoing?, &options)?;
            let reading = async { decode(&this.shared.exchange.read(sending).await?) };
            this.shared.keys.run(key, reading).await
        })
    }

    /// Sends a request and hands over its answer while that arrives.
    pub(crate) async fn open(
        &self,
        outgoing: Outgoing,
        options: Options,
        idle: Duration,
    ) -> Result<Response> {
        self.shared.exchange.open(self.prepare(outgoing, &options)?, Some(idle)).await
    }

    fn prepare(&self, outgoing: Outgoing, options: &Options) -> Result<Sending> {
        let mut usual = Vec::new();
        if !outgoing.is_public {
            usual.push(("App-Id", self.app_id.to_string()));
            if let Some(token) = &self.admin_token {
                usual.push(("Authorization", format!("Bearer {token}")));
            }
            usual.extend(match &self.as_user {
                Some(AsUser::Email(email)) => Some(("As-Email", email.clone())),
                Some(AsUser::Token(token)) => Some(("As-Token", token.clone())),
                Some(AsUser::Guest) => Some(("As-Guest", "true".to_owned())),
                None => None,
            });
        }
        usual.extend(outgoing.content_type.map(|name| ("Content-Type", name)));
        let path = with_query(&outgoing.path, &options.query);
        let mut headers = headers(&options.headers, &usual)?;
        headers.extend(outgoing.file_path.map(|file_path| (HeaderName::from_static("path"), file_path)));
        let mut sending = Sending::new(outgoing.method, path, headers, outgoing.body, options.timeout);
        sending.safe = outgoing.safe;
        Ok(sending)
    }

    /// Cancels the pending call with this request key.
    pub fn cancel(&self, key: &str) {
        self.shared.keys.cancel(key);
    }

    /// Cancels all pending calls that have a key.
    pub fn cancel_all(&self) {
        self.shared.keys.cancel_all();
    }
}

fn key(options: &Options) -> Option<String> {
    match &options.request_key {
        RequestKey::Named(name) => Some(name.clone()),
        _ => None,
    }
}

/// A caller's value as JSON.
pub(crate) fn json_of(value: &impl Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(|error| {
        Error::input(format!("the value cannot be written as JSON: {error}")).with_source(error)
    })
}

impl fmt::Debug for Client {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No token in logs.
        out.debug_struct("Client")
            .field("base_url", &self.base_url())
            .field("app_id", &self.app_id)
            .finish_non_exhaustive()
    }
}

/// Sets up a [`Client`].
#[must_use]
pub struct ClientBuilder {
    app_id: String,
    admin_token: Option<String>,
    retry: RetryPolicy,
    timeout: Duration,
}

impl ClientBuilder {
    /// The app's admin token. Without it only guests and users with their tokens can ask.
    pub fn admin_token(mut self, token: impl Into<String>) -> Self {
        self.admin_token = Some(token.into());
        self
    }

    /// When calls are tried again. Queries count as calls that change nothing.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// How long a call may take unless its options say otherwise; 60 seconds unless told.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
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
        (exchange.retry, exchange.timeout) = (self.retry, self.timeout);
        Client {
            shared: Arc::new(Shared { exchange, keys: Keys::default() }),
            app_id: self.app_id.trim().into(),
            admin_token: self.admin_token.map(|token| token.trim().into()),
            as_user: None,
        }
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ClientBuilder").field("app_id", &self.app_id).finish_non_exhaustive()
    }
}
