//! Answers that are read while they arrive.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use ketch_client::transport::{ByteStream, Response};
use ketch_client::{Error, ErrorKind};
use pyo3::exceptions::{PyStopAsyncIteration, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::completions;
use crate::link::Closed;
use crate::reading::Reading;
use crate::waiting;

struct Source {
    body: ByteStream,
    /// What has arrived and nobody has read yet.
    rest: Bytes,
}

impl Source {
    /// The next piece; nothing at the end.
    async fn piece(&mut self) -> Result<Option<Bytes>, Error> {
        if !self.rest.is_empty() {
            return Ok(Some(std::mem::take(&mut self.rest)));
        }
        while let Some(piece) = self.body.next().await {
            let piece = piece.map_err(broken)?;
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }

    /// `size` bytes, or what is left if that is less.
    async fn read(&mut self, size: Option<usize>) -> Result<Bytes, Error> {
        let wanted = size.unwrap_or(usize::MAX);
        let mut all = BytesMut::new();
        while all.len() < wanted {
            let Some(mut piece) = self.piece().await? else { break };
            if piece.len() > wanted - all.len() {
                self.rest = piece.split_off(wanted - all.len());
            }
            if all.is_empty() && piece.len() == wanted {
                return Ok(piece);
            }
            all.extend_from_slice(&piece);
        }
        Ok(all.freeze())
    }
}

fn broken(error: std::io::Error) -> Error {
    if error.kind() == std::io::ErrorKind::TimedOut {
        return Error::new(ErrorKind::Timeout, error.to_string());
    }
    let text = "the connection broke before the whole answer had arrived";
    Error::new(ErrorKind::Interrupted, text).with_source(error)
}

/// An answer while it arrives; see the stub.
#[pyclass(frozen, module = "ketch._core")]
pub(crate) struct Download {
    source: Reading<Source>,
    status: u16,
    headers: Py<PyAny>,
    url: String,
}

impl Download {
    pub(crate) fn new(
        py: Python<'_>,
        response: Response,
        url: String,
        closed: Arc<Closed>,
    ) -> PyResult<Self> {
        let headers = PyDict::new(py);
        for (name, value) in &response.headers {
            headers.set_item(name.as_str(), String::from_utf8_lossy(value.as_bytes()))?;
        }
        let headers = headers.into_any().unbind();
        let source = Reading::new(Source { body: response.body, rest: Bytes::new() }, closed);
        Ok(Self { source, status: response.status, headers, url })
    }

    fn size(size: isize) -> Option<usize> {
        usize::try_from(size).ok()
    }
}

fn closed() -> PyErr {
    PyValueError::new_err("the download is closed")
}

fn bytes(py: Python<'_>, bytes: &Bytes) -> Py<PyAny> {
    PyBytes::new(py, bytes).into_any().unbind()
}

#[pymethods]
impl Download {
    #[getter]
    fn status(&self) -> u16 {
        self.status
    }

    #[getter]
    fn headers(&self, py: Python<'_>) -> Py<PyAny> {
        self.headers.clone_ref(py)
    }

    #[getter]
    fn url(&self) -> &str {
        &self.url
    }

    #[pyo3(signature = (size = -1), text_signature = "($self, size=-1)")]
    fn read(&self, py: Python<'_>, size: isize) -> PyResult<Py<PyAny>> {
        let reading = self.source.with(async |source: &mut Source| source.read(Self::size(size)).await);
        let read = waiting::wait(py, reading)?.ok_or_else(closed)?;
        read.map(|read| bytes(py, &read)).map_err(|error| crate::errors::raise(py, &error))
    }

    #[pyo3(signature = (size = -1), text_signature = "($self, size=-1)")]
    fn aread<'py>(&self, py: Python<'py>, size: isize) -> PyResult<Bound<'py, PyAny>> {
        let source = self.source.clone();
        let reading =
            async move { source.with(async |source: &mut Source| source.read(Self::size(size)).await).await };
        completions::start(py, reading, |py, read| {
            let read = read.ok_or_else(closed)?;
            read.map(|read| bytes(py, &read)).map_err(|error| crate::errors::raise(py, &error))
        })
    }

    fn __iter__(this: Py<Self>) -> Py<Self> {
        this
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let reading = self.source.with(async |source: &mut Source| source.piece().await);
        match waiting::wait(py, reading)? {
            Some(Ok(piece)) => Ok(piece.map(|piece| bytes(py, &piece))),
            Some(Err(error)) => Err(crate::errors::raise(py, &error)),
            None => Err(closed()),
        }
    }

    fn __aiter__(this: Py<Self>) -> Py<Self> {
        this
    }

    fn __anext__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let source = self.source.clone();
        let reading = async move { source.with(async |source: &mut Source| source.piece().await).await };
        completions::start(py, reading, |py, piece| match piece {
            Some(Ok(Some(piece))) => Ok(bytes(py, &piece)),
            Some(Ok(None)) => Err(PyStopAsyncIteration::new_err(())),
            Some(Err(error)) => Err(crate::errors::raise(py, &error)),
            None => Err(closed()),
        })
    }

    fn close(&self, py: Python<'_>) {
        py.detach(|| self.source.close());
    }

    fn __enter__(this: Py<Self>) -> Py<Self> {
        this
    }

    #[pyo3(signature = (*_raised))]
    fn __exit__(&self, py: Python<'_>, _raised: &Bound<'_, PyAny>) {
        self.close(py);
    }

    fn __aenter__(this: Py<Self>, py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        completions::ready(py, Ok(this.into_any()))
    }

    #[pyo3(signature = (*_raised))]
    fn __aexit__<'py>(&self, py: Python<'py>, _raised: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        self.close(py);
        completions::ready(py, Ok(py.None()))
    }
}
