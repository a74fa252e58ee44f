//! A client's connections to one server.

use std::sync::Arc;

use ketch_client::Error;
use ketch_client::raw::{Answer, Turn};
use ketch_client::transport::Response;
use pyo3::prelude::*;

use crate::completions;
use crate::decode;
use crate::download::Download;
use crate::errors;
use crate::events::EventStream;
use crate::exit;
use crate::file_part::Raised;
use crate::link::{Closed, Limits, Link};
use crate::request::{Arguments, Json, duration};
use crate::server;
use crate::waiting;

/// A pool of connections to one server; see the stub.
#[pyclass(frozen, weakref, module = "ketch._core")]
pub(crate) struct Connection {
    link: Arc<Link>,
}

impl Connection {
    pub(crate) fn link(&self) -> &Arc<Link> {
        &self.link
    }

    /// Taken when the call is made, so that the last one wins in whatever order they run.
    fn turn(&self, key: Option<String>) -> Option<Turn> {
        key.map(|key| self.link.keys().enter(Some(key)))
    }
}

#[pymethods]
impl Connection {
    #[new]
    #[pyo3(signature = (base_url, *, timeout = 30.0, connect_timeout = 10.0, tries = 2, user_agent = None, app_id = None, admin_token = None))]
    #[expect(clippy::too_many_arguments, reason = "the keywords of a Python method")]
    fn new(
        py: Python<'_>,
        base_url: &str,
        timeout: f64,
        connect_timeout: f64,
        tries: u32,
        user_agent: Option<String>,
        app_id: Option<String>,
        admin_token: Option<String>,
    ) -> PyResult<Self> {
        let user_agent =
            user_agent.unwrap_or_else(|| concat!("ketch-python/", env!("CARGO_PKG_VERSION")).to_owned());
        let (timeout, connect_timeout) = (duration(py, timeout)?, duration(py, connect_timeout)?);
        let flags = server::app_flags(app_id, admin_token);
        let link = Link::new(base_url, flags, Limits { timeout, connect_timeout, tries, user_agent })
            .map_err(|error| errors::raise(py, &error))?;
        if link.is_embedded() {
            exit::close_folders_at_exit(py)?;
        }
        Ok(Self { link: Arc::new(link) })
    }

    #[getter]
    fn base_url(&self) -> &str {
        self.link.base_url()
    }

    #[getter]
    fn is_embedded(&self) -> bool {
        self.link.is_embedded()
    }

    #[pyo3(signature = (method, path, *, query = None, headers = None, json = Json::NOTHING, files = None, content = None, timeout = None, key = None, safe = None, iso_dates = false))]
    #[expect(clippy::too_many_arguments, reason = "the keywords of a Python method")]
    fn send<'py>(
        &self,
        py: Python<'py>,
        method: &str,
        path: &str,
        query: Option<Bound<'py, PyAny>>,
        headers: Option<Bound<'py, PyAny>>,
        json: Json<'py>,
        files: Option<Bound<'py, PyAny>>,
        content: Option<Bound<'py, PyAny>>,
        timeout: Option<f64>,
        key: Option<String>,
        safe: Option<bool>,
        iso_dates: bool,
    ) -> PyResult<Py<PyAny>> {
        let turn = self.turn(key);
        let arguments =
            Arguments { method, path, query, headers, json, iso_dates, files, content, timeout, safe, turn };
        let prepared = arguments.prepare(py)?;
        let raised = prepared.raised.clone();
        let result = waiting::wait(py, self.link.read(prepared))?;
        finish(py, result, &raised, decoded)
    }

    #[pyo3(signature = (method, path, *, query = None, headers = None, json = Json::NOTHING, files = None, content = None, timeout = None, key = None, safe = None, iso_dates = false))]
    #[expect(clippy::too_many_arguments, reason = "the keywords of a Python method")]
    fn send_async<'py>(
        &self,
        py: Python<'py>,
        method: &str,
        path: &str,
        query: Option<Bound<'py, PyAny>>,
        headers: Option<Bound<'py, PyAny>>,
        json: Json<'py>,
        files: Option<Bound<'py, PyAny>>,
        content: Option<Bound<'py, PyAny>>,
        timeout: Option<f64>,
        key: Option<String>,
        safe: Option<bool>,
        iso_dates: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let turn = self.turn(key);
        let arguments =
            Arguments { method, path, query, headers, json, iso_dates, files, content, timeout, safe, turn };
        let prepared = arguments.prepare(py)?;
        let (raised, link) = (prepared.raised.clone(), self.link.clone());
        let call = async move { link.read(prepared).await };
        completions::start(py, call, move |py, result| finish(py, result, &raised, decoded))
    }

    #[pyo3(signature = (method, path, *, query = None, headers = None, json = Json::NOTHING, content = None, timeout = None, key = None, safe = None, iso_dates = false))]
    #[expect(clippy::too_many_arguments, reason = "the keywords of a Python method")]
    fn open<'py>(
        &self,
        py: Python<'py>,
        method: &str,
        path: &str,
        query: Option<Bound<'py, PyAny>>,
        headers: Option<Bound<'py, PyAny>>,
        json: Json<'py>,
        content: Option<Bound<'py, PyAny>>,
        timeout: Option<f64>,
        key: Option<String>,
        safe: Option<bool>,
        iso_dates: bool,
    ) -> PyResult<Py<PyAny>> {
        let files = None;
        let turn = self.turn(key);
        let arguments =
            Arguments { method, path, query, headers, json, iso_dates, files, content, timeout, safe, turn };
        let prepared = arguments.prepare(py)?;
        let raised = prepared.raised.clone();
        let result = waiting::wait(py, self.link.open(prepared))?;
        finish(py, result, &raised, |py, answer| downloading(py, answer, self.link.closed().clone()))
    }

    #[pyo3(signature = (method, path, *, query = None, headers = None, json = Json::NOTHING, content = None, timeout = None, key = None, safe = None, iso_dates = false))]
    #[expect(clippy::too_many_arguments, reason = "the keywords of a Python method")]
    fn open_async<'py>(
        &self,
        py: Python<'py>,
        method: &str,
        path: &str,
        query: Option<Bound<'py, PyAny>>,
        headers: Option<Bound<'py, PyAny>>,
        json: Json<'py>,
        content: Option<Bound<'py, PyAny>>,
        timeout: Option<f64>,
        key: Option<String>,
        safe: Option<bool>,
        iso_dates: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let files = None;
        let turn = self.turn(key);
        let arguments =
            Arguments { method, path, query, headers, json, iso_dates, files, content, timeout, safe, turn };
        let prepared = arguments.prepare(py)?;
        let (raised, link) = (prepared.raised.clone(), self.link.clone());
        let closed = self.link.closed().clone();
        let call = async move { link.open(prepared).await };
        completions::start(py, call, move |py, result| {
            finish(py, result, &raised, |py, answer| downloading(py, answer, closed))
        })
    }

    #[pyo3(signature = (method, path, *, query = None, headers = None, json = Json::NOTHING, timeout = None, idle_timeout = None, safe = None, iso_dates = false))]
    #[expect(clippy::too_many_arguments, reason = "the keywords of a Python method")]
    fn events<'py>(
        &self,
        py: Python<'py>,
        method: &str,
        path: &str,
        query: Option<Bound<'py, PyAny>>,
        headers: Option<Bound<'py, PyAny>>,
        json: Json<'py>,
        timeout: Option<f64>,
        idle_timeout: Option<f64>,
        safe: Option<bool>,
        iso_dates: bool,
    ) -> PyResult<EventStream> {
        let (files, content, turn) = (None, None, None);
        let arguments =
            Arguments { method, path, query, headers, json, iso_dates, files, content, timeout, safe, turn };
        let prepared = arguments.prepare(py)?;
        let idle = idle_timeout.map(|seconds| duration(py, seconds)).transpose()?;
        let events = waiting::wait_for(py, self.link.events(prepared, idle))?;
        Ok(EventStream::new(events, self.link.closed().clone()))
    }

    #[pyo3(signature = (method, path, *, query = None, headers = None, json = Json::NOTHING, timeout = None, idle_timeout = None, safe = None, iso_dates = false))]
    #[expect(clippy::too_many_arguments, reason = "the keywords of a Python method")]
    fn events_async<'py>(
        &self,
        py: Python<'py>,
        method: &str,
        path: &str,
        query: Option<Bound<'py, PyAny>>,
        headers: Option<Bound<'py, PyAny>>,
        json: Json<'py>,
        timeout: Option<f64>,
        idle_timeout: Option<f64>,
        safe: Option<bool>,
        iso_dates: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (files, content, turn) = (None, None, None);
        let arguments =
            Arguments { method, path, query, headers, json, iso_dates, files, content, timeout, safe, turn };
        let prepared = arguments.prepare(py)?;
        let idle = idle_timeout.map(|seconds| duration(py, seconds)).transpose()?;
        let (link, closed) = (self.link.clone(), self.link.closed().clone());
        let call = async move { link.events(prepared, idle).await };
        completions::start_call(py, call, |py, events| {
            Ok(Py::new(py, EventStream::new(events, closed))?.into_any())
        })
    }

    fn cancel(&self, py: Python<'_>, key: &str) {
        py.detach(|| self.link.keys().cancel(key));
    }

    fn cancel_all(&self, py: Python<'_>) {
        py.detach(|| self.link.keys().cancel_all());
    }

    fn close(&self, py: Python<'_>) -> PyResult<()> {
        match self.link.close() {
            Some(folder) => waiting::wait(py, folder.release()),
            None => Ok(()),
        }
    }

    fn close_async<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let folder = self.link.close();
        let releasing = async move {
            if let Some(folder) = folder {
                folder.release().await;
            }
        };
        completions::start(py, releasing, |py, ()| Ok(py.None()))
    }

    fn credentials(&self, py: Python<'_>) -> PyResult<(String, String)> {
        waiting::wait_for(py, self.link.credentials())
    }

    fn credentials_async<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let link = self.link.clone();
        completions::start_call(py, async move { link.credentials().await }, |py, credentials| {
            Ok(credentials.into_pyobject(py)?.into_any().unbind())
        })
    }

    fn __repr__(&self) -> String {
        format!("Connection({:?})", self.base_url())
    }
}

/// The result of a call, or what a file object raised while it was sent.
fn finish<T>(
    py: Python<'_>,
    result: Result<T, Error>,
    raised: &Raised,
    make: impl FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>>,
) -> PyResult<Py<PyAny>> {
    match result {
        Ok(value) => make(py, value),
        Err(error) => Err(raised.take().unwrap_or_else(|| errors::raise(py, &error))),
    }
}

fn decoded(py: Python<'_>, answer: Answer) -> PyResult<Py<PyAny>> {
    if answer.body.trim_ascii().is_empty() {
        return Ok(pyo3::types::PyDict::new(py).into_any().unbind());
    }
    decode::from_slice(py, &answer.body)
        .map(Bound::unbind)
        .map_err(|error| errors::no_json(py, answer.status, &answer.url, &answer.body, &error.to_string()))
}

fn downloading(
    py: Python<'_>,
    (response, url): (Response, String),
    closed: Arc<Closed>,
) -> PyResult<Py<PyAny>> {
    Ok(Py::new(py, Download::new(py, response, url, closed)?)?.into_any())
}
