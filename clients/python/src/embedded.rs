//! Requests to a Ketch in this process, without a socket.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::HeaderValue;
use http::header::{CONTENT_LENGTH, HOST, USER_AGENT};
use ketch::{Embedded, RequestBody};
use ketch_client::transport::{Body, Request, Response, Transport, TransportError};

/// What an embedded server is told of its host.
const LOCAL_HOST: HeaderValue = HeaderValue::from_static("localhost");

pub(crate) struct InProcess {
    embedded: Embedded,
    base_url: String,
    user_agent: HeaderValue,
}

impl InProcess {
    pub(crate) fn new(embedded: Embedded, base_url: String, user_agent: HeaderValue) -> Self {
        Self { embedded, base_url, user_agent }
    }

    async fn exchange(&self, request: Request) -> Result<Response, TransportError> {
        let Request { method, path, headers, body } = request;
        let mut length = None;
        let body = match body {
            Body::Empty => RequestBody::Empty,
            Body::Bytes(bytes) => {
                length = u64::try_from(bytes.len()).ok();
                RequestBody::Bytes(bytes)
            }
            Body::Stream(stream, announced) => {
                length = announced;
                RequestBody::Stream(stream)
            }
        };
        let mut outgoing = http::Request::new(body);
        *outgoing.method_mut() = method;
        *outgoing.uri_mut() = path.try_into().map_err(bad)?;
        *outgoing.headers_mut() = headers;
        let headers = outgoing.headers_mut();
        headers.entry(HOST).or_insert(LOCAL_HOST);
        headers.entry(USER_AGENT).or_insert_with(|| self.user_agent.clone());
        if let Some(length) = length {
            headers.insert(CONTENT_LENGTH, length.into());
        }
        let answered = self.embedded.call(outgoing).await;
        let (parts, body) =
            answered.map_err(|failure| TransportError::Interrupted(failure.into()))?.into_parts();
        Ok(Response { status: parts.status.as_u16(), headers: parts.headers, body })
    }
}

fn bad(error: http::uri::InvalidUri) -> TransportError {
    TransportError::Request(error.into())
}

impl Transport for InProcess {
    fn base_url(&self) -> &str {
        &self.base_url
    }

    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        self.exchange(request).boxed()
    }
}
