//! The apps of a data folder with everything that answers their requests, from opening them to
//! closing them. A restore ends one round and begins the next.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ketch_api_pocketbase as pocketbase;
use ketch_app::Apps;
use ketch_app::backups::swap;
use ketch_telemetry::logs::LogPort;
use ketch_web::folder::Folder;
use ketch_web::{Cors, Front};
use tokio::sync::{Notify, watch};

use crate::cli::Global;
use crate::failure::Failure;
use crate::observe::Watcher;
use crate::stores::ServeOptions;
use crate::{fronts, project, stores};

/// How long closing the databases before a restore may take, where nothing may be open any more.
const RESTORE_PATIENCE: Duration = Duration::from_secs(30);

/// What rounds are opened with.
pub(crate) struct Setup {
    pub(crate) global: Global,
    pub(crate) served: ServeOptions,
    /// Whose pages may call.
    pub(crate) origins: Vec<String>,
    /// Where the server's own warnings come from.
    pub(crate) log: LogPort,
}

pub(crate) struct Round {
    pub(crate) apps: Arc<Apps>,
    pub(crate) front: Front,
    users: Users,
    restarting: watch::Receiver<Option<PathBuf>>,
}

impl Round {
    pub(crate) async fn open(setup: &Setup) -> Result<Self, Failure> {
        let Setup { global, served, origins, log } = setup;
        let (restart, restarting) = watch::channel(None);
        let restart = move |folder| drop(restart.send_replace(Some(folder)));
        let apps = stores::serve_all(global, served.clone(), Arc::new(restart)).await?;
        let app = apps.main().clone();
        let site = Folder::new(project::public_dir(global)?, global.index_fallback);
        let files = Folder::new(project::public_dir(global)?, false);
        let router =
            fronts::router(apps.clone(), pocketbase::router_with_site(app.clone(), Some(site)), files);
        app.telemetry.logs.listen(log);
        let front = Front::new(router, Cors::new(origins.clone()), pocketbase::panicked)
            .observed_by(Arc::new(Watcher { app }));
        Ok(Self { apps, front, users: Users::default(), restarting })
    }

    /// Completes when restored data of a folder is to take the place of its data.
    pub(crate) async fn replaced(&self) -> PathBuf {
        let mut restarting = self.restarting.clone();
        match restarting.wait_for(Option::is_some).await.map(|folder| folder.clone()) {
            Ok(Some(folder)) => folder,
            // Nobody can ask for it any more.
            _ => std::future::pending().await,
        }
    }

    /// Says that somebody is about to use the round.
    pub(crate) fn enter(self: &Arc<Self>) -> InUse {
        self.users.count.fetch_add(1, Ordering::AcqRel);
        InUse(self.clone())
    }

    /// Ends open streams and waits until nobody uses the round, `patience` at most.
    pub(crate) async fn drain(&self, patience: Duration) {
        // Open streams would be used until they are cut.
        self.apps.close_streams();
        let left = async {
            loop {
                let left = self.users.left.notified();
                if self.users.count.load(Ordering::Acquire) == 0 {
                    return;
                }
                left.await;
            }
        };
        // Whoever takes longer is cut.
        let _ = tokio::time::timeout(patience, left).await;
    }

    /// Closes the databases; false when they were still busy after `patience`.
    pub(crate) async fn close(&self, patience: Duration) -> bool {
        tokio::time::timeout(patience, self.apps.close()).await.is_ok()
    }

    /// Closes everything and decides that restored data takes the place of the data.
    pub(crate) async fn make_way(&self, folder: PathBuf) {
        if !self.close(RESTORE_PATIENCE).await {
            tracing::error!("the restore is given up: the databases are still busy");
            return;
        }
        let begun = tokio::task::spawn_blocking(move || swap::begin(&folder)).await;
        if let Err(error) = begun.map_err(io::Error::other).flatten() {
            tracing::error!(%error, "the restore is given up");
        }
    }
}

/// Who uses a round.
#[derive(Default)]
struct Users {
    count: AtomicUsize,
    left: Notify,
}

/// A round that somebody uses.
pub(crate) struct InUse(Arc<Round>);

impl std::ops::Deref for InUse {
    type Target = Round;

    fn deref(&self) -> &Round {
        &self.0
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        if self.0.users.count.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.users.left.notify_waiters();
        }
    }
}
