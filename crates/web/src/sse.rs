//! Event streams: `text/event-stream` answers.

use std::convert::Infallible;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};

/// Asks proxies to pass events on at once.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Where the frames of a stream come from. It is dropped when the client has gone.
pub trait Source: Send + 'static {
    /// The next frame, `None` to end the stream.
    fn next(&mut self) -> impl Future<Output = Option<Bytes>> + Send;
}

/// A frame with all three fields. `data` must be one line.
pub fn frame(id: &str, event: &str, data: &[u8]) -> Bytes {
    let mut frame = Vec::with_capacity(id.len() + event.len() + data.len() + 20);
    for (name, value) in [("id:", id.as_bytes()), ("event:", event.as_bytes()), ("data:", data)] {
        frame.extend_from_slice(name.as_bytes());
        frame.extend_from_slice(value);
        frame.push(b'\n');
    }
    frame.push(b'\n');
    frame.into()
}

/// An answer that goes on as long as there are frames.
pub fn response(source: impl Source) -> Response {
    let frames = stream::unfold(source, |mut source| async move {
        let frame = source.next().await?;
        Some((Ok::<_, Infallible>(frame), source))
    });
    let mut response = Response::new(Body::from_stream(frames));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(BUFFERING, HeaderValue::from_static("no"));
    response
}

#[cfg(test)]
mod tests {
    use super::frame;

    #[test]
    fn frames() {
        assert_eq!(frame("c", "posts/*", b"{}"), "id:c\nevent:posts/*\ndata:{}\n\n");
    }
}
