//! A whole Ketch in this process: answers requests with or without a socket.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use clap::Parser;
use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use http::{Request, Response};
use ketch_telemetry::logs::LogPort;
use ketch_web::client::Peer;
use ketch_web::serve::{self as serving, DRAIN};
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::cli::{Cli, Command, Global, Serve};
use crate::failure::Failure;
use crate::lock::{self, FolderLock, Holder, Refusal};
use crate::round::{InUse, Round, Setup};
use crate::stores::ServeOptions;
use crate::{logging, project, superuser};

/// How long closing the databases may take once requests have ended; what is queued is small by then.
const CLOSE_PATIENCE: Duration = Duration::from_millis(400);
/// The pause between the end of requests and the moment when those that hang are given up.
const DRAIN_PATIENCE: Duration = DRAIN.saturating_add(Duration::from_millis(100));

/// Why a folder cannot be opened.
#[derive(Debug)]
pub enum OpenFailure {
    /// Another process has it. `url` is where that one listens, if it does.
    Held {
        /// What to tell people.
        message: String,
        /// The address to use instead.
        url: Option<String>,
    },
    /// Anything else, as a sentence.
    Other(Failure),
}

impl fmt::Display for OpenFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held { message, .. } => formatter.write_str(message),
            Self::Other(failure) => failure.fmt(formatter),
        }
    }
}

impl std::error::Error for OpenFailure {}

impl From<Failure> for OpenFailure {
    fn from(failure: Failure) -> Self {
        Self::Other(failure)
    }
}

impl From<OpenFailure> for Failure {
    fn from(failure: OpenFailure) -> Self {
        match failure {
            OpenFailure::Held { message, .. } => Self::new(message),
            OpenFailure::Other(failure) => failure,
        }
    }
}

/// Bytes that come bit by bit.
pub type ByteStream = BoxStream<'static, io::Result<Bytes>>;

/// The body of a request.
pub enum RequestBody {
    /// None.
    Empty,
    /// All of it.
    Bytes(Bytes),
    /// Read while the request is handled.
    Stream(ByteStream),
}

#[derive(Clone)]
enum State {
    Open(Arc<Round>),
    /// Restored data is taking the place of the data: callers wait.
    Restoring,
    Closed,
    /// The data could not be opened again after a restore.
    Failed(String),
}

/// An opened data folder that answers requests. Cheap to clone; clones are the same.
///
/// Crons, the request log and everything else of `ketch serve` run as long as it is open, on the
/// runtime that it was opened on. [`call`](Self::call) runs on the caller's own thread.
#[derive(Clone)]
pub struct Embedded {
    shared: Arc<Shared>,
}

struct Shared {
    setup: Setup,
    folder: PathBuf,
    state: watch::Sender<State>,
    lock: Mutex<Option<FolderLock>>,
    keeper: Mutex<Option<JoinHandle<()>>>,
}

impl Embedded {
    /// Opens `folder` as `ketch serve --dir FOLDER FLAGS…` would, without listening. Static files and
    /// hooks are looked for beside the folder unless flags say otherwise.
    ///
    /// # Errors
    ///
    /// [`OpenFailure::Held`] when another process serves the folder.
    pub async fn open(folder: &Path, flags: impl IntoIterator<Item = OsString>) -> Result<Self, OpenFailure> {
        let first = ["ketch".into(), "serve".into(), "--dir".into(), folder.as_os_str().to_owned()];
        let cli = Cli::try_parse_from(first.into_iter().chain(flags))
            .map_err(|error| Failure::new(error.render().to_string().trim_end().to_owned()))?;
        let Command::Serve(serve) = cli.command else {
            return Err(Failure::new("These are no flags of `ketch serve`.").into());
        };
        let mut global = cli.global;
        global.home = folder.parent().map(Path::to_owned);
        Self::open_with(global, serve, logging::without_console(), None).await
    }

    /// `url` is where this process is about to listen.
    pub(crate) async fn open_with(
        global: Global,
        serve: Serve,
        log: LogPort,
        url: Option<String>,
    ) -> Result<Self, OpenFailure> {
        let folder = project::data_dir(&global)?;
        let served = ServeOptions {
            telemetry: serve.telemetry.options()?,
            jobs: serve.services.jobs(),
            master_key: serve.services.master_key()?,
            webhooks: serve.services.webhooks(),
            ephemeral_apps: serve.ephemeral_apps,
        };
        let lock = take_lock(folder.clone(), url).await?;
        let setup = Setup { global, served, origins: serve.origins, log };
        let round = Arc::new(Round::open(&setup).await?);
        let shared = Arc::new(Shared {
            setup,
            folder,
            state: watch::Sender::new(State::Open(round.clone())),
            lock: Mutex::new(Some(lock)),
            keeper: Mutex::default(),
        });
        *shared.keeper.lock() = Some(tokio::spawn(keep(shared.clone(), round)));
        Ok(Self { shared })
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.shared.folder
    }

    /// Answers one request, as if it had come over a socket of this machine. While a restore is going
    /// on it waits. Of the headers `Host`, and for streams `Content-Length`, are the caller's to set.
    ///
    /// # Errors
    ///
    /// After [`close`](Self::close), and when restored data could not be opened.
    pub async fn call(&self, request: Request<RequestBody>) -> Result<Response<ByteStream>, Failure> {
        let round = self.round().await?;
        let mut request = request.map(|body| match body {
            RequestBody::Empty => Body::empty(),
            RequestBody::Bytes(bytes) => Body::from(bytes),
            RequestBody::Stream(stream) => Body::from_stream(stream),
        });
        // Whoever calls is on this machine.
        request.extensions_mut().insert(Peer(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))));
        let response = round.front.handle(request).await;
        Ok(response.map(|body| -> ByteStream { Box::pin(body.into_data_stream().map_err(io::Error::other)) }))
    }

    /// Answers requests of a socket until `stop` completes or [`close`](Self::close) is called, then lets
    /// those under way finish for a moment.
    ///
    /// # Errors
    ///
    /// When the socket cannot be used, or restored data could not be opened.
    pub async fn serve(&self, listener: TcpListener, stop: impl Future<Output = ()>) -> Result<(), Failure> {
        let unusable =
            |error: io::Error| Failure::new(format!("The listening socket cannot be used: {error}."));
        let mut stop = std::pin::pin!(stop);
        // Stays open from one round to the next, so that nobody is turned away in between.
        let socket = listener.into_std().map_err(unusable)?;
        let mut is_stopped = false;
        while !is_stopped {
            let Ok(round) = self.round().await else { break };
            let listener = socket.try_clone().and_then(TcpListener::from_std).map_err(unusable)?;
            let mut state = self.shared.state.subscribe();
            let leaving = async {
                tokio::select! {
                    () = &mut stop => is_stopped = true,
                    _ = state.wait_for(|state| !matches!(state, State::Open(_))) => {}
                }
            };
            serving::serve(listener, round.front.clone(), leaving).await;
        }
        match &*self.shared.state.borrow() {
            State::Failed(why) => Err(Failure::new(why.clone())),
            _ => Ok(()),
        }
    }

    /// Makes a superuser, or changes the password of the one that is there.
    ///
    /// # Errors
    ///
    /// For what is no email address or no good password, as a sentence.
    pub async fn upsert_superuser(&self, email: &str, password: &str) -> Result<(), Failure> {
        let round = self.round().await?;
        superuser::upsert(round.apps.main(), email, password).await.map(drop)
    }

    /// Id and admin token of the main app, for Instant's clients.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub async fn credentials(&self) -> Result<(String, String), Failure> {
        let round = self.round().await?;
        let identity = round.apps.main().identity().await;
        let unread = |error| Failure::sentence(&format!("the app's credentials could not be read: {error}"));
        identity.map(|identity| (identity.id, identity.admin_token)).map_err(unread)
    }

    /// Tells others who want the folder where this process listens; nothing when it does not any more.
    pub fn set_url(&self, url: Option<&str>) {
        if let Some(lock) = &mut *self.shared.lock.lock()
            && let Err(error) = lock.write(url)
        {
            tracing::warn!(%error, "the address could not be written into the lock file");
        }
    }

    /// Ends streams, lets requests under way finish for a moment and closes the databases. May be repeated.
    pub async fn close(&self) {
        self.close_within(CLOSE_PATIENCE).await;
    }

    async fn close_within(&self, patience: Duration) {
        let before = self.shared.state.send_replace(State::Closed);
        if let State::Open(round) = before {
            if let Some(keeper) = self.shared.keeper.lock().take() {
                keeper.abort();
            }
            round.drain(DRAIN_PATIENCE).await;
            if !round.close(patience).await {
                // A write that was not acknowledged is undone at the next start.
                tracing::warn!("the databases were still busy when the server stopped");
            }
        }
        drop(self.shared.lock.lock().take());
    }

    /// Every round as it begins.
    pub(crate) async fn on_open(&self, tell: impl Fn(&Round)) {
        let mut state = self.shared.state.subscribe();
        loop {
            if let State::Open(round) = &*state.borrow_and_update() {
                tell(round);
            }
            if state.changed().await.is_err() {
                return;
            }
        }
    }

    async fn round(&self) -> Result<InUse, Failure> {
        if let Some(ready) = self.shared.ready() {
            return ready;
        }
        let mut state = self.shared.state.subscribe();
        loop {
            // The sender is not dropped while `self` is there.
            let _ = state.wait_for(|state| !matches!(state, State::Restoring)).await;
            if let Some(ready) = self.shared.ready() {
                return ready;
            }
        }
    }
}

impl fmt::Debug for Embedded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Embedded").field("folder", &self.shared.folder).finish_non_exhaustive()
    }
}

impl Shared {
    /// Nothing while a restore is going on. The round is entered while the state cannot change, so that
    /// whoever changes it knows of everybody who is inside.
    fn ready(&self) -> Option<Result<InUse, Failure>> {
        match &*self.state.borrow() {
            State::Open(round) => Some(Ok(round.enter())),
            State::Restoring => None,
            State::Closed => Some(Err(Failure::new("The data folder was closed."))),
            State::Failed(why) => Some(Err(Failure::new(why.clone()))),
        }
    }
}

/// Puts restored data in the place of the data whenever that is asked for.
async fn keep(shared: Arc<Shared>, mut round: Arc<Round>) {
    loop {
        let folder = round.replaced().await;
        let is_next = shared.state.send_if_modified(|state| {
            let is_open = matches!(state, State::Open(_));
            if is_open {
                *state = State::Restoring;
            }
            is_open
        });
        if !is_next {
            return;
        }
        round.drain(DRAIN_PATIENCE).await;
        round.make_way(folder).await;
        let next = match Round::open(&shared.setup).await {
            Ok(opened) => {
                round = Arc::new(opened);
                State::Open(round.clone())
            }
            Err(failure) => State::Failed(failure.to_string()),
        };
        let unwanted = |state: &mut State| {
            // Closed meanwhile.
            let is_wanted = matches!(state, State::Restoring);
            if is_wanted {
                *state = next.clone();
            }
            is_wanted
        };
        if !shared.state.send_if_modified(unwanted) {
            round.close(CLOSE_PATIENCE).await;
            return;
        }
        if matches!(next, State::Failed(_)) {
            return;
        }
    }
}

async fn take_lock(folder: PathBuf, url: Option<String>) -> Result<FolderLock, OpenFailure> {
    let taking = {
        let folder = folder.clone();
        tokio::task::spawn_blocking(move || FolderLock::take(&folder, url.as_deref()))
    };
    let taken = taking.await.unwrap_or_else(|error| Err(Refusal::Disk(io::Error::other(error))));
    taken.map_err(|refusal| match refusal {
        Refusal::Held(holder) => {
            let message = lock::sentence(&folder, &holder);
            let Holder { url, .. } = holder;
            OpenFailure::Held { message, url }
        }
        Refusal::Disk(error) => OpenFailure::Other(Failure::new(format!(
            "The data folder {} cannot be used: {error}.",
            folder.display()
        ))),
    })
}
