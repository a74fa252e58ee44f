//! What all services send through.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::auth_store::{AuthState, AuthStore};
use super::hooks::{HookRequest, Hooks};
use super::record::Record;
use crate::encode::{component, with_query};
use crate::error::{Error, ErrorKind, Result};
use crate::exchange::{Exchange, Sending, decode, headers};
use crate::jwt;
use crate::keys::Keys;
use crate::multipart;
use crate::options::{Options, RequestKey};
use crate::transport::{Body, Response};

/// The longest pause in the body of a download.
const IDLE_MAX: Duration = Duration::from_secs(60);

/// A request before it is put on the wire.
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
    /// The body is already encoded: its content type and the body.
    pub(crate) raw: Option<(String, Body)>,
    /// One that refreshes the token, and so must not wait for that.
    pub(crate) is_refresh: bool,
}

impl Outgoing {
    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), body: None, raw: None, is_refresh: false }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path)
    }

    pub(crate) fn json(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }
}

/// A caller's body as JSON.
pub(crate) fn to_json(body: &impl Serialize) -> Result<Value> {
    serde_json::to_value(body).map_err(|error| {
        Error::input(format!("the body cannot be written as JSON: {error}")).with_source(error)
    })
}

/// An id as a segment of a path. An empty one would name the list instead.
pub(crate) fn segment(id: &str, what: &str) -> Result<String> {
    match id.trim().is_empty() {
        false => Ok(component(id)),
        true => {
            let text = format!("the {what} is empty");
            let body = json!({"code": 404, "status": 404, "message": text, "data": {}});
            Err(Error::of_response(404, "", body))
        }
    }
}

/// Calls made when a token is about to expire, in place of the usual refresh.
pub(crate) type Refresher = Arc<dyn Fn() -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// How the token of a superuser is kept fresh.
#[derive(Clone)]
pub(crate) struct AutoRefresh {
    pub(crate) threshold: Duration,
    pub(crate) how: How,
}

#[derive(Clone)]
pub(crate) enum How {
    /// The caller's own way.
    Call(Refresher),
    /// By the refresh call of the collection; if that fails, by signing in again.
    Renew { collection: String, record_id: String, identity: String, password: String },
}

/// The state that the services of one client share.
pub(crate) struct Core {
    pub(crate) exchange: Exchange,
    pub(crate) auth: Arc<dyn AuthStore>,
    pub(crate) language: String,
    pub(crate) hooks: Option<Arc<dyn Hooks>>,
    pub(crate) keys: Keys,
    pub(crate) auto_cancellation: AtomicBool,
    pub(crate) auto_refresh: Mutex<Option<AutoRefresh>>,
    /// Held while the token is refreshed: the calls that need it wait.
    pub(crate) refreshing: tokio::sync::Mutex<()>,
}

impl Core {
    pub(crate) fn new(exchange: Exchange, auth: Arc<dyn AuthStore>, language: String) -> Self {
        Self {
            exchange,
            auth,
            language,
            hooks: None,
            keys: Keys::default(),
            auto_cancellation: AtomicBool::new(false),
            auto_refresh: Mutex::default(),
            refreshing: tokio::sync::Mutex::default(),
        }
    }

    pub(crate) fn base_url(&self) -> &str {
        self.exchange.transport.base_url()
    }

    /// Sends a request and reads the JSON of its answer.
    pub(crate) async fn send<T: DeserializeOwned>(&self, outgoing: Outgoing, options: Options) -> Result<T> {
        let answer = self.read(outgoing, options).await?;
        let Some(hooks) = &self.hooks else {
            return decode(&answer);
        };
        let value = hooks.after_send(decode(&answer)?).await?;
        // An answer without a body is an object for the hook and nothing for the caller.
        let decoded = match (answer.1.is_empty(), T::deserialize(&value)) {
            (true, Err(_)) => T::deserialize(&Value::Null),
            (_, decoded) => decoded,
        };
        decoded.map_err(|error| {
            let text = format!("what the hook made of the answer is not of the expected shape: {error}");
            Error::new(ErrorKind::Decode, text).with_source(error).with_url(answer.2)
        })
    }

    async fn read(&self, outgoing: Outgoing, options: Options) -> Result<(u16, Bytes, String)> {
        let key = self.key(&outgoing, &options);
        self.keys.run(key, async { self.exchange.read(self.prepare(outgoing, options).await?).await }).await
    }

    /// Sends a request and hands over its answer while that arrives.
    pub(crate) async fn open(
        &self,
        outgoing: Outgoing,
        options: Options,
        idle: Option<Duration>,
    ) -> Result<Response> {
        let key = self.key(&outgoing, &options);
        self.keys
            .run(key, async { self.exchange.open(self.prepare(outgoing, options).await?, idle).await })
            .await
    }

    /// As [`open`](Self::open) for a download.
    pub(crate) async fn download(&self, outgoing: Outgoing, options: Options) -> Result<Response> {
        self.open(outgoing, options, Some(IDLE_MAX)).await
    }

    fn key(&self, outgoing: &Outgoing, options: &Options) -> Option<String> {
        match &options.request_key {
            RequestKey::Named(name) => Some(name.clone()),
            RequestKey::Usual if self.auto_cancellation.load(Ordering::Relaxed) && !outgoing.is_refresh => {
                Some(usual_key(&outgoing.method, &outgoing.path))
            }
            _ => None,
        }
    }

    async fn prepare(&self, mut outgoing: Outgoing, mut options: Options) -> Result<Sending> {
        if let Some(hooks) = &self.hooks {
            self.before_send(hooks.as_ref(), &mut outgoing, &mut options).await?;
        }
        if !outgoing.is_refresh && !options.has_header("authorization") {
            self.keep_fresh().await;
        }
        let mut usual = vec![("Accept-Language", self.language.clone())];
        let token = self.auth.load().token;
        if !token.is_empty() {
            usual.push(("Authorization", token));
        }
        let body = match (outgoing.raw, outgoing.body) {
            (Some((content_type, body)), _) => {
                usual.push(("Content-Type", content_type));
                body
            }
            (None, body) if !options.files.is_empty() => {
                let payload = body.map(|body| body.to_string());
                let (body, content_type) =
                    multipart::form(payload, std::mem::take(&mut options.files)).await?;
                usual.push(("Content-Type", content_type));
                body
            }
            (None, Some(body)) => {
                usual.push(("Content-Type", "application/json".to_owned()));
                Body::Bytes(body.to_string().into())
            }
            (None, None) => Body::Empty,
        };
        let path = with_query(&outgoing.path, &options.query);
        Ok(Sending::new(outgoing.method, path, headers(&options.headers, &usual)?, body, options.timeout))
    }

    async fn before_send(
        &self,
        hooks: &dyn Hooks,
        outgoing: &mut Outgoing,
        options: &mut Options,
    ) -> Result<()> {
        let request = HookRequest {
            method: outgoing.method.clone(),
            url: format!("{}{}", self.base_url(), outgoing.path),
            query: std::mem::take(&mut options.query),
            headers: std::mem::take(&mut options.headers),
            body: outgoing.body.take(),
        };
        let changed = hooks.before_send(request).await?;
        // A token must not travel to another server because a hook was careless.
        let Some(path) = changed.url.strip_prefix(self.base_url()).filter(|path| path.starts_with('/'))
        else {
            let text = format!("the hook sends to {}, which is not below {}", changed.url, self.base_url());
            return Err(Error::input(text));
        };
        outgoing.path = path.to_owned();
        (outgoing.method, outgoing.body) = (changed.method, changed.body);
        (options.query, options.headers) = (changed.query, changed.headers);
        Ok(())
    }

    /// Keeps what a sign-in brought.
    pub(crate) fn save_auth(&self, token: &str, record: Option<Record>) {
        self.auth.save(AuthState { token: token.to_owned(), record });
    }

    /// Ends the automatic refresh.
    pub(crate) fn stop_refreshing(&self) {
        self.set_refresh(None);
    }

    pub(crate) fn set_refresh(&self, refresh: Option<AutoRefresh>) {
        *self.auto_refresh.lock().unwrap_or_else(PoisonError::into_inner) = refresh;
    }

    fn due_refresh(&self) -> Option<How> {
        let refresh = self.auto_refresh.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let state = self.auth.load();
        if let How::Renew { record_id, .. } = &refresh.how {
            // Signed out, or somebody else signed in: the credentials are not theirs.
            if state.token.is_empty() || state.record.as_ref().is_some_and(|record| record.id() != record_id)
            {
                self.stop_refreshing();
                return None;
            }
        }
        (!state.token.is_empty() && jwt::is_expired(&state.token, refresh.threshold)).then_some(refresh.how)
    }

    /// Refreshes the token when it is about to expire. A failure is not one of the call in hand: its
    /// own answer will tell.
    async fn keep_fresh(&self) {
        if self.due_refresh().is_none() {
            return;
        }
        // One caller refreshes; the others find a fresh token when it is their turn.
        let Ok(_turn) = self.refreshing.try_lock() else {
            // A refresh in the caller's own way makes calls itself: it must not wait for its own end.
            if matches!(self.due_refresh(), Some(How::Renew { .. })) {
                let _ = tokio::time::timeout(self.exchange.timeout, self.refreshing.lock()).await;
            }
            return;
        };
        match self.due_refresh() {
            Some(How::Call(refresher)) => {
                let _ = refresher().await;
            }
            Some(How::Renew { collection, identity, password, .. }) => {
                let refreshed = self.renew(&collection, "auth-refresh", None).await;
                let body = json!({"identity": identity, "password": password});
                let _ = match refreshed {
                    Ok(()) => Ok(()),
                    Err(_) => self.renew(&collection, "auth-with-password", Some(body)).await,
                };
            }
            None => {}
        }
    }

    /// Boxed, as this call is part of a call.
    fn renew(&self, collection: &str, action: &str, body: Option<Value>) -> BoxFuture<'_, Result<()>> {
        let path = format!("/api/collections/{}/{action}", component(collection));
        let outgoing = Outgoing { body, is_refresh: true, ..Outgoing::post(path) };
        Box::pin(async move {
            let answer: Record = self.send(outgoing, Options::new()).await?;
            self.save_auth(answer.text("token"), answer.get_as("record")?);
            Ok(())
        })
    }
}

/// The key that a call has with automatic cancellation: `GET /api/health`.
pub(crate) fn usual_key(method: &Method, path: &str) -> String {
    format!("{method} {}", path.split('?').next().unwrap_or(path))
}
