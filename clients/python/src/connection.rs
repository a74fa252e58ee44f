//! A client's connections to one server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ketch_client::raw::{Answer, Caller};
use ketch_client::transport::{Http, Response};
use ketch_client::{Error, ErrorKind, RetryPolicy};
use pyo3::prelude::*;
use tokio::sync::Notify;

use crate::completions;
use crate::decode;
use crate::download::Download;
use crate::errors;
use crate::events::EventStream;
use crate::file_part::Raised;
use crate::request::{Arguments, Json, Prepared, duration};
use crate::waiting;

/// The longest pause in the body of a download or a stream of events. Ketch and PocketBase end
/// streams that are silent for five minutes themselves.
const IDLE_MAX: Duration = Duration::from_secs(330);

/// What the calls of one connection share.
pub(crate) struct Shared {
    caller: Caller,
    closed: Closed,
}

/// Whether a connection is closed, and who waits for that.
#[derive(Default)]
struct Closed {
    is_closed: AtomicBool,
    told: Notify,
}

impl Closed {
    /// Runs a call, which ends when the connection is closed.
    async fn guard<T>(&self, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let told = self.told.notified();
        if self.is_closed.load(Ordering::Acquire) {
            return Err(Error::new(ErrorKind::Input, "the client is closed: make a new one"));
        }
        tokio::select! {
            biased;
            result = call => result,
            () = told => Err(Error::new(ErrorKind::Aborted, "the client was closed while the call was pending")),
        }
    }
}

impl Shared {
    async fn read(&self, prepared: Prepared) -> Result<Answer, Error> {
        self.closed.guard(async { self.caller.read(prepared.open().await?).await }).await
    }

    async fn open(&self, prepared: Prepared) -> Result<(Response, String), Error> {
        let opening = async {
            let request = prepared.open().await?;
            let url = self.caller.shown_url(&request.path);
            Ok((self.caller.open(request, Some(IDLE_MAX)).await?, url))
        };
        self.closed.guard(opening).await
    }

    async fn events(&self, prepared: Prepared) -> Result<ketch_client::raw::Events, Error> {
        self.closed.guard(async { self.caller.events(prepared.open().await?, Some(IDLE_MAX)).await }).await
    }
}

/// A pool of connections to one server; see the stub.
#[pyclass(frozen, weakref, module = "ketch._core")]
pub(crate) struct Connection {
    shared: Arc<Shared>,
    base_url: String,
}

#[pymethods]
impl Connection {
    #[new]
    #[pyo3(signature = (base_url, *, timeout = 30.0, connect_timeout = 10.0, tries = 2, user_agent = None))]
    fn new(
        py: Python<'_>,
        base_url: &str,
        timeout: f64,
        connect_timeout: f64,
        tries: u32,
        user_agent: Option<String>,
    ) -> PyResult<Self> {
        let transport = Http::builder(base_url)
            .connect_timeout(duration(py, connect_timeout)?)
            .user_agent(
                user_agent.unwrap_or_else(|| concat!("ketch-python/", env!("CARGO_PKG_VERSION")).to_owned()),
            )
            .build()
            .map_err(|error| errors::raise(py, &error))?;
        let caller = Caller::new(Arc::new(transport))
            .timeout(duration(py, timeout)?)
            .retry(RetryPolicy::default().tries(tries));
        let base_url = caller.base_url().to_owned();
        Ok(Self { shared: Arc::new(Shared { caller, closed: Closed::default() }), base_url })
    }

    #[getter]
    fn base_url(&self) -> &str {
        &self.base_url
    }

    #[getter]
    fn is_embedded(&self) -> bool {
        false
    }

    #[pyo3(signature = (method, path, *, query = None, headers = None, json = Json::NOTHING, files = None, content = None, timeout = None, key = None, iso_dates = false))]
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
        iso_dates: bool,
    ) -> PyResult<Py<PyAny>> {
        let arguments =
            Arguments { method, path, query, headers, json, iso_dates, files, content, timeout, key };
        let prepared = arguments.prepare(py)?;
        let raised = prepared.raised.clone();
        let result = waiting::wait(py, self.shared.read(prepared))?;
        finish(py, result, &raised, decoded)
    }

    #[pyo3(signature = (method, path, *, query = None, headers = None, json = Json::NOTHING, files = None, content = None, timeout = None, key = None, iso_dates = false))]
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
        iso_dates: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let arguments =
            Arguments { method, path, query, headers, json, iso_dates, files, content, timeout, key };
        let prepared = arguments.prepare(py)?;
        let (raised, shared) = (prepared.raised.clone(), self.shared.clone());
        let call = async move { shared.read(prepared).await };
        completions::start(py, call, move |py, result| finish(py, result, &raised, decoded))
    }

    #[pyo3(signature = (method, path, *, query = None, headers = None, json = Json::NOTHING, content = None, timeout = None, key = None, iso_dates = false))]
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
        iso_dates: bool,
    ) -> PyResult<Py<PyAny>> {
        let files = None;
        let arguments =
            Arguments { method, path, query, headers, json, iso_dates, files, content, timeout, key };
        let prepared = arguments.prepare(py)?;
        let raised = prepared.raised.clone();
        let result = waiting::wait(py, self.shared.open(prepared))?;
        finish(py, result, &raised, downloading)
    }

    #[pyo3(signature = (method, path, *, query = None, headers = None, json = Json::NOTHING, content = None, timeout = None, key = None, iso_dates = false))]
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
        iso_dates: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let files = None;
        let arguments =
            Arguments { method, path, query, headers, json, iso_dates, files, content, timeout, key };
        let prepared = arguments.prepare(py)?;
        let (raised, shared) = (prepared.raised.clone(), self.shared.clone());
        let call = async move { shared.open(prepared).await };
        completions::start(py, call, move |py, result| finish(py, result, &raised, downloading))
    }

    #[pyo3(signature = (method, path, *, query = None, headers = None, json = Json::NOTHING, timeout = None, iso_dates = false))]
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
        iso_dates: bool,
    ) -> PyResult<EventStream> {
        let (files, content, key) = (None, None, None);
        let arguments =
            Arguments { method, path, query, headers, json, iso_dates, files, content, timeout, key };
        let prepared = arguments.prepare(py)?;
        Ok(EventStream::new(waiting::wait_for(py, self.shared.events(prepared))?))
    }

    #[pyo3(signature = (method, path, *, query = None, headers = None, json = Json::NOTHING, timeout = None, iso_dates = false))]
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
        iso_dates: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let (files, content, key) = (None, None, None);
        let arguments =
            Arguments { method, path, query, headers, json, iso_dates, files, content, timeout, key };
        let prepared = arguments.prepare(py)?;
        let shared = self.shared.clone();
        let call = async move { shared.events(prepared).await };
        completions::start_call(py, call, |py, events| Ok(Py::new(py, EventStream::new(events))?.into_any()))
    }

    fn cancel(&self, py: Python<'_>, key: &str) {
        py.detach(|| self.shared.caller.cancel(key));
    }

    fn cancel_all(&self, py: Python<'_>) {
        py.detach(|| self.shared.caller.cancel_all());
    }

    fn close(&self, py: Python<'_>) {
        py.detach(|| {
            self.shared.closed.is_closed.store(true, Ordering::Release);
            self.shared.closed.told.notify_waiters();
        });
    }

    fn __repr__(&self) -> String {
        format!("Connection({:?})", self.base_url)
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

fn downloading(py: Python<'_>, (response, url): (Response, String)) -> PyResult<Py<PyAny>> {
    Ok(Py::new(py, Download::new(py, response, url)?)?.into_any())
}
