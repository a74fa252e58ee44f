//! What a connection sends through: HTTP, or a folder that is opened at the first call.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use ketch::OpenFailure;
use ketch_client::raw::{Answer, Caller, Events, Keys, Request};
use ketch_client::transport::{Http, Response, Transport};
use ketch_client::{Error, ErrorKind, RetryPolicy};
use tokio::sync::futures::Notified;
use tokio::sync::{Notify, OnceCell};

use crate::embedded::InProcess;
use crate::folders::Folder;
use crate::request::Prepared;

/// The longest pause in the body of a download or a stream of events. Ketch and PocketBase end
/// streams that are silent for five minutes themselves.
const IDLE_MAX: Duration = Duration::from_secs(330);

/// How requests are sent.
#[derive(Clone)]
pub(crate) struct Limits {
    pub(crate) timeout: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) tries: u32,
    pub(crate) user_agent: String,
}

/// What the calls of one connection share.
pub(crate) struct Link {
    target: Target,
    limits: Limits,
    keys: Keys,
    closed: Arc<Closed>,
}

/// Whether a connection is closed, and who waits for that.
#[derive(Default)]
pub(crate) struct Closed {
    is_closed: AtomicBool,
    told: Notify,
}

impl Closed {
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    /// Completes at the next [`close`](Self::close): look first, wait then.
    pub(crate) fn told(&self) -> Notified<'_> {
        self.told.notified()
    }

    fn close(&self) {
        self.is_closed.store(true, Ordering::Release);
        self.told.notify_waiters();
    }
}

enum Target {
    Server(Wire),
    Folder { path: PathBuf, base_url: String, flags: Vec<OsString>, opened: OnceCell<Opened> },
}

/// A caller and what it stands on.
struct Wire {
    caller: Caller,
    transport: Arc<dyn Transport>,
}

struct Opened {
    wire: Wire,
    /// Nothing where another process has the folder, and is asked over HTTP; or once it is released.
    folder: Option<Mutex<Option<Folder>>>,
    owner: u32,
}

impl Wire {
    fn new(transport: Arc<dyn Transport>, limits: &Limits) -> Self {
        let caller = Caller::new(transport.clone())
            .timeout(limits.timeout)
            .retry(RetryPolicy::default().tries(limits.tries));
        Self { caller, transport }
    }

    fn http(base_url: &str, limits: &Limits) -> Result<Self, Error> {
        let transport = Http::builder(base_url)
            .connect_timeout(limits.connect_timeout)
            .user_agent(&limits.user_agent)
            .build()?;
        Ok(Self::new(Arc::new(transport), limits))
    }
}

impl Link {
    /// A link to the server at an `http` or `https` address, or to the folder of a `file:` address, which
    /// is opened with `flags` of `ketch serve`.
    pub(crate) fn new(base_url: &str, flags: Vec<OsString>, limits: Limits) -> Result<Self, Error> {
        let target = match base_url.trim().strip_prefix("file:") {
            Some(path) => Target::Folder {
                path: folder_path(path)?,
                base_url: base_url.trim().to_owned(),
                flags,
                opened: OnceCell::new(),
            },
            None => Target::Server(Wire::http(base_url, &limits)?),
        };
        Ok(Self { target, limits, keys: Keys::default(), closed: Arc::default() })
    }

    pub(crate) fn base_url(&self) -> &str {
        match &self.target {
            Target::Server(wire) => wire.caller.base_url(),
            Target::Folder { base_url, .. } => base_url,
        }
    }

    pub(crate) fn is_embedded(&self) -> bool {
        match &self.target {
            Target::Server(_) => false,
            // Before it is opened there is no telling of another process.
            Target::Folder { opened, .. } => opened.get().is_none_or(|opened| opened.folder.is_some()),
        }
    }

    pub(crate) async fn read(&self, mut prepared: Prepared) -> Result<Answer, Error> {
        let turn = prepared.take_turn();
        let reading = async { self.wire().await?.caller.read(prepared.open().await?).await };
        turn.run(self.guard(reading)).await
    }

    pub(crate) async fn open(&self, mut prepared: Prepared) -> Result<(Response, String), Error> {
        let turn = prepared.take_turn();
        let opening = async {
            let request: Request = prepared.open().await?;
            let caller = &self.wire().await?.caller;
            let url = caller.shown_url(&request.path);
            Ok((caller.open(request, Some(IDLE_MAX)).await?, url))
        };
        turn.run(self.guard(opening)).await
    }

    /// `idle` is the longest time without a byte.
    pub(crate) async fn events(&self, prepared: Prepared, idle: Option<Duration>) -> Result<Events, Error> {
        let opening = async {
            let request = prepared.open().await?;
            self.wire().await?.caller.events(request, Some(idle.unwrap_or(IDLE_MAX))).await
        };
        self.guard(opening).await
    }

    /// The transport, for a client of one's own.
    pub(crate) async fn transport(&self) -> Result<Arc<dyn Transport>, Error> {
        self.guard(async { Ok(self.wire().await?.transport.clone()) }).await
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    pub(crate) fn closed(&self) -> &Arc<Closed> {
        &self.closed
    }

    /// Id and admin token of the main app of the folder.
    pub(crate) async fn credentials(&self) -> Result<(String, String), Error> {
        let none = || {
            let text = "only the server of a folder that is open in this process tells its app's credentials";
            Error::new(ErrorKind::Input, text)
        };
        let asking = async {
            self.wire().await?;
            let Target::Folder { opened, .. } = &self.target else { return Err(none()) };
            let embedded = {
                let folder = opened.get().and_then(|opened| opened.folder.as_ref()).ok_or_else(none)?;
                let folder = folder.lock().unwrap_or_else(PoisonError::into_inner);
                folder.as_ref().ok_or_else(none)?.embedded().clone()
            };
            let asked = embedded.credentials().await;
            asked.map_err(|failure| Error::new(ErrorKind::Input, failure.to_string()))
        };
        self.guard(asking).await
    }

    /// Ends pending calls. What is returned is to be released then.
    pub(crate) fn close(&self) -> Option<Folder> {
        self.closed.close();
        match &self.target {
            Target::Server(_) => None,
            Target::Folder { opened, .. } => {
                let folder = opened.get()?.folder.as_ref()?;
                folder.lock().unwrap_or_else(PoisonError::into_inner).take()
            }
        }
    }

    /// Runs a call, which ends when the connection is closed.
    async fn guard<T>(&self, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        let told = self.closed.told();
        if self.closed.is_closed() {
            return Err(Error::new(ErrorKind::Input, "the client is closed: make a new one"));
        }
        tokio::select! {
            biased;
            result = call => result,
            () = told => Err(Error::new(ErrorKind::Aborted, "the client was closed while the call was pending")),
        }
    }

    async fn wire(&self) -> Result<&Wire, Error> {
        let (path, base_url, flags, opened) = match &self.target {
            Target::Server(wire) => return Ok(wire),
            Target::Folder { path, base_url, flags, opened } => (path, base_url, flags, opened),
        };
        let opened = opened.get_or_try_init(|| self.open_folder(path, base_url, flags)).await?;
        if opened.folder.is_some() && opened.owner != std::process::id() {
            let text = format!(
                "the data folder {} was opened by the process {} that this one was forked from, and belongs to it: in the child connect to a server (ketch serve) by its address",
                path.display(),
                opened.owner
            );
            return Err(Error::new(ErrorKind::Input, text));
        }
        Ok(&opened.wire)
    }

    async fn open_folder(&self, path: &Path, base_url: &str, flags: &[OsString]) -> Result<Opened, Error> {
        let owner = std::process::id();
        match Folder::open(path, flags.to_vec()).await {
            Ok(folder) => {
                let agent = HeaderValue::try_from(self.limits.user_agent.as_str())
                    .unwrap_or_else(|_| HeaderValue::from_static("ketch-python"));
                let transport = InProcess::new(folder.embedded().clone(), base_url.to_owned(), agent);
                let wire = Wire::new(Arc::new(transport), &self.limits);
                Ok(Opened { wire, folder: Some(Mutex::new(Some(folder))), owner })
            }
            // Somebody else has it and listens: they are asked instead.
            Err(OpenFailure::Held { url: Some(url), .. }) => {
                Ok(Opened { wire: Wire::http(&url, &self.limits)?, folder: None, owner })
            }
            Err(failure) => Err(Error::new(ErrorKind::Connect, failure.to_string())),
        }
    }
}

/// The path of `file:./data`, `file:/srv/data` and `file:///srv/data`.
fn folder_path(text: &str) -> Result<PathBuf, Error> {
    let path = text.strip_prefix("//").unwrap_or(text);
    match path.trim_end_matches('/') {
        "" => Err(Error::new(
            ErrorKind::Input,
            format!("the address \"file:{text}\" names no folder: write file:./data or file:///srv/data"),
        )),
        // What the folder is called must not change with the working directory.
        path => std::path::absolute(path).map_err(|error| Error::new(ErrorKind::Input, error.to_string())),
    }
}
