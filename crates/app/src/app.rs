//! The app: everything that a front needs.

use std::collections::HashSet;
use std::sync::Arc;

use ketch_auth::Auth;
use ketch_files::Files;
use ketch_instant::Instant;
use ketch_instant::live::LiveQueries;
use ketch_instant::streams::Streams;
use ketch_instant::webhooks::Webhooks;
use ketch_jobs::Jobs;
use ketch_model::collection::SUPERUSERS;
use ketch_model::{Cell, CellRef, Error, Result};
use ketch_realtime::Hub;
use ketch_records::Records;
use ketch_records::collections::Collections;
use ketch_store::sql::{self, system};
use ketch_store::{Connection, Flow, Store};
use ketch_telemetry::Telemetry;

use crate::backups::Backups;
use crate::config::AppConfig;
use crate::crons::{Crons, Periodic};
use crate::identity::{self, Identity};
use crate::limits::{Probing, RateLimiter};
use crate::names::names;
use crate::secrets::Secrets;
use crate::settings::SettingsHandle;

/// The address of the account that PocketBase makes for its first-start page.
const INSTALLER: &str = "__pbinstaller@example.com";

/// The services of one data folder.
pub struct App {
    pub(crate) id: String,
    /// Whether the app got its id when it was opened.
    pub is_new: bool,
    pub records: Records,
    pub collections: Collections,
    pub auth: Auth,
    pub instant: Instant,
    pub files: Arc<Files>,
    pub realtime: Hub,
    /// Queries of Instant's clients that are answered again and again.
    pub live: LiveQueries,
    /// Texts that are written and read while they grow.
    pub streams: Streams,
    /// Other servers that are told of changes, once [`Webhooks::start`] was called.
    pub webhooks: Webhooks,
    pub settings: SettingsHandle,
    pub config: AppConfig,
    /// The queue of jobs for workers of the operator.
    pub jobs: Jobs,
    /// What the operator leaves with the server.
    pub secrets: Secrets,
    /// What happened: the log, analytics, request spans.
    pub telemetry: Telemetry,
    /// The auxiliary database, which holds what operators look back at.
    pub aux: Arc<dyn Store>,
    /// Jobs by the minute; parts of the app register theirs here.
    pub crons: Crons,
    pub backups: Backups,
    pub rate_limiter: RateLimiter,
    /// Holds back empty answers to those who try filter after filter.
    pub probing: Probing,
    pub(crate) periodic: Periodic,
}

impl App {
    /// Ends realtime connections, stops recurring jobs, finishes queued writes and closes both databases.
    pub async fn close(&self) {
        self.close_streams();
        self.webhooks.close();
        self.crons.stop().await;
        self.periodic.stop().await;
        self.telemetry.flush().await;
        let (main, aux) = (self.records.store().clone(), self.aux.clone());
        let closing = tokio::task::spawn_blocking(move || {
            main.close();
            aux.close();
        });
        if let Err(error) = closing.await {
            tracing::error!(%error, "the databases did not close in order");
        }
    }

    /// Ends open streams.
    pub(crate) fn close_streams(&self) {
        self.realtime.close();
        self.live.close();
        self.streams.close();
    }

    /// Names of the schema steps that this data folder has noted as applied, migration files included.
    ///
    /// # Errors
    /// The store's.
    pub async fn applied_migrations(&self) -> Result<HashSet<String>> {
        self.records.store().read(|connection| Ok(names(connection, system::applied_migrations)?)).await
    }

    /// Whether somebody can sign in as a superuser: the account that PocketBase's installer leaves
    /// behind is nobody.
    ///
    /// # Errors
    /// The store's.
    pub async fn has_superuser(&self) -> Result<bool> {
        let schema = self.records.schema();
        let Some(superusers) = schema.by_name(SUPERUSERS).cloned() else { return Ok(false) };
        let counted = superusers.clone();
        let count = self
            .records
            .store()
            .read(move |connection| {
                let mut count = 0;
                let statement = sql::count_all(connection.dialect(), &counted);
                connection.query(&statement, &mut |row| {
                    if let CellRef::Integer(number) = row.cell(0) {
                        count = number;
                    }
                    Flow::Stop
                })?;
                Ok::<_, Error>(count)
            })
            .await?;
        if count != 1 {
            return Ok(count > 1);
        }
        let installer = self.records.find_by_field(&superusers, "email", Cell::text(INSTALLER), false);
        Ok(installer.await?.is_none())
    }

    /// The app's id. It does not change while the app is open.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The app's identity as it is stored now.
    ///
    /// # Errors
    /// The store's, or that the row cannot be read.
    pub async fn identity(&self) -> Result<Identity> {
        let cipher = self.settings.cipher();
        let found = self
            .records
            .store()
            .lookup(move |connection| identity::load(connection, cipher.as_ref()))
            .await?;
        found.ok_or_else(|| Error::internal("the app has lost its id and admin token"))
    }

    /// Gives the app another admin token and answers the new identity.
    ///
    /// # Errors
    /// The store's.
    pub async fn rotate_admin_token(&self) -> Result<Identity> {
        self.change_identity(|identity| identity.admin_token = identity::random()).await
    }

    /// Gives the app another title and answers the new identity.
    ///
    /// # Errors
    /// The store's.
    pub async fn rename(&self, title: String) -> Result<Identity> {
        self.change_identity(move |identity| identity.title = title).await
    }

    async fn change_identity(&self, change: impl FnOnce(&mut Identity) + Send + 'static) -> Result<Identity> {
        let cipher = self.settings.cipher();
        let work = move |connection: &mut dyn Connection| {
            let mut identity = identity::load(connection, cipher.as_ref())?
                .ok_or_else(|| Error::internal("the app has lost its id and admin token"))?;
            change(&mut identity);
            identity::save(connection, &identity, cipher.as_ref())?;
            Ok::<_, Error>(identity)
        };
        self.records.store().write(work).await
    }
}
