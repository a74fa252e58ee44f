//! Results of calls on their way to asyncio.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ketch_client::process::PerProcess;
use ketch_client::{Error, blocking};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use tokio::task::AbortHandle;

use crate::attach::attach;
use crate::errors;

/// Something to do with the interpreter's lock held, on the loop's own thread.
pub(crate) type Job = Box<dyn FnOnce(Python<'_>) -> PyResult<()> + Send>;

/// What is to be done on one event loop.
pub(crate) struct Mailbox {
    event_loop: Py<PyAny>,
    jobs: Mutex<Vec<Job>>,
}

static MAILBOXES: PerProcess<Mutex<Vec<Arc<Mailbox>>>> = PerProcess::new();

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Mailbox {
    /// The mailbox of the running loop.
    pub(crate) fn of_running(py: Python<'_>) -> PyResult<Arc<Self>> {
        static RUNNING: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let event_loop = RUNNING.import(py, "asyncio", "get_running_loop")?.call0()?;
        let mailboxes = MAILBOXES.get_or_init(Mutex::default);
        let known = |mailbox: &&Arc<Self>| mailbox.event_loop.is(&event_loop);
        if let Some(mailbox) = lock(mailboxes).iter().find(known) {
            return Ok(mailbox.clone());
        }
        let mailbox = Arc::new(Self { event_loop: event_loop.unbind(), jobs: Mutex::default() });
        let all = std::mem::take(&mut *lock(mailboxes));
        let is_open = |mailbox: &Arc<Self>| -> bool {
            let closed = mailbox.event_loop.bind(py).call_method0(pyo3::intern!(py, "is_closed"));
            !closed.and_then(|closed| closed.is_truthy()).unwrap_or(true)
        };
        // Loops that are closed are let go here. Asking them needs the lock of Python, not ours.
        let open: Vec<_> = all.into_iter().filter(is_open).chain([mailbox.clone()]).collect();
        lock(mailboxes).extend(open);
        Ok(mailbox)
    }

    pub(crate) fn event_loop<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        self.event_loop.bind(py).clone()
    }

    /// Jobs that come together wake the loop once.
    pub(crate) fn put(self: &Arc<Self>, job: Job) {
        let was_empty = {
            let mut jobs = lock(&self.jobs);
            jobs.push(job);
            jobs.len() == 1
        };
        if was_empty {
            // Nothing when the interpreter is being shut down: nobody waits any more.
            attach(|py| {
                let delivery = Delivery { mailbox: self.clone() };
                let told = self
                    .event_loop
                    .bind(py)
                    .call_method1(pyo3::intern!(py, "call_soon_threadsafe"), (delivery,));
                if told.is_err() {
                    // The loop is closed, and with it whoever waited.
                    let lost = std::mem::take(&mut *lock(&self.jobs));
                    drop(lost);
                }
            });
        }
    }
}

#[pyclass(frozen)]
struct Delivery {
    mailbox: Arc<Mailbox>,
}

#[pymethods]
impl Delivery {
    fn __call__(&self, py: Python<'_>) {
        let jobs = std::mem::take(&mut *lock(&self.mailbox.jobs));
        for job in jobs {
            if let Err(error) = job(py) {
                error.write_unraisable(py, None);
            }
        }
    }
}

/// Tells an asyncio future its result, unless it was cancelled.
fn settle(py: Python<'_>, future: &Py<PyAny>, result: PyResult<Py<PyAny>>) -> PyResult<()> {
    let future = future.bind(py);
    if future.call_method0(pyo3::intern!(py, "done"))?.is_truthy()? {
        return Ok(());
    }
    match result {
        Ok(value) => future.call_method1(pyo3::intern!(py, "set_result"), (value,))?,
        Err(error) => future.call_method1(pyo3::intern!(py, "set_exception"), (error.into_value(py),))?,
    };
    Ok(())
}

/// Ends the call when its asyncio future is cancelled.
#[pyclass(frozen)]
struct Abort {
    task: AbortHandle,
}

#[pymethods]
impl Abort {
    fn __call__(&self, future: &Bound<'_, PyAny>) -> PyResult<()> {
        if future.call_method0(pyo3::intern!(future.py(), "cancelled"))?.is_truthy()? {
            self.task.abort();
        }
        Ok(())
    }
}

/// Runs `call` on the background threads and gives an asyncio future of what `finish` makes of its result.
///
/// # Errors
///
/// `RuntimeError` without a running event loop.
pub(crate) fn start<'py, T: Send + 'static>(
    py: Python<'py>,
    call: impl Future<Output = T> + Send + 'static,
    finish: impl FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
) -> PyResult<Bound<'py, PyAny>> {
    let mailbox = Mailbox::of_running(py)?;
    let event_loop = mailbox.event_loop.bind(py);
    let future = event_loop.call_method0(pyo3::intern!(py, "create_future"))?;
    let runtime = blocking::handle().map_err(|error| errors::raise(py, &error))?;
    let waiting = future.clone().unbind();
    let task = runtime.spawn(async move {
        let result = call.await;
        mailbox.put(Box::new(move |py| settle(py, &waiting, finish(py, result))));
    });
    let abort = Abort { task: task.abort_handle() };
    future.call_method1(pyo3::intern!(py, "add_done_callback"), (abort,))?;
    Ok(future)
}

/// As [`start`] for calls that may fail.
pub(crate) fn start_call<'py, T: Send + 'static>(
    py: Python<'py>,
    call: impl Future<Output = Result<T, Error>> + Send + 'static,
    finish: impl FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
) -> PyResult<Bound<'py, PyAny>> {
    start(py, call, |py, result| match result {
        Ok(value) => finish(py, value),
        Err(error) => Err(errors::raise(py, &error)),
    })
}

/// A future that is done already.
pub(crate) fn ready<'py>(py: Python<'py>, result: PyResult<Py<PyAny>>) -> PyResult<Bound<'py, PyAny>> {
    let mailbox = Mailbox::of_running(py)?;
    let future = mailbox.event_loop.bind(py).call_method0(pyo3::intern!(py, "create_future"))?;
    match result {
        Ok(value) => future.call_method1("set_result", (value,))?,
        Err(error) => future.call_method1("set_exception", (error.into_value(py),))?,
    };
    Ok(future)
}
