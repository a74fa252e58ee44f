//! PocketBase's realtime connection, over the Rust client's hub.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::FutureExt;
use ketch_client::pocketbase::{
    Client, ConnectionEvent, Event, HookFuture, HookRequest, Hooks, Listener, Realtime as Hub,
};
use ketch_client::process::PerProcess;
use ketch_client::{Error, ErrorKind, RetryPolicy};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyMapping;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::attach::attach;
use crate::completions::{self, Mailbox};
use crate::connection::Connection;
use crate::decode;
use crate::link::Link;
use crate::request::duration;
use crate::waiting;

/// The topic that tells of gaps. It is of this core and not of the server.
const GAP: &str = "PB_GAP";

type Job = Box<dyn FnOnce(Python<'_>) + Send>;

/// A realtime connection; see the stub.
#[pyclass(frozen, weakref, module = "ketch._core")]
pub(crate) struct Realtime {
    inner: Arc<Inner>,
}

struct Inner {
    link: Arc<Link>,
    client: OnceCell<Client>,
    settings: Arc<Settings>,
    state: Mutex<State>,
    numbers: AtomicU64,
    thread: PerProcess<Mutex<Option<Sender<Job>>>>,
}

/// What Python may set, and what the garbage collector looks through.
struct Settings {
    headers: Mutex<Option<Py<PyAny>>>,
    on_disconnect: Mutex<Option<Py<PyAny>>>,
}

#[derive(Default)]
struct State {
    listeners: HashMap<u64, Listener>,
    gaps: HashMap<u64, Arc<Target>>,
    connect_timeout: Option<f64>,
    reconnects_max: Option<f64>,
    /// Where `on_disconnect` is called: the loop of the last subscription, or the thread.
    home: Option<Arc<Target>>,
}

/// A callback and where it is called.
enum Target {
    Thread(Py<PyAny>),
    /// The dispatcher calls it on its loop, in order.
    Loop {
        mailbox: Arc<Mailbox>,
        dispatcher: Py<PyAny>,
        callback: Py<PyAny>,
    },
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Puts the caller's headers on what the hub posts.
struct WithHeaders(Weak<Settings>);

impl Hooks for WithHeaders {
    fn before_send(&self, mut request: HookRequest) -> HookFuture<'_, HookRequest> {
        let settings = self.0.upgrade();
        async move {
            if request.method != http::Method::POST {
                return Ok(request);
            }
            if let Some(settings) = settings {
                let asking = tokio::task::spawn_blocking(move || ask(&settings));
                let lost = |_| Error::new(ErrorKind::Aborted, "the headers could not be asked for");
                request.headers.extend(asking.await.map_err(lost)??);
            }
            Ok(request)
        }
        .boxed()
    }
}

fn ask(settings: &Settings) -> Result<Vec<(String, String)>, Error> {
    let asked = attach(|py| -> PyResult<Vec<(String, String)>> {
        let function = lock(&settings.headers).as_ref().map(|function| function.clone_ref(py));
        let Some(function) = function else { return Ok(Vec::new()) };
        let headers = function.call0(py)?;
        let items = headers.bind(py).cast::<PyMapping>()?.items()?;
        items.iter().map(|item| item.extract()).collect()
    });
    let failed = |error: PyErr| {
        Error::new(ErrorKind::Input, format!("the function that gives the headers failed: {error}"))
    };
    asked.unwrap_or_else(|| Ok(Vec::new())).map_err(failed)
}

impl Inner {
    async fn hub(self: &Arc<Self>) -> Result<&Hub, Error> {
        let made = self.client.get_or_try_init(|| async {
            let transport = self.link.transport().await?;
            let limits = self.link.limits();
            let client = Client::builder()
                .hooks(Arc::new(WithHeaders(Arc::downgrade(&self.settings))))
                .timeout(limits.timeout)
                .retry(RetryPolicy::default().tries(limits.tries))
                .build_on(transport);
            let this = Arc::downgrade(self);
            client.realtime().on_connection(move |event| {
                if let Some(this) = this.upgrade() {
                    this.connection_event(event);
                }
            });
            Ok::<_, Error>(client)
        });
        let hub = made.await?.realtime();
        let (timeout, most) = {
            let state = lock(&self.state);
            (state.connect_timeout, state.reconnects_max)
        };
        if let Some(timeout) = timeout {
            hub.set_connect_timeout(Duration::try_from_secs_f64(timeout).unwrap_or(Duration::MAX));
        }
        if let Some(most) = most {
            // Infinity and what is larger than the type become its largest value, which means no end.
            hub.set_reconnects_max(most as u32);
        }
        Ok(hub)
    }

    fn connection_event(self: &Arc<Self>, event: &ConnectionEvent) {
        match event {
            ConnectionEvent::Disconnected { topics } => {
                let home = lock(&self.state).home.clone();
                let (settings, topics) = (self.settings.clone(), topics.clone());
                let shown = move |py: Python<'_>| -> PyResult<Option<(Py<PyAny>, Py<PyAny>)>> {
                    let function =
                        lock(&settings.on_disconnect).as_ref().map(|function| function.clone_ref(py));
                    let Some(function) = function else { return Ok(None) };
                    Ok(Some((function, topics.into_pyobject(py)?.into_any().unbind())))
                };
                match home.as_deref() {
                    Some(Target::Loop { mailbox, dispatcher, .. }) => {
                        let Some(dispatcher) = attach(|py| dispatcher.clone_ref(py)) else {
                            return;
                        };
                        mailbox.put(Box::new(move |py| match shown(py)? {
                            Some((function, topics)) => {
                                dispatcher.call_method1(py, "put", (function, topics)).map(drop)
                            }
                            None => Ok(()),
                        }));
                    }
                    _ => self.on_thread(Box::new(move |py| match shown(py) {
                        Ok(Some((function, topics))) => call(py, &function, topics),
                        Ok(None) => {}
                        Err(error) => error.write_unraisable(py, None),
                    })),
                }
            }
            ConnectionEvent::Gap { topics } => {
                let targets: Vec<_> = lock(&self.state).gaps.values().cloned().collect();
                for target in targets {
                    self.deliver(&target, json!({ "topics": topics }));
                }
            }
            _ => {}
        }
    }

    fn deliver(self: &Arc<Self>, target: &Arc<Target>, data: Value) {
        let aim = target.clone();
        match &**target {
            Target::Thread(_) => self.on_thread(Box::new(move |py| {
                let Target::Thread(callback) = &*aim else { return };
                match decode::from_value(py, &data) {
                    Ok(data) => call(py, callback, data.unbind()),
                    Err(error) => error.write_unraisable(py, None),
                }
            })),
            Target::Loop { mailbox, .. } => mailbox.put(Box::new(move |py| {
                let Target::Loop { dispatcher, callback, .. } = &*aim else { return Ok(()) };
                let data = decode::from_value(py, &data)?;
                dispatcher.call_method1(py, pyo3::intern!(py, "put"), (callback, data)).map(drop)
            })),
        }
    }

    /// Has a job done on the thread of this connection, after those that came before.
    fn on_thread(&self, job: Job) {
        let mut sender = lock(self.thread.get_or_init(Mutex::default));
        let job = match &*sender {
            Some(known) => match known.send(job) {
                Ok(()) => return,
                Err(unsent) => unsent.0,
            },
            None => job,
        };
        let (jobs, queue) = channel::<Job>();
        let started = std::thread::Builder::new().name("ketch-realtime".to_owned()).spawn(move || {
            for job in queue {
                // Nothing when the interpreter is being shut down.
                attach(job);
            }
        });
        if started.is_ok() {
            let _ = jobs.send(job);
            *sender = Some(jobs);
        }
    }

    async fn subscribe(self: Arc<Self>, topic: String, target: Arc<Target>) -> Result<u64, Error> {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        lock(&self.state).home = Some(target.clone());
        if topic == GAP {
            lock(&self.state).gaps.insert(number, target);
            return Ok(number);
        }
        let this = Arc::downgrade(&self);
        let listening = self.hub().await?.listen(&topic, move |event| {
            if let (Event::Message { data, .. }, Some(this)) = (event, this.upgrade()) {
                this.deliver(&target, data.clone());
            }
        });
        let listener = listening.await?;
        lock(&self.state).listeners.insert(number, listener);
        Ok(number)
    }

    async fn unsubscribe(self: Arc<Self>, numbers: Vec<u64>) -> Result<(), Error> {
        let ended: Vec<Listener> = {
            let mut state = lock(&self.state);
            for number in &numbers {
                state.gaps.remove(number);
            }
            numbers.iter().filter_map(|number| state.listeners.remove(number)).collect()
        };
        match ended.is_empty() {
            true => Ok(()),
            false => self.hub().await?.end(ended).await,
        }
    }

    fn close(&self) {
        let mut state = lock(&self.state);
        let listeners = std::mem::take(&mut state.listeners);
        let gaps = std::mem::take(&mut state.gaps);
        let home = state.home.take();
        drop(state);
        drop((listeners, gaps, home));
        // The thread ends when it has done what is queued.
        lock(self.thread.get_or_init(Mutex::default)).take();
    }
}

/// A callback that raises is reported, and stops nothing.
fn call(py: Python<'_>, callback: &Py<PyAny>, data: Py<PyAny>) {
    if let Err(error) = callback.call1(py, (data,)) {
        error.write_unraisable(py, Some(callback.bind(py)));
    }
}

#[pymethods]
impl Realtime {
    #[new]
    fn new(connection: &Bound<'_, Connection>, headers: Py<PyAny>) -> Self {
        let settings = Settings { headers: Mutex::new(Some(headers)), on_disconnect: Mutex::default() };
        let inner = Inner {
            link: connection.get().link().clone(),
            client: OnceCell::new(),
            settings: Arc::new(settings),
            state: Mutex::default(),
            numbers: AtomicU64::new(1),
            thread: PerProcess::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    #[getter]
    fn client_id(&self) -> String {
        self.inner.client.get().map(|client| client.realtime().client_id()).unwrap_or_default()
    }

    #[getter]
    fn is_connected(&self) -> bool {
        !self.client_id().is_empty()
    }

    #[getter]
    fn max_connect_timeout(&self) -> f64 {
        lock(&self.inner.state).connect_timeout.unwrap_or(15.0)
    }

    #[setter]
    fn set_max_connect_timeout(&self, py: Python<'_>, seconds: f64) -> PyResult<()> {
        duration(py, seconds)?;
        lock(&self.inner.state).connect_timeout = Some(seconds);
        Ok(())
    }

    #[getter]
    fn max_reconnect_attempts(&self) -> f64 {
        lock(&self.inner.state).reconnects_max.unwrap_or(f64::INFINITY)
    }

    #[setter]
    fn set_max_reconnect_attempts(&self, most: f64) {
        lock(&self.inner.state).reconnects_max = Some(most);
        if let Some(client) = self.inner.client.get() {
            client.realtime().set_reconnects_max(most as u32);
        }
    }

    #[getter]
    fn on_disconnect(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        lock(&self.inner.settings.on_disconnect).as_ref().map(|function| function.clone_ref(py))
    }

    #[setter]
    fn set_on_disconnect(&self, function: Option<Py<PyAny>>) {
        let before = std::mem::replace(&mut *lock(&self.inner.settings.on_disconnect), function);
        drop(before);
    }

    fn subscribe(&self, py: Python<'_>, topic: String, callback: Py<PyAny>) -> PyResult<u64> {
        let target = Arc::new(Target::Thread(callback));
        waiting::wait_for(py, self.inner.clone().subscribe(topic, target))
    }

    fn subscribe_async<'py>(
        &self,
        py: Python<'py>,
        topic: String,
        callback: Py<PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let mailbox = Mailbox::of_running(py)?;
        let dispatchers = py.import("ketch._dispatch")?.getattr("Dispatcher")?;
        let dispatcher = dispatchers.call1((mailbox.event_loop(py),))?.unbind();
        let target = Arc::new(Target::Loop { mailbox, dispatcher, callback });
        let subscribing = self.inner.clone().subscribe(topic, target);
        completions::start_call(py, subscribing, |py, number| {
            Ok(number.into_pyobject(py)?.into_any().unbind())
        })
    }

    fn unsubscribe(&self, py: Python<'_>, ids: Vec<u64>) -> PyResult<()> {
        waiting::wait_for(py, self.inner.clone().unsubscribe(ids))
    }

    fn unsubscribe_async<'py>(&self, py: Python<'py>, ids: Vec<u64>) -> PyResult<Bound<'py, PyAny>> {
        completions::start_call(py, self.inner.clone().unsubscribe(ids), |py, ()| Ok(py.None()))
    }

    fn refresh(&self, py: Python<'_>) {
        let Some(client) = self.inner.client.get() else { return };
        // What comes of it shows in the connection.
        let refreshing = client.realtime().refresh();
        py.detach(|| {
            drop(ketch_client::blocking::handle().map(|runtime| runtime.spawn(refreshing.into_future())))
        });
    }

    fn close(&self, py: Python<'_>) {
        py.detach(|| self.inner.close());
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let settings = &self.inner.settings;
        for place in [&settings.headers, &settings.on_disconnect] {
            // Whoever holds the lock is about to look the function up: it is in use.
            if let Ok(function) = place.try_lock()
                && let Some(function) = &*function
            {
                visit.call(function)?;
            }
        }
        Ok(())
    }

    fn __clear__(&self) {
        let settings = &self.inner.settings;
        let taken = (lock(&settings.headers).take(), lock(&settings.on_disconnect).take());
        drop(taken);
    }
}
