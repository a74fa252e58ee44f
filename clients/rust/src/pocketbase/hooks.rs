//! Looking at requests before they go out, and at answers before they are handed over.

use futures_util::future::{BoxFuture, ready};
use http::Method;
use serde_json::Value;

use crate::error::Result;

/// What a hook returns.
pub type HookFuture<'a, T> = BoxFuture<'a, Result<T>>;

/// A request as a hook sees it, and may change it.
#[derive(Clone, Debug)]
pub struct HookRequest {
    /// The method.
    pub method: Method,
    /// The whole address without its query.
    pub url: String,
    /// The query.
    pub query: Vec<(String, String)>,
    /// The headers that the caller gave; the client's own are added later, unless they are here.
    pub headers: Vec<(String, String)>,
    /// The JSON body, if there is one. Files are not shown.
    pub body: Option<Value>,
}

/// Functions of yours around every call of a client, except streams and downloads, for which only
/// [`before_send`](Hooks::before_send) is called.
pub trait Hooks: Send + Sync + 'static {
    /// Called with each request; what it returns is sent. An error ends the call.
    fn before_send(&self, request: HookRequest) -> HookFuture<'_, HookRequest> {
        Box::pin(ready(Ok(request)))
    }

    /// Called with the JSON of each successful answer; what it returns is handed to the caller.
    fn after_send(&self, answer: Value) -> HookFuture<'_, Value> {
        Box::pin(ready(Ok(answer)))
    }
}
