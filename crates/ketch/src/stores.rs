//! Opening the data folder with the embedded driver.

use std::env;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use ketch_app::{App, AppConfig, Apps, OpenError, PinnedIdentity};
use ketch_store::{Store, StoreError};
use ketch_store_sqlite::{SqliteOptions, SqliteStore};

use crate::cli::Global;
use crate::failure::Failure;
use crate::project;

/// Opens the app of the data folder that the command line names.
pub(crate) async fn open(global: &Global) -> Result<Arc<App>, Failure> {
    let config = AppConfig {
        data_dir: project::data_dir(global)?,
        encryption_key: encryption_key(global)?,
        identity: PinnedIdentity {
            id: global.app_id.clone(),
            admin_token: global.admin_token.clone(),
            title: None,
        },
        development: global.dev,
    };
    Ok(open_app(config, Duration::from_secs(global.query_timeout)).await?)
}

/// Opens the data folder that the command line names with all its apps.
pub(crate) async fn open_all(global: &Global) -> Result<Apps, Failure> {
    let timeout = Duration::from_secs(global.query_timeout);
    let main = open(global).await?;
    Ok(Apps::new(main, Box::new(move |config| open_app(config, timeout).boxed())))
}

async fn open_app(config: AppConfig, timeout: Duration) -> Result<Arc<App>, OpenError> {
    let main = open_store(
        config.data_dir.join("data.db"),
        SqliteOptions { query_timeout: timeout, ..SqliteOptions::default() },
    );
    // The auxiliary database is for the log alone: one reader will do.
    let small =
        SqliteOptions { query_timeout: timeout, readers: 1, inline_readers: 1, ..SqliteOptions::default() };
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
