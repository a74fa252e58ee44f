//! All apps of one data folder: the main one at its root, further ones in `apps/<app id>`.
//!
//! A further app is opened when it is first asked for. The folder is the truth: an app that another
//! process makes is found, and one that it deletes is closed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use ketch_model::{Error, time};
use parking_lot::RwLock;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::app::App;
use crate::config::AppConfig;
use crate::error::OpenError;
use crate::identity::{Identity, PinnedIdentity, is_canonical_uuid};

/// The folder of the further apps, inside the data folder of the main one.
const APPS: &str = "apps";
/// When apps that have expired are removed.
const EXPIRY: (&str, &str) = ("__ketchExpiredApps__", "23 * * * *");
/// What every app's folder holds.
const MAIN_DATABASE: &str = "data.db";

/// Opens the app of a configuration: chooses the storage driver.
pub type Opener = Box<dyn Fn(AppConfig) -> BoxFuture<'static, Result<Arc<App>, OpenError>> + Send + Sync>;

pub struct Apps {
    main: Arc<App>,
    open: Opener,
    others: RwLock<HashMap<String, Arc<App>>>,
    /// Held while an app is opened, made or deleted.
    changing: Mutex<()>,
}

impl Apps {
    /// The apps of the folder whose main app is open.
    pub fn new(main: Arc<App>, open: Opener) -> Self {
        Self { main, open, others: RwLock::default(), changing: Mutex::default() }
    }

    pub fn main(&self) -> &Arc<App> {
        &self.main
    }

    /// The app with the id; `None` if there is none.
    ///
    /// # Errors
    /// [`OpenError`] where its folder is there and cannot be opened.
    pub async fn find(&self, id: &str) -> Result<Option<Arc<App>>, OpenError> {
        if id == self.main.id() {
            return Ok(Some(self.main.clone()));
        }
        // The id becomes a path: nothing but a UUID may.
        if !is_canonical_uuid(id) {
            return Ok(None);
        }
        let open = self.others.read().get(id).cloned();
        let there = self.database(id).exists();
        match open {
            Some(app) if there => return Ok(Some(app)),
            Some(_) => {
                let gone = self.others.write().remove(id);
                if let Some(app) = gone {
                    app.close().await;
                }
                return Ok(None);
            }
            None if !there => return Ok(None),
            None => {}
        }
        let _changing = self.changing.lock().await;
        let opened_meanwhile = self.others.read().get(id).cloned();
        if opened_meanwhile.is_some() {
            return Ok(opened_meanwhile);
        }
        self.open(id, PinnedIdentity::default()).await.map(Some)
    }

    /// Makes an app; its id and token are new ones unless pinned.
    ///
    /// # Errors
    /// [`OpenError`], also where the id is taken.
    pub async fn create(&self, pinned: PinnedIdentity) -> Result<Arc<App>, OpenError> {
        let id = pinned.id.clone().unwrap_or_else(|| Uuid::new_v4().to_string());
        if !is_canonical_uuid(&id) {
            return Err(OpenError::Identity { name: "app id", text: id });
        }
        let _changing = self.changing.lock().await;
        if id == self.main.id() || self.database(&id).exists() {
            return Err(OpenError::Taken(id));
        }
        let folder = self.folder(&id);
        tokio::fs::create_dir_all(&folder).await.map_err(|error| OpenError::Folder { folder, error })?;
        self.open(&id, pinned).await
    }

    /// Deletes an app with its folder; `false` if there is none with the id.
    ///
    /// # Errors
    /// That the app is the main one, or what the disk said.
    pub async fn delete(&self, id: &str) -> Result<bool, OpenError> {
        if id == self.main.id() {
            return Err(OpenError::MainStays);
        }
        if !is_canonical_uuid(id) || !self.database(id).exists() {
            return Ok(false);
        }
        let _changing = self.changing.lock().await;
        let open = self.others.write().remove(id);
        if let Some(app) = open {
            app.close().await;
        }
        // Renamed first: half a folder would look like an app.
        let folder = self.folder(id);
        let doomed = self.apps_folder().join(format!(".deleted-{id}"));
        let failed = |error| OpenError::Folder { folder: folder.clone(), error };
        tokio::fs::rename(&folder, &doomed).await.map_err(failed)?;
        tokio::fs::remove_dir_all(&doomed).await.map_err(failed)?;
        Ok(true)
    }

    /// The identities of all apps: the main one first, then the others by id.
    ///
    /// # Errors
    /// [`OpenError`] of the first app that cannot be opened.
    pub async fn identities(&self) -> Result<Vec<Identity>, OpenError> {
        let mut identities = vec![self.main.identity().await?];
        for id in self.further_ids().await {
            if let Some(app) = self.find(&id).await? {
                identities.push(app.identity().await?);
            }
        }
        Ok(identities)
    }

    /// How many apps there are beside the main one.
    pub async fn count(&self) -> usize {
        self.further_ids().await.len()
    }

    /// The ids of all apps but the main one, in their order.
    async fn further_ids(&self) -> Vec<String> {
        let mut ids = Vec::new();
        if let Ok(mut entries) = tokio::fs::read_dir(&self.apps_folder()).await {
            while let Ok(Some(entry)) = entries.next_entry().await {
                ids.extend(entry.file_name().into_string().ok().filter(|id| is_canonical_uuid(id)));
            }
        }
        ids.sort();
        ids
    }

    /// Removes apps that have expired, once an hour from now on.
    ///
    /// # Errors
    /// None: the expression is sound.
    pub fn remove_expired_hourly(self: &Arc<Self>) -> Result<(), OpenError> {
        let apps = Arc::downgrade(self);
        let turn = move || {
            let apps = apps.clone();
            async move {
                let Some(apps) = apps.upgrade() else { return Ok(()) };
                apps.remove_expired(&time::now()).await.map_err(Error::internal)
            }
        };
        self.main.crons.add(EXPIRY.0, EXPIRY.1, turn).map_err(OpenError::from)
    }

    /// Removes the apps that had expired at a stored date. One that cannot be read or removed keeps
    /// no other from going.
    async fn remove_expired(&self, now: &str) -> Result<(), OpenError> {
        for id in self.further_ids().await {
            let identity = match self.find(&id).await {
                Ok(Some(app)) => app.identity().await.map_err(OpenError::from),
                Ok(None) => continue,
                Err(error) => Err(error),
            };
            let done = match identity {
                Ok(identity) if identity.expires.as_deref().is_some_and(|expires| expires < now) => {
                    self.delete(&id).await.map(|_| tracing::info!(app = id, "an expired app was removed"))
                }
                Ok(_) => Ok(()),
                Err(error) => Err(error),
            };
            if let Err(error) = done {
                tracing::warn!(app = id, %error, "whether an app has expired could not be seen, or it could not be removed");
            }
        }
        Ok(())
    }

    /// Ends open streams of every app.
    pub fn close_streams(&self) {
        self.main.close_streams();
        for app in self.others.read().values() {
            app.close_streams();
        }
    }

    /// Closes every app.
    pub async fn close(&self) {
        let others: Vec<_> = self.others.write().drain().map(|(_, app)| app).collect();
        let closing = others.iter().chain([&self.main]).map(|app| app.close());
        futures_util::future::join_all(closing).await;
    }

    async fn open(&self, id: &str, pinned: PinnedIdentity) -> Result<Arc<App>, OpenError> {
        let config = AppConfig {
            data_dir: self.folder(id),
            identity: PinnedIdentity { id: Some(id.to_owned()), ..pinned },
            webhook_signer: Some(self.main.webhooks.signer().clone()),
            ..self.main.config.clone()
        };
        let app = (self.open)(config).await?;
        self.others.write().insert(id.to_owned(), app.clone());
        Ok(app)
    }

    fn apps_folder(&self) -> PathBuf {
        self.main.config.data_dir.join(APPS)
    }

    fn folder(&self, id: &str) -> PathBuf {
        self.apps_folder().join(id)
    }

    fn database(&self, id: &str) -> PathBuf {
        self.folder(id).join(Path::new(MAIN_DATABASE))
    }
}
