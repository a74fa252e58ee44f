//! Server-sent events of one request.

use std::sync::Arc;

use ketch_client::raw::{Event, Events};
use ketch_client::{Error, ErrorKind};
use pyo3::exceptions::PyTimeoutError;
use pyo3::prelude::*;

use crate::completions;
use crate::errors;
use crate::link::Closed;
use crate::reading::Reading;
use crate::request::duration;
use crate::waiting;

/// The events of one answer; see the stub.
#[pyclass(frozen, module = "ketch._core")]
pub(crate) struct EventStream {
    source: Reading<Events>,
}

type Triple = (String, String, String);

impl EventStream {
    pub(crate) fn new(events: Events, closed: Arc<Closed>) -> Self {
        Self { source: Reading::new(events, closed) }
    }
}

/// The next event; nothing at the end, and when the stream is closed.
async fn next(source: &Reading<Events>) -> Result<Option<Triple>, Error> {
    let read = source.with(async |events: &mut Events| events.try_next().await).await;
    match read {
        Some(Ok(Some(Event { name, data, id }))) => Ok(Some((name, id, data))),
        Some(Ok(None)) | None => Ok(None),
        // Whether it broke or fell silent, the connection is of no use any more.
        Some(Err(error)) if error.kind() == ErrorKind::Timeout => {
            Err(Error::new(ErrorKind::Interrupted, error.message()))
        }
        Some(Err(error)) => Err(error),
    }
}

#[pymethods]
impl EventStream {
    #[pyo3(signature = (timeout = None))]
    fn next(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Option<Triple>> {
        let Some(seconds) = timeout else {
            return waiting::wait_for(py, next(&self.source));
        };
        let limit = duration(py, seconds)?;
        let late = || PyTimeoutError::new_err(format!("no event within {seconds} seconds"));
        let read = waiting::wait(py, async { tokio::time::timeout(limit, next(&self.source)).await })?;
        read.map_err(|_| late())?.map_err(|error| errors::raise(py, &error))
    }

    fn next_async<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let source = self.source.clone();
        let reading = async move { next(&source).await };
        completions::start_call(py, reading, |py, event| Ok(event.into_pyobject(py)?.into_any().unbind()))
    }

    fn close(&self, py: Python<'_>) {
        py.detach(|| self.source.close());
    }

    fn __iter__(this: Py<Self>) -> Py<Self> {
        this
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Triple>> {
        self.next(py, None)
    }

    fn __enter__(this: Py<Self>) -> Py<Self> {
        this
    }

    #[pyo3(signature = (*_raised))]
    fn __exit__(&self, py: Python<'_>, _raised: &Bound<'_, PyAny>) {
        self.close(py);
    }
}
