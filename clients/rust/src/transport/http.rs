//! The transport over HTTP.

use std::error::Error as _;
use std::io;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::{FutureExt, TryStreamExt};
use http::header::CONTENT_LENGTH;

use super::message::{Body, Request, Response, Transport, TransportError};
use crate::error::{Error, Result};
use crate::process::PerProcess;

/// How a [`Http`] transport connects.
///
/// ```
/// use std::time::Duration;
/// use ketch_client::transport::Http;
///
/// let transport = Http::builder("https://example.com/base")
///     .connect_timeout(Duration::from_secs(3))
///     .idle_connections(4)
///     .build()?;
/// # Ok::<(), ketch_client::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct HttpBuilder {
    base_url: String,
    connect_timeout: Duration,
    idle_connections: usize,
    idle_timeout: Duration,
    user_agent: String,
}

impl HttpBuilder {
    /// How long opening a connection may take; 10 seconds unless told.
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How many unused connections are kept open; 16 unless told.
    #[must_use]
    pub fn idle_connections(mut self, count: usize) -> Self {
        self.idle_connections = count;
        self
    }

    /// How long an unused connection is kept open; 60 seconds unless told.
    #[must_use]
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.idle_timeout = timeout;
        self
    }

    /// The `User-Agent` header.
    #[must_use]
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = name.into();
        self
    }

    /// The transport.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Input`](crate::ErrorKind::Input) for a base address that is no `http` or `https` address.
    pub fn build(mut self) -> Result<Http> {
        self.base_url.truncate(self.base_url.trim_end_matches('/').len());
        let bad = |why: &str| Error::input(format!("the base address {:?} {why}", self.base_url));
        let url =
            reqwest::Url::parse(&self.base_url).map_err(|error| bad("is no address").with_source(error))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad("begins with neither http:// nor https://"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(bad("has a query or a fragment: give the address without them"));
        }
        Ok(Http { settings: self, pools: PerProcess::new() })
    }
}

/// Requests over HTTP/1.1 or HTTP/2, with kept connections and, for `https`, the system's certificates.
///
/// Safe to use after `fork`: the child opens connections of its own.
pub struct Http {
    settings: HttpBuilder,
    pools: PerProcess<Result<reqwest::Client, String>>,
}

impl Http {
    /// A transport to the server at `base_url` with the usual limits.
    ///
    /// # Errors
    ///
    /// As for [`HttpBuilder::build`].
    pub fn new(base_url: &str) -> Result<Self> {
        Self::builder(base_url).build()
    }

    /// A transport to the server at `base_url`, to be set up.
    pub fn builder(base_url: &str) -> HttpBuilder {
        HttpBuilder {
            base_url: base_url.trim().to_owned(),
            connect_timeout: Duration::from_secs(10),
            idle_connections: 16,
            idle_timeout: Duration::from_secs(60),
            user_agent: concat!("ketch-client/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }

    fn pool(&self) -> Result<&reqwest::Client, TransportError> {
        let pool = self.pools.get_or_init(|| {
            // Fails where the process already chose a provider, which then serves as well.
            let _ = rustls::crypto::ring::default_provider().install_default();
            reqwest::Client::builder()
                .connect_timeout(self.settings.connect_timeout)
                .pool_max_idle_per_host(self.settings.idle_connections)
                .pool_idle_timeout(self.settings.idle_timeout)
                .tcp_nodelay(true)
                .redirect(reqwest::redirect::Policy::custom(same_server))
                .user_agent(&self.settings.user_agent)
                .build()
                .map_err(|error| error.to_string())
        });
        pool.as_ref().map_err(|why| TransportError::Request(why.clone().into()))
    }

    async fn exchange(&self, request: Request) -> Result<Response, TransportError> {
        let url = format!("{}{}", self.settings.base_url, request.path);
        let mut outgoing = self.pool()?.request(request.method, url).headers(request.headers);
        match request.body {
            Body::Empty => {}
            Body::Bytes(bytes) => outgoing = outgoing.body(bytes),
            Body::Stream(stream, length) => {
                if let Some(length) = length {
                    outgoing = outgoing.header(CONTENT_LENGTH, length);
                }
                outgoing = outgoing.body(reqwest::Body::wrap_stream(stream));
            }
        }
        let mut response = outgoing.send().await.map_err(failed)?;
        Ok(Response {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body: Box::pin(response.bytes_stream().map_err(io::Error::other)),
        })
    }
}

impl std::fmt::Debug for Http {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.settings.fmt(out)
    }
}

impl Transport for Http {
    fn base_url(&self) -> &str {
        &self.settings.base_url
    }

    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        self.exchange(request).boxed()
    }
}

/// Follows a redirect within the server. One to elsewhere is the answer as it is: tokens stay here.
fn same_server(attempt: reqwest::redirect::Attempt<'_>) -> reqwest::redirect::Action {
    let is_same = attempt.previous().first().is_some_and(|first| first.origin() == attempt.url().origin());
    match is_same && attempt.previous().len() <= 3 {
        true => attempt.follow(),
        false => attempt.stop(),
    }
}

fn failed(error: reqwest::Error) -> TransportError {
    // The address is in the client's error already, and reqwest's own words repeat it.
    let error = error.without_url();
    if error.is_connect() && error.is_timeout() {
        TransportError::ConnectTimeout(error.into())
    } else if error.is_connect() {
        TransportError::Connect(root_cause(&error).into())
    } else if error.is_builder() {
        TransportError::Request(error.into())
    } else {
        TransportError::Interrupted(root_cause(&error).into())
    }
}

/// The chain of causes as one line: the outer errors alone say only “error sending request”.
fn root_cause(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_addresses_are_checked_and_trimmed() {
        for (given, base) in [("http://a:1//", "http://a:1"), (" https://a/b/ ", "https://a/b")] {
            assert_eq!(Http::new(given).unwrap().base_url(), base);
        }
        for bad in ["", "/", "a", "ftp://a", "http://", "http://a?x=1", "http://a/#b"] {
            let error = Http::new(bad).unwrap_err();
            assert!(error.to_string().contains("base address"), "{bad}: {error}");
        }
    }
}
