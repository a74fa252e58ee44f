//! Opening the data folder with the embedded driver.

use std::env;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use ketch_app::backups::{RestoreHost, swap};
use ketch_app::secrets::MasterKey;
use ketch_app::{App, AppConfig, Apps, JobOptions, Lifetimes, OpenError, PinnedIdentity, WebhookOptions};
use ketch_store::{Store, StoreError};
use ketch_store_sqlite::{SqliteOptions, SqliteStore};
use ketch_telemetry::TelemetryOptions;

use crate::cli::{Global, Synchronous};
use crate::failure::Failure;
use crate::project;

/// Called with the data folder whose restored data is ready.
pub(crate) type Restart = Arc<dyn Fn(PathBuf) + Send + Sync>;

/// What only `ketch serve` is told.
#[derive(Debug, Clone)]
pub(crate) struct ServeOptions {
    pub(crate) telemetry: TelemetryOptions,
    pub(crate) jobs: JobOptions,
    pub(crate) master_key: Option<MasterKey>,
    pub(crate) ephemeral_apps: bool,
    pub(crate) webhooks: WebhookOptions,
}

/// What the command line says of every database.
#[derive(Clone, Copy)]
struct Engine {
    query_timeout: Duration,
    synchronous_full: bool,
}

impl Engine {
    fn of(global: &Global) -> Self {
        Self {
            query_timeout: Duration::from_secs(global.query_timeout),
            synchronous_full: global.synchronous == Synchronous::Full,
        }
    }

    fn options(self) -> SqliteOptions {
        let Self { query_timeout, synchronous_full } = self;
        SqliteOptions { query_timeout, synchronous_full, ..SqliteOptions::default() }
    }
}

fn lifetimes(global: &Global) -> Lifetimes {
    let usual = Lifetimes::default();
    let or = |seconds: Option<u64>, usual| seconds.map_or(usual, Duration::from_secs);
    Lifetimes {
        idle: or(global.realtime_idle, usual.idle),
        longest: or(global.realtime_longest, usual.longest),
    }
}

fn main_config(global: &Global, telemetry: TelemetryOptions) -> Result<AppConfig, Failure> {
    let config = AppConfig {
        data_dir: project::data_dir(global)?,
        encryption_key: encryption_key(global)?,
        identity: PinnedIdentity {
            id: global.app_id.clone(),
            admin_token: global.admin_token.clone(),
            ..PinnedIdentity::default()
        },
        realtime: lifetimes(global),
        synchronous_full: global.synchronous == Synchronous::Full,
        development: global.dev,
        telemetry,
        ..AppConfig::default()
    };
    Ok(config)
}

/// Opens the app of the data folder that the command line names, for a command and not for serving.
pub(crate) async fn open(global: &Global) -> Result<Arc<App>, Failure> {
    let engine = Engine::of(global);
    Ok(open_restored(main_config(global, TelemetryOptions::default())?, engine).await?)
}

/// Opens the data folder that the command line names with all its apps, for a command.
pub(crate) async fn open_all(global: &Global) -> Result<Apps, Failure> {
    let engine = Engine::of(global);
    let main = open(global).await?;
    Ok(Apps::new(main, Box::new(move |config| open_restored(config, engine).boxed())))
}

/// Opens the data folder that the command line names with all its apps, to be served. `restart` is
/// called when a backup of an app is to take the place of its data.
pub(crate) async fn serve_all(
    global: &Global,
    options: ServeOptions,
    restart: Restart,
) -> Result<Arc<Apps>, Failure> {
    let engine = Engine::of(global);
    let open = move |config| open_served(config, engine, restart.clone());
    let ServeOptions { telemetry, jobs, master_key, ephemeral_apps, webhooks } = options;
    let config = AppConfig { ephemeral_apps, jobs, master_key, webhooks, ..main_config(global, telemetry)? };
    let main = open(config).await?;
    let apps = Arc::new(Apps::new(main, Box::new(move |config| open(config).boxed())));
    if ephemeral_apps {
        apps.remove_expired_hourly()?;
    }
    Ok(apps)
}

async fn open_served(config: AppConfig, engine: Engine, restart: Restart) -> Result<Arc<App>, OpenError> {
    in_folder(&config.data_dir, swap::tidy).await?;
    let app = open_restored(config.clone(), engine).await?;
    let try_open = move |folder| {
        let config = AppConfig { data_dir: folder, is_trial: true, ..config.clone() };
        async move {
            open_databases(config, engine).await?.close().await;
            Ok(())
        }
        .boxed()
    };
    app.backups.set_host(RestoreHost {
        try_open: Box::new(try_open),
        restart: Box::new(move |folder| restart(folder)),
    });
    // Only who serves the app delivers: commands, and looks at a backup, open it as well.
    app.webhooks.start();
    Ok(app)
}

/// Opens a data folder, once a restore that was begun is finished. Restored data that cannot be
/// opened gives its place back to the data before.
async fn open_restored(config: AppConfig, engine: Engine) -> Result<Arc<App>, OpenError> {
    let folder = config.data_dir.clone();
    if !in_folder(&folder, swap::resume).await? {
        return open_databases(config, engine).await;
    }
    match open_databases(config.clone(), engine).await {
        Ok(app) => {
            if let Err(error) = in_folder(&folder, swap::confirm).await {
                tracing::warn!(%error, "the data from before the restore could not be removed");
            }
            Ok(app)
        }
        Err(error) => {
            tracing::error!(%error, "the restored data cannot be opened: the data from before is put back");
            in_folder(&folder, swap::roll_back).await?;
            open_databases(config, engine).await
        }
    }
}

/// Works on a data folder off the async threads.
async fn in_folder<T: Send + 'static>(
    folder: &Path,
    work: fn(&Path) -> io::Result<T>,
) -> Result<T, OpenError> {
    let folder = folder.to_owned();
    let working = {
        let folder = folder.clone();
        tokio::task::spawn_blocking(move || work(&folder))
    };
    working.await.map_err(io::Error::other).flatten().map_err(|error| OpenError::Folder { folder, error })
}

async fn open_databases(config: AppConfig, engine: Engine) -> Result<Arc<App>, OpenError> {
    let main = open_store(config.data_dir.join("data.db"), engine.options());
    // The auxiliary database is for the log alone: one reader will do.
    let small = SqliteOptions { readers: 1, inline_readers: 1, ..engine.options() };
    let aux = open_store(config.data_dir.join("auxiliary.db"), small);
    let (main, aux) = tokio::join!(main, aux);
    App::open(config, main?, aux?).await
}

async fn open_store(path: PathBuf, options: SqliteOptions) -> Result<Arc<dyn Store>, OpenError> {
    let opened = tokio::task::spawn_blocking(move || SqliteStore::open(path, options)).await;
    match opened {
        Ok(Ok(store)) => Ok(Arc::new(store)),
        Ok(Err(error)) => Err(OpenError::Store(error)),
        Err(_) => Err(OpenError::Store(StoreError::Panicked)),
    }
}

fn encryption_key(global: &Global) -> Result<Option<String>, Failure> {
    let Some(name) = &global.encryption_env else { return Ok(None) };
    match env::var(name) {
        Ok(key) if !key.is_empty() => Ok(Some(key)),
        // As in the original a variable without a value is no key.
        Ok(_) | Err(env::VarError::NotPresent) => Ok(None),
        Err(env::VarError::NotUnicode(_)) => {
            Err(Failure::new(format!("The environment variable {name} does not hold text.")))
        }
    }
}
