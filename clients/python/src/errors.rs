//! The one exception of the core.

use ketch_client::{Error, ErrorKind};
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::decode;

pyo3::create_exception!(
    ketch._core,
    CoreError,
    PyException,
    "A call that failed: `kind`, `status`, `url`, `message`, `body` and `retry_after` say how."
);

/// A failed call as an exception.
pub(crate) fn raise(py: Python<'_>, error: &Error) -> PyErr {
    let kind = match error.kind() {
        ErrorKind::Status => "status",
        ErrorKind::Connect => "connect",
        ErrorKind::Interrupted => "interrupted",
        ErrorKind::Timeout => "timeout",
        ErrorKind::Aborted => "aborted",
        ErrorKind::Decode => "decode",
        _ => "input",
    };
    let body = match decode::from_value(py, error.response()) {
        Ok(body) => body,
        Err(error) => return error,
    };
    let retry_after = error.retry_after().map(|wait| wait.as_secs_f64());
    made(
        py,
        Parts { kind, status: error.status(), url: error.url(), message: error.message(), retry_after },
        body,
    )
}

/// Input that cannot be sent.
pub(crate) fn input(py: Python<'_>, message: &str) -> PyErr {
    let parts = Parts { kind: "input", status: 0, url: "", message, retry_after: None };
    made(py, parts, PyDict::new(py).into_any())
}

/// An answer below 400 that is no JSON.
pub(crate) fn no_json(py: Python<'_>, status: u16, url: &str, body: &[u8], why: &str) -> PyErr {
    let message = format!("the answer is no JSON: {why}");
    let text: String = String::from_utf8_lossy(body).trim().chars().take(500).collect();
    let about = PyDict::new(py);
    if let Err(error) = about.set_item("message", text) {
        return error;
    }
    let parts = Parts { kind: "decode", status, url, message: &message, retry_after: None };
    made(py, parts, about.into_any())
}

struct Parts<'a> {
    kind: &'a str,
    status: u16,
    url: &'a str,
    message: &'a str,
    retry_after: Option<f64>,
}

fn made(py: Python<'_>, parts: Parts<'_>, body: Bound<'_, PyAny>) -> PyErr {
    let error = CoreError::new_err(parts.message.to_owned());
    let value = error.value(py);
    let set = || {
        value.setattr("kind", parts.kind)?;
        value.setattr("status", parts.status)?;
        value.setattr("url", parts.url)?;
        value.setattr("message", parts.message)?;
        value.setattr("body", body)?;
        value.setattr("retry_after", parts.retry_after)
    };
    match set() {
        Ok(()) => error,
        Err(other) => other,
    }
}
