//! Reading request bodies within a limit.

use std::error::Error as StdError;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;

/// How long a client may take to send its body.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// Why a body could not be read.
#[derive(Debug)]
pub enum ReadError {
    /// More bytes than allowed, declared or sent.
    TooLarge,
    /// The bytes are not what the content type says, or the client went away; for the log.
    Malformed(String),
    /// A temporary file could not be written; for the log.
    Temporary(String),
}

/// Refuses a body whose declared length is above the limit, before a byte of it is read.
///
/// # Errors
/// [`ReadError::TooLarge`].
pub fn check_declared(headers: &HeaderMap, limit: u64) -> Result<(), ReadError> {
    if declared_length(headers).is_some_and(|length| length > limit) {
        Err(ReadError::TooLarge)
    } else {
        Ok(())
    }
}

/// The `Content-Length`, if there is a sound one.
pub fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Whether the request certainly has no body.
pub fn is_empty(body: &Body) -> bool {
    body.is_end_stream() || body.size_hint().exact() == Some(0)
}

/// The whole body. A body of one piece is not copied.
///
/// # Errors
/// [`ReadError::TooLarge`] above `limit` bytes, [`ReadError::Malformed`] when the client stops sending.
pub async fn collect(body: Body, limit: u64) -> Result<Bytes, ReadError> {
    if is_empty(&body) {
        return Ok(Bytes::new());
    }
    let reading = Limited::new(body, usize::try_from(limit).unwrap_or(usize::MAX)).collect();
    match tokio::time::timeout(PATIENCE, reading).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) => Err(from_stream(&*error)),
        Err(_) => Err(ReadError::Malformed("the body was not sent in time".to_owned())),
    }
}

/// Finds the limit among the causes of an error of a limited body.
pub(crate) fn from_stream(error: &(dyn StdError + 'static)) -> ReadError {
    let mut cause = Some(error);
    while let Some(current) = cause {
        if current.is::<LengthLimitError>() {
            return ReadError::TooLarge;
        }
        cause = current.source();
    }
    ReadError::Malformed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream;

    fn chunks(parts: &'static [&'static str]) -> Body {
        Body::from_stream(stream::iter(
            parts.iter().map(|part| Ok::<_, std::io::Error>(Bytes::from_static(part.as_bytes()))),
        ))
    }

    #[tokio::test]
    async fn limits_hold_for_declared_and_for_chunked_bodies() {
        assert_eq!(collect(chunks(&["ab", "cd"]), 4).await.unwrap(), "abcd");
        assert!(matches!(collect(chunks(&["ab", "cd", "e"]), 4).await, Err(ReadError::TooLarge)));
        assert_eq!(collect(Body::empty(), 0).await.unwrap(), "");
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_LENGTH, 5.into());
        assert!(check_declared(&headers, 5).is_ok());
        assert!(check_declared(&headers, 4).is_err());
    }
}
