//! A Ketch in this process that listens.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ketch_client::{Error, ErrorKind};
use pyo3::prelude::*;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::folders::Folder;
use crate::{errors, exit, waiting};

/// A server; see the stub.
#[pyclass(frozen, weakref, module = "ketch._core")]
pub(crate) struct Server {
    dir: PathBuf,
    host: String,
    port: u16,
    flags: Vec<OsString>,
    superuser: Option<(String, String)>,
    running: Mutex<Option<Running>>,
}

struct Running {
    folder: Folder,
    url: String,
    /// Dropping it stops the server.
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), ketch::Failure>>,
}

impl Server {
    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn begin(&self) -> Result<Running, Error> {
        let failed = |error: std::io::Error| {
            let text = format!("cannot listen on {}:{}: {error}", self.host, self.port);
            Error::new(ErrorKind::Connect, text)
        };
        // The port first: a second server must not touch the data of the first.
        let listener = TcpListener::bind((self.host.as_str(), self.port)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let url = match self.host.contains(':') {
            true => format!("http://[{}]:{}", self.host, address.port()),
            false => format!("http://{}:{}", self.host, address.port()),
        };
        let opened = Folder::open(&self.dir, self.flags.clone()).await;
        let folder = opened.map_err(|failure| Error::new(ErrorKind::Connect, failure.to_string()))?;
        if let Some((email, password)) = &self.superuser {
            let made = folder.embedded().upsert_superuser(email, password).await;
            if let Err(failure) = made {
                folder.release().await;
                return Err(Error::new(ErrorKind::Input, failure.to_string()));
            }
        }
        folder.embedded().set_url(Some(&url));
        let (stop, stopped) = oneshot::channel::<()>();
        let embedded = folder.embedded().clone();
        let task = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            embedded.serve(listener, stopped).await
        });
        Ok(Running { folder, url, stop, task })
    }
}

/// The flags of `ketch serve` that fix the main app's credentials.
pub(crate) fn app_flags(app_id: Option<String>, admin_token: Option<String>) -> Vec<OsString> {
    let named = [("--app-id", app_id), ("--admin-token", admin_token)];
    let given = named.into_iter().filter_map(|(flag, value)| Some([flag.to_owned(), value?]));
    given.flatten().map(OsString::from).collect()
}

async fn end(running: Running) {
    let Running { folder, stop, task, .. } = running;
    if !folder.is_ours() {
        return;
    }
    drop(stop);
    folder.embedded().set_url(None);
    if folder.is_shared().await {
        // Streams of others stay open; those of this server are cut after a moment.
        let _ = task.await;
        folder.release().await;
    } else {
        folder.release().await;
        let _ = task.await;
    }
}

#[pymethods]
impl Server {
    #[new]
    #[pyo3(signature = (dir, *, host = "127.0.0.1", port = 0, app_id = None, admin_token = None, superuser = None, flags = None))]
    fn new(
        dir: PathBuf,
        host: &str,
        port: u16,
        app_id: Option<String>,
        admin_token: Option<String>,
        superuser: Option<(String, String)>,
        flags: Option<Vec<String>>,
    ) -> Self {
        let flags = flags
            .unwrap_or_default()
            .into_iter()
            .map(OsString::from)
            .chain(app_flags(app_id, admin_token))
            .collect();
        Self { dir, host: host.to_owned(), port, flags, superuser, running: Mutex::default() }
    }

    #[getter]
    fn url(&self, py: Python<'_>) -> PyResult<String> {
        let url = self.running().as_ref().map(|running| running.url.clone());
        url.ok_or_else(|| {
            errors::input(py, "the server is not started: call start() or use it in a with statement")
        })
    }

    #[getter]
    fn dir(&self) -> OsString {
        match &*self.running() {
            Some(running) => running.folder.path().as_os_str().to_owned(),
            None => self.dir.as_os_str().to_owned(),
        }
    }

    #[getter]
    fn is_running(&self) -> bool {
        self.running().as_ref().is_some_and(|running| running.folder.is_ours() && !running.task.is_finished())
    }

    fn start(&self, py: Python<'_>) -> PyResult<()> {
        if self.running().is_some() {
            return Ok(());
        }
        exit::close_folders_at_exit(py)?;
        // On the background threads, so that what it spawns and what it holds is theirs.
        let running = waiting::wait_for(py, self.begin())?;
        let second = {
            let mut place = self.running();
            match *place {
                None => {
                    *place = Some(running);
                    None
                }
                Some(_) => Some(running),
            }
        };
        match second {
            Some(running) => waiting::wait(py, end(running)),
            None => Ok(()),
        }
    }

    fn close(&self, py: Python<'_>) -> PyResult<()> {
        let running = self.running().take();
        match running {
            Some(running) => waiting::wait(py, end(running)),
            None => Ok(()),
        }
    }

    fn __repr__(&self) -> String {
        match &*self.running() {
            Some(running) => format!("Server(url={:?}, dir={:?})", running.url, running.folder.path()),
            None => format!("Server(dir={:?})", self.dir),
        }
    }
}

/// Runs a command line of `ketch` to its end and returns the exit status. The first argument is how
/// the program is called; folders that no flag names are in the working directory.
#[pyfunction]
pub(crate) fn run_cli(py: Python<'_>, args: Vec<OsString>) -> PyResult<u8> {
    let home = std::env::current_dir()?;
    Ok(py.detach(|| ketch::run_with(args, Some(home))))
}
