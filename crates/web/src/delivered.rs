//! Answers that tell when they have been handed over.

use std::convert::Infallible;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use futures_util::stream;
use http::header::{CONTENT_LENGTH, HeaderValue};

/// Runs something when it is dropped.
struct OnDrop<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        if let Some(run) = self.0.take() {
            run();
        }
    }
}

/// An answer with these bytes. `then` runs when the connection has taken them, or has ended.
pub fn response(bytes: Bytes, then: impl FnOnce() + Send + 'static) -> Response {
    let length = HeaderValue::from(bytes.len());
    let state = (Some(bytes), OnDrop(Some(then)));
    let body = stream::unfold(state, |(mut bytes, then)| async move {
        let bytes = bytes.take()?;
        Some((Ok::<_, Infallible>(bytes), (None, then)))
    });
    let mut response = Response::new(Body::from_stream(body));
    response.headers_mut().insert(CONTENT_LENGTH, length);
    response
}
