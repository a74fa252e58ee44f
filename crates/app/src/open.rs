//! Opening a data folder: an empty one is set up, one of PocketBase is taken as it is.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use ketch_auth::Auth;
use ketch_files::{Files, LocalBlobs, SwitchedBlobs};
use ketch_instant::Instant;
use ketch_instant::live::LiveQueries;
use ketch_instant::permissions::Permissions;
use ketch_instant::streams::{StreamBell, Streams};
use ketch_instant::webhooks::{self, SignerSource, WebhookNotes, Webhooks};
use ketch_jobs::Jobs;
use ketch_mail::Mailer;
use ketch_model::settings::Settings;
use ketch_model::{Schema, time};
use ketch_realtime::Hub;
use ketch_realtime::live::ChangeFeed;
use ketch_records::collections::{self, Collections};
use ketch_records::{ChangeSink, Records};
use ketch_store::sql::{self, system};
use ketch_store::{Connection, Store};
use ketch_telemetry::Telemetry;

use crate::app::App;
use crate::backups::Backups;
use crate::cipher::Cipher;
use crate::config::AppConfig;
use crate::crons::{Crons, Periodic};
use crate::error::OpenError;
use crate::identity::{self, PinnedIdentity};
use crate::jobs;
use crate::limits::{Probing, RateLimiter};
use crate::names::names;
use crate::secrets::Secrets;
use crate::settings::{self, SettingsHandle};

/// The folder inside the data folder that holds uploaded files.
const STORAGE: &str = "storage";
/// A schema step that every folder of PocketBase 0.23 or newer has noted.
const FIRST_SUPPORTED_STEP: &str = "1717233556_v0.23_migrate.go";
/// How often ended magic codes are removed.
const MAGIC_CODES_PERIOD: Duration = Duration::from_secs(3600);
/// How often attrs are removed that can no longer be restored.
const DELETED_ATTRS_PERIOD: Duration = Duration::from_secs(3600);
/// How often settings are looked for that another process has stored.
const SETTINGS_PERIOD: Duration = Duration::from_secs(1);
/// How often files are looked for that were stored for records which never came.
const PENDING_FILES_PERIOD: Duration = Duration::from_secs(3600);
/// How often completed jobs that are kept no more are removed.
const JOBS_CLEANUP_PERIOD: Duration = Duration::from_secs(3600);
/// How often bytes of streams are looked for that nobody saw go.
const STREAMS_PERIOD: Duration = Duration::from_secs(3600);
/// How often deliveries are removed that are kept no more.
const WEBHOOKS_PERIOD: Duration = Duration::from_secs(60);
/// The address of the app in settings that nobody has changed.
const UNTOLD_ORIGIN: &str = "http://localhost:8090";
/// How often the change log is shortened.
const PRUNE_PERIOD: Duration = Duration::from_secs(10);
/// How long changes stay for readers that fell behind.
const CHANGES_KEPT: Duration = Duration::from_secs(60);
/// How often the log, analytics and spans are written.
const TELEMETRY_PERIOD: Duration = Duration::from_secs(3);
/// How often analytics and spans that are kept no more are removed.
const TELEMETRY_CLEANUP_PERIOD: Duration = Duration::from_secs(3600);
/// Entries deleted in one transaction, so that other writes get their turn.
const PRUNED_AT_ONCE: u32 = 2_000;

struct Loaded {
    schema: Schema,
    settings: Settings,
    /// The row of the settings.
    stored_settings: String,
    id: String,
    is_new: bool,
    /// It is removed after some days.
    is_temporary: bool,
}

impl App {
    /// Opens the app of a data folder whose databases are open. An empty main database is set up
    /// in one transaction.
    ///
    /// # Errors
    /// [`OpenError`], in words for whoever runs the server.
    pub async fn open(
        config: AppConfig,
        main: Arc<dyn Store>,
        aux: Arc<dyn Store>,
    ) -> Result<Arc<Self>, OpenError> {
        let names_its_id = config.identity.id.is_some();
        let cipher = match &config.encryption_key {
            Some(key) => Some(Cipher::new(key).ok_or(OpenError::KeyLength)?),
            None => None,
        };
        let (loaded, prepared) =
            tokio::join!(load(&main, config.identity.clone(), cipher.clone()), prepare_aux(&aux));
        prepared?;
        let loaded = loaded?;
        let settings = SettingsHandle::new(loaded.settings, loaded.stored_settings, main.clone(), cipher);
        let blobs = {
            let settings = settings.clone();
            let local =
                LocalBlobs::new(config.data_dir.join(STORAGE)).waiting_for_disk(config.synchronous_full);
            SwitchedBlobs::new(local, move || settings.current().s3.clone())
        };
        let files = Arc::new(Files::new(Arc::new(blobs)));
        let schema = Arc::new(ArcSwap::from_pointee(loaded.schema));
        let realtime = Hub::new(config.realtime);
        let feed = ChangeFeed::default();
        let bell = StreamBell::default();
        let notes = WebhookNotes::default();
        let sinks: Vec<Box<dyn ChangeSink>> = vec![
            Box::new(realtime.clone()),
            Box::new(feed.clone()),
            Box::new(bell.clone()),
            Box::new(notes.clone()),
        ];
        let records = Records::new(main.clone(), schema, files.clone(), sinks);
        if config.is_trial {
            records.forget_pending_files().await?;
        }
        realtime.start(records.clone());
        let mailer = {
            let settings = settings.clone();
            Mailer::new(move || settings.current(), config.development)
        };
        let telemetry = {
            let settings = settings.clone();
            let opened =
                Telemetry::open(aux.clone(), move || settings.current(), config.telemetry.clone()).await;
            opened.map_err(|error| OpenError::Telemetry(error.cause.unwrap_or(error.message.into_owned())))?
        };
        let crons = Crons::default();
        let rate_limiter = RateLimiter::new(crons.clone());
        let limited = rate_limiter.clone();
        settings.follow(move |_| limited.reset());
        let backups = Backups::new(
            config.data_dir.clone(),
            [main.clone(), aux.clone()],
            files.clone(),
            settings.clone(),
        );
        let queue = Jobs::open(main.clone(), config.jobs.clone()).await?;
        let secrets = Secrets::open(main.clone(), config.master_key.as_ref()).await?;
        let auth = Auth::new(records.clone(), mailer);
        // Whoever gave the app its id speaks of it to Instant's clients.
        let permissions = Permissions::open(main.clone(), names_its_id).await?;
        let instant = Instant::new(records.clone(), auth.clone(), permissions);
        let signer = config.webhook_signer.clone().unwrap_or_else(|| SignerSource::new(main.clone()));
        let setting = webhooks::Setting {
            app_id: loaded.id.clone(),
            origin: {
                let settings = settings.clone();
                Box::new(move || told_origin(&settings.current()))
            },
            // Strangers make such apps: they must not reach what only this machine reaches.
            public_only: config.webhooks.public_only || loaded.is_temporary,
            retry: config.webhooks.retry,
        };
        let webhooks = Webhooks::open(instant.clone(), main.clone(), notes, signer, setting).await?;
        let app = Arc::new(Self {
            id: loaded.id,
            is_new: loaded.is_new,
            collections: Collections::new(records.clone()),
            live: LiveQueries::start(instant.clone(), feed),
            streams: Streams::start(instant.clone(), bell),
            webhooks,
            instant,
            auth,
            realtime,
            settings,
            records,
            jobs: queue,
            secrets,
            files,
            config,
            telemetry,
            aux,
            crons,
            rate_limiter,
            probing: Probing::default(),
            backups,
            periodic: Periodic::default(),
        });
        jobs::register(&app)?;
        app.crons.start();
        let auth = app.auth.clone();
        app.periodic.every("remove ended magic codes", MAGIC_CODES_PERIOD, move || {
            remove_ended_magic_codes(auth.clone())
        });
        let instant = app.instant.clone();
        app.periodic.every("remove deleted attrs", DELETED_ATTRS_PERIOD, move || {
            let instant = instant.clone();
            async move {
                if let Err(error) = instant.purge_deleted_attrs().await {
                    tracing::warn!(%error, "attrs that were deleted days ago could not be removed");
                }
            }
        });
        let weak = Arc::downgrade(&app);
        app.periodic.every("remove the bytes of deleted streams", STREAMS_PERIOD, move || {
            let app = weak.upgrade();
            async move {
                let Some(app) = app else { return };
                if let Err(error) = app.streams.sweep().await {
                    tracing::warn!(%error, "the bytes of deleted streams could not be removed");
                }
            }
        });
        let weak = Arc::downgrade(&app);
        app.periodic.every("tidy up after webhooks", WEBHOOKS_PERIOD, move || {
            let app = weak.upgrade();
            async move {
                let Some(app) = app else { return };
                if let Err(error) = app.webhooks.tidy().await {
                    tracing::warn!(%error, "old deliveries of webhooks could not be removed");
                }
            }
        });
        app.periodic.every("prune the change log", PRUNE_PERIOD, move || prune(main.clone()));
        let telemetry = app.telemetry.clone();
        app.periodic.once(async move {
            // What grew too old while the server stood still.
            if let Err(error) = telemetry.logs.clean().await {
                tracing::warn!(%error, "the log could not be shortened");
            }
            telemetry.clean().await;
        });
        let settings = app.settings.clone();
        app.periodic.every("follow stored settings", SETTINGS_PERIOD, move || follow(settings.clone()));
        let records = app.records.clone();
        app.periodic.once(settle_files(records.clone()));
        app.periodic.every("settle noted files", PENDING_FILES_PERIOD, move || settle_files(records.clone()));
        // At the start, and from then on.
        app.periodic.once(clean_jobs(app.jobs.clone()));
        let queue = app.jobs.clone();
        app.periodic.every("remove old jobs", JOBS_CLEANUP_PERIOD, move || clean_jobs(queue.clone()));
        let telemetry = app.telemetry.clone();
        app.periodic.every("write telemetry", TELEMETRY_PERIOD, move || {
            let telemetry = telemetry.clone();
            async move { telemetry.flush().await }
        });
        let telemetry = app.telemetry.clone();
        app.periodic.every("remove old telemetry", TELEMETRY_CLEANUP_PERIOD, move || {
            let telemetry = telemetry.clone();
            async move { telemetry.clean().await }
        });
        Ok(app)
    }
}

async fn load(
    main: &Arc<dyn Store>,
    pinned: PinnedIdentity,
    cipher: Option<Cipher>,
) -> Result<Loaded, OpenError> {
    main.write(move |connection| {
        let tables = names(connection, system::table_names)?;
        if tables.contains("_collections") {
            refuse_old(connection, &tables)?;
        }
        // Makes what is missing: everything in an empty folder, our own tables in one of the original.
        collections::bootstrap(connection)?;
        let (settings, stored_settings) = match settings::stored_text(connection)? {
            Some(text) => (settings::decode(&text, cipher.as_ref())?, text),
            None => {
                let initial = Settings::initial();
                let text = settings::save(connection, &initial, cipher.as_ref())?;
                (initial, text)
            }
        };
        let schema = collections::load_schema(connection)?;
        let (id, is_new) = identity::prepare(connection, &pinned, cipher.as_ref())?;
        let identity = identity::load(connection, cipher.as_ref())?;
        let is_temporary = identity.is_some_and(|identity| identity.expires.is_some());
        Ok(Loaded { schema, settings, stored_settings, id, is_new, is_temporary })
    })
    .await
}

fn refuse_old(connection: &mut dyn Connection, tables: &HashSet<String>) -> Result<(), OpenError> {
    if tables.contains("_admins") || !tables.contains("_migrations") {
        return Err(OpenError::TooOld);
    }
    if names(connection, system::applied_migrations)?.contains(FIRST_SUPPORTED_STEP) {
        return Ok(());
    }
    Err(OpenError::TooOld)
}

/// Where the operator says that the app is.
fn told_origin(settings: &Settings) -> Option<String> {
    let url = settings.meta.app_url.trim_end_matches('/');
    (!url.is_empty() && url != UNTOLD_ORIGIN).then(|| url.to_owned())
}

async fn prepare_aux(aux: &Arc<dyn Store>) -> Result<(), OpenError> {
    aux.write(|connection| {
        if names(connection, system::table_names)?.contains("_logs") {
            return Ok(());
        }
        let script = system::create_auxiliary_tables(connection.dialect());
        connection.execute_script(script)?;
        Ok(())
    })
    .await
}

async fn remove_ended_magic_codes(auth: Auth) {
    if let Err(error) = auth.remove_ended_magic_codes(time::unix_milliseconds()).await {
        tracing::warn!(%error, "ended magic codes could not be removed");
    }
}

async fn follow(settings: SettingsHandle) {
    if let Err(error) = settings.follow_store().await {
        tracing::error!(%error, "settings that another process has stored are not in force");
    }
}

async fn settle_files(records: Records) {
    if let Err(error) = records.settle_pending_files().await {
        tracing::warn!(%error, "files that no record names could not be looked for");
    }
}

async fn clean_jobs(jobs: Jobs) {
    if let Err(error) = jobs.clean().await {
        tracing::warn!(%error, "completed jobs could not be removed");
    }
}

async fn prune(main: Arc<dyn Store>) {
    let kept = i64::try_from(CHANGES_KEPT.as_millis()).unwrap_or(i64::MAX);
    let before = time::unix_milliseconds() - kept;
    loop {
        let pruned = main
            .write(move |connection| {
                connection.execute(&sql::prune_changes(connection.dialect(), before, PRUNED_AT_ONCE))
            })
            .await;
        match pruned {
            Ok(count) if count >= u64::from(PRUNED_AT_ONCE) => {}
            Ok(_) => return,
            Err(error) => {
                tracing::warn!(%error, "the change log could not be shortened");
                return;
            }
        }
    }
}
