//! Waiting for a call on the thread that makes it.

use std::time::Duration;

use ketch_client::Error;
use ketch_client::blocking::Here;
use pyo3::prelude::*;

use crate::errors;

/// How soon a pressed Ctrl-C is noticed.
const SLICE: Duration = Duration::from_millis(100);

/// Polls `future` on this thread, without the interpreter's lock, until it is done or a signal's
/// handler raises; the future is dropped then.
pub(crate) fn wait<T: Send>(py: Python<'_>, future: impl Future<Output = T> + Send) -> PyResult<T> {
    let mut here = py.detach(|| Here::new(future)).map_err(|error| errors::raise(py, &error))?;
    loop {
        if let Some(done) = py.detach(|| here.wait_for(SLICE)) {
            return Ok(done);
        }
        py.check_signals()?;
    }
}

/// As [`wait`] for calls that may fail.
pub(crate) fn wait_for<T: Send>(
    py: Python<'_>,
    future: impl Future<Output = Result<T, Error>> + Send,
) -> PyResult<T> {
    wait(py, future)?.map_err(|error| errors::raise(py, &error))
}
