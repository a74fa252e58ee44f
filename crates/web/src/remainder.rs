//! What is left of a request's body when the answer is ready.
//!
//! Most clients look for an answer only after they have sent everything; a connection closed
//! before that is all they would see of a refusal. So the rest of a refused body is read and
//! thrown away, within bounds.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::HeaderMap;
use http::header::{EXPECT, TRANSFER_ENCODING};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, timeout, timeout_at};

use crate::body::declared_length;

/// What is read of a refused body: bytes, time in all, time without a byte.
const MOST_BYTES: usize = 128 << 20;
const MOST_TIME: Duration = Duration::from_secs(10);
const MOST_SILENCE: Duration = Duration::from_millis(500);

/// The second handle of a body that a handler reads.
pub(crate) struct Remainder(Arc<Mutex<Body>>);

struct Lent(Arc<Mutex<Body>>);

impl Remainder {
    /// Splits a body into what the handler gets and what stays here; `None` and the body itself
    /// where there is none, and where the client waits to be asked for it. Small ones count as well:
    /// many clients send them behind the head, and so after an answer that came quickly.
    pub(crate) fn of(headers: &HeaderMap, body: Body) -> (Option<Self>, Body) {
        let has_body = match declared_length(headers) {
            Some(length) => length > 0,
            None => headers.contains_key(TRANSFER_ENCODING),
        };
        if !has_body || headers.contains_key(EXPECT) {
            return (None, body);
        }
        let shared = Arc::new(Mutex::new(body));
        (Some(Self(shared.clone())), Body::new(Lent(shared)))
    }

    /// Reads what the handler left.
    pub(crate) async fn discard(self) {
        let mut body = Lent(self.0);
        let deadline = Instant::now() + MOST_TIME;
        let mut read = 0;
        let reading = async {
            while read < MOST_BYTES {
                let frame = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context));
                match timeout(MOST_SILENCE, frame).await {
                    Ok(Some(Ok(frame))) => read += frame.data_ref().map_or(0, Bytes::len),
                    _ => return,
                }
            }
        };
        // Whatever comes of it, the answer is the same.
        let _ = timeout_at(deadline, reading).await;
    }
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Pin::new(&mut *body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).size_hint()
    }
}
