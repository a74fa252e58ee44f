//! Making, keeping and restoring backups.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use ketch_files::attributes::Attributes;
use ketch_files::blob::check_key;
use ketch_files::{Blob, BlobError, BlobStore, Files, LocalBlobs, Source, SwitchedBlobs, names};
use ketch_model::error::Invalid;
use ketch_model::time::{self, DateTime};
use ketch_model::{Error, Result};
use ketch_store::Store;
use parking_lot::Mutex;
use tokio::time::Instant;

use super::host::RestoreHost;
use super::naming::{self, BadName};
use super::unpack::Archive;
use super::{pack, reader, swap};
use crate::settings::SettingsHandle;

/// The folder of local backups, inside the data folder.
const FOLDER: &str = "backups";
/// Where backups are packed before they are stored; PocketBase knows to remove it as well.
const SCRATCH: &str = ".pb_temp_to_delete";
const ZIP: &str = "application/zip";
/// Time for the answer to a restore to arrive before the process starts anew.
const FAREWELL: Duration = Duration::from_secs(1);

/// The backups of one app. Cheap to clone.
#[derive(Clone)]
pub struct Backups {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    data_dir: PathBuf,
    databases: [Arc<dyn Store>; 2],
    files: Arc<Files>,
    pub(super) settings: SettingsHandle,
    /// A folder of this machine, or the bucket that the settings name.
    place: SwitchedBlobs,
    /// The backup that is being made or restored.
    active: Mutex<Option<String>>,
    host: OnceLock<RestoreHost>,
}

/// A backup as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backup {
    pub key: String,
    /// In bytes.
    pub size: u64,
    pub modified: DateTime,
}

/// An archive that somebody brings.
pub struct Upload {
    /// The client's name of it.
    pub name: String,
    /// Its first bytes, enough to tell its type.
    pub head: bytes::Bytes,
    pub content: Source,
}

impl Backups {
    pub(crate) fn new(
        data_dir: PathBuf,
        databases: [Arc<dyn Store>; 2],
        files: Arc<Files>,
        settings: SettingsHandle,
    ) -> Self {
        let s3 = settings.clone();
        let local = LocalBlobs::new(data_dir.join(FOLDER)).waiting_for_disk(true);
        let place = SwitchedBlobs::new(local, move || s3.current().backups.s3.clone());
        let (active, host) = (Mutex::default(), OnceLock::new());
        Self { inner: Arc::new(Inner { data_dir, databases, files, settings, place, active, host }) }
    }

    /// Allows restores: the process knows how to start anew. The first host stays.
    pub fn set_host(&self, host: RestoreHost) {
        let _ = self.inner.host.set(host);
    }

    /// Whether no backup is being made or restored.
    pub fn is_idle(&self) -> bool {
        self.inner.active.lock().is_none()
    }

    /// Passes while no backup is being made or restored.
    ///
    /// # Errors
    /// 400 otherwise.
    pub fn require_idle(&self) -> Result<()> {
        if self.is_idle() { Ok(()) } else { Err(busy()) }
    }

    /// All backups by name.
    ///
    /// # Errors
    /// 400 where they cannot be listed.
    pub async fn list(&self) -> Result<Vec<Backup>> {
        let listed = self.inner.place.list("").await.map_err(|error| {
            Error::bad_request(format!("Failed to retrieve backup items. Raw error: \n{error}"))
        })?;
        let backup = |file: ketch_files::Listed| Backup {
            modified: moment(file.modified),
            key: file.key,
            size: file.size,
        };
        Ok(listed.into_iter().map(backup).collect())
    }

    /// Makes a backup under the given name, or under one made from the app's. The work goes on when
    /// the caller goes away.
    ///
    /// # Errors
    /// 400: another one is being made, the name is taken or no name of a backup, the disk is full.
    pub async fn create(&self, name: String) -> Result<()> {
        let key = if name.is_empty() { self.generated_name(naming::MANUAL) } else { name.clone() };
        let turn = self.take_turn(&key)?;
        if !name.is_empty() {
            check_name(&name)?;
            if self.exists(&name).await? {
                return Err(invalid(
                    "name",
                    name_taken("The backup file name is invalid or already exists."),
                ));
            }
        }
        self.make(turn)
            .await
            .map_err(|error| Error::bad_request("Failed to create backup.").with_cause(error))
    }

    /// Keeps an archive that was brought under its own name.
    ///
    /// # Errors
    /// 400: no zip file, or the name is taken or cannot be a file's.
    pub async fn upload(&self, upload: Upload) -> Result<()> {
        let Upload { name, head, content } = upload;
        let content_type = names::sniff(&head);
        if content_type != ZIP {
            let shown = names::stored_name(&name, &content_type);
            let message = format!("\"{shown}\" mime type must be one of: {ZIP}.");
            return Err(invalid("file", Invalid::new("validation_invalid_mime_type", message)));
        }
        let key = names::kept_name(&name).to_owned();
        let taken = || invalid("file", name_taken("Backup file with the specified name already exists."));
        // Names of the local folder's own files are as good as taken.
        if check_key(&key).is_err() || key.ends_with(".attrs") || key.starts_with(".part-") {
            return Err(taken());
        }
        if self.exists(&key).await.unwrap_or(true) {
            return Err(taken());
        }
        let attributes = Attributes::new(ZIP, Some(key.clone()));
        self.inner
            .place
            .put(&key, content, attributes)
            .await
            .map_err(|error| Error::bad_request("Failed to upload backup.").with_cause(error))
    }

    /// Opens a backup for reading.
    ///
    /// # Errors
    /// 404 where there is none.
    pub async fn open(&self, key: &str) -> Result<Blob> {
        match self.inner.place.open(key).await {
            Ok(blob) => Ok(blob),
            Err(BlobError::NotFound | BlobError::InvalidKey(_)) => Err(Error::not_found("")),
            Err(error) => Err(Error::not_found("").with_cause(error)),
        }
    }

    /// Deletes a backup.
    ///
    /// # Errors
    /// 400: there is none, or it is being made or restored.
    pub async fn delete(&self, key: &str) -> Result<()> {
        if self.inner.active.lock().as_deref() == Some(key) {
            return Err(Error::bad_request("The backup is currently being used and cannot be deleted."));
        }
        let failed = |error: &dyn std::fmt::Display| {
            Error::bad_request(format!("Invalid or already deleted backup file. Raw error: \n{error}"))
        };
        if !self.exists(key).await? {
            return Err(failed(&format_args!("[key: {key}] {}", BlobError::NotFound)));
        }
        self.inner.place.remove(key).await.map_err(|error| failed(&error))
    }

    /// Unpacks a backup beside the data and opens it there, then has the process start anew with it.
    /// Answers once the archive was looked through; the rest is told in the log. Whatever goes
    /// wrong, the data is as before.
    ///
    /// # Errors
    /// 400: another backup or restore is under way, there is no such backup, it is none.
    pub async fn restore(&self, key: &str) -> Result<()> {
        let turn = self.take_turn(key)?;
        if self.inner.host.get().is_none() {
            return Err(Error::bad_request("Backups cannot be restored while this process runs."));
        }
        let invalid = |cause: String| Error::bad_request("Missing or invalid backup file.").with_cause(cause);
        let blob = self.inner.place.open(key).await.map_err(|error| invalid(error.to_string()))?;
        let (content, size) = (reader::blocking(blob.content, blob.size), blob.size);
        let opened = tokio::task::spawn_blocking(move || Archive::open(content, size)).await;
        let archive = opened.map_err(Error::internal)?.map_err(invalid)?;
        let answered = Instant::now();
        let backups = self.clone();
        tokio::spawn(async move {
            let data_dir = backups.inner.data_dir.clone();
            if let Err(cause) = backups.unpack(archive).await {
                tracing::error!(
                    backup = turn.key,
                    "The backup was not restored, the data is as before: {cause}."
                );
                let abandoned = tokio::task::spawn_blocking(move || swap::abandon(&data_dir)).await;
                drop((turn, abandoned));
                return;
            }
            tokio::time::sleep_until(answered + FAREWELL).await;
            if let Some(host) = backups.inner.host.get() {
                turn.keep();
                (host.restart)(data_dir);
            }
        });
        Ok(())
    }

    async fn unpack(&self, archive: Archive) -> Result<(), String> {
        let data_dir = self.inner.data_dir.clone();
        let into = swap::new_folder(&data_dir);
        let unpacking = tokio::task::spawn_blocking({
            let into = into.clone();
            move || {
                swap::prepare(&data_dir).map_err(|error| error.to_string())?;
                archive.unpack(&into)
            }
        });
        unpacking.await.map_err(|error| error.to_string())??;
        let Some(host) = self.inner.host.get() else {
            return Err("the process cannot start anew".to_owned());
        };
        (host.try_open)(into).await.map_err(|error| error.to_string())
    }

    /// Makes a backup whose name nobody chose and removes the oldest ones of its kind.
    ///
    /// # Errors
    /// What went wrong.
    pub(super) async fn create_automatic(&self) -> Result<()> {
        let key = self.generated_name(naming::AUTOMATIC);
        self.make(self.take_turn(&key)?).await.map_err(Error::internal)?;
        let kept = usize::try_from(self.inner.settings.current().backups.cron_max_keep).unwrap_or_default();
        let mut backups = self.list().await?;
        backups.retain(|backup| backup.key.starts_with(naming::AUTOMATIC));
        backups.sort_by(|one, other| (other.modified, &other.key).cmp(&(one.modified, &one.key)));
        for backup in backups.into_iter().skip(kept.max(1)) {
            self.delete(&backup.key).await?;
        }
        Ok(())
    }

    fn generated_name(&self, prefix: &str) -> String {
        let now = DateTime::from_unix_milliseconds(time::unix_milliseconds());
        naming::generated(prefix, &self.inner.settings.current().meta.app_name, now)
    }

    /// Packs and stores the backup of a turn, on a task of its own.
    async fn make(&self, turn: Turn) -> Result<(), String> {
        let backups = self.clone();
        let making = tokio::spawn(async move {
            let inner = &backups.inner;
            let hold = inner.files.hold();
            let (data_dir, databases) = (inner.data_dir.clone(), inner.databases.clone());
            let packing = tokio::task::spawn_blocking(move || {
                let scratch = scratch_folder(&data_dir)?;
                let archive = scratch.path().join("archive.zip");
                pack::pack(&data_dir, [&*databases[0], &*databases[1]], scratch.path(), &archive)?;
                Ok::<_, io::Error>((scratch, archive))
            });
            let (scratch, archive) =
                packing.await.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
            drop(hold);
            let attributes = Attributes::new(ZIP, Some(turn.key.clone()));
            let stored = inner.place.put(&turn.key, Source::File(archive), attributes).await;
            let _ = tokio::task::spawn_blocking(move || drop(scratch)).await;
            stored.map_err(|error| error.to_string())
        });
        let made = making.await.map_err(|error| error.to_string());
        made.flatten().inspect_err(|error| tracing::error!(error, "a backup could not be made"))
    }

    async fn exists(&self, key: &str) -> Result<bool> {
        match self.inner.place.open(key).await {
            Ok(_) => Ok(true),
            Err(BlobError::NotFound | BlobError::InvalidKey(_)) => Ok(false),
            Err(error) => Err(Error::bad_request("").with_cause(error)),
        }
    }

    fn take_turn(&self, key: &str) -> Result<Turn> {
        let mut active = self.inner.active.lock();
        if active.is_some() {
            return Err(busy());
        }
        *active = Some(key.to_owned());
        Ok(Turn { key: key.to_owned(), inner: Some(self.inner.clone()) })
    }
}

/// The right to make or restore the one backup; ends when dropped.
struct Turn {
    key: String,
    inner: Option<Arc<Inner>>,
}

impl Turn {
    /// Gives the turn to nobody else: the process is about to end.
    fn keep(mut self) {
        self.inner = None;
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(inner) = &self.inner {
            *inner.active.lock() = None;
        }
    }
}

fn busy() -> Error {
    Error::bad_request("Try again later - another backup/restore process has already been started.")
}

fn check_name(name: &str) -> Result<()> {
    naming::check(name).map_err(|bad| {
        invalid(
            "name",
            match bad {
                BadName::Length { max } => Invalid::new(
                    "validation_length_out_of_range",
                    format!("The length must be between 1 and {max}."),
                )
                .param("min", 1)
                .param("max", max),
                BadName::Format => Invalid::new("validation_match_invalid", "Must be in a valid format."),
            },
        )
    })
}

fn name_taken(message: &'static str) -> Invalid {
    Invalid::new("validation_backup_name_exists", message)
}

fn invalid(field: &str, invalid: Invalid) -> Error {
    Error::bad_request("An error occurred while validating the submitted data.").with_field(field, invalid)
}

fn scratch_folder(data_dir: &Path) -> io::Result<tempfile::TempDir> {
    let folder = data_dir.join(SCRATCH);
    std::fs::create_dir_all(&folder)?;
    tempfile::Builder::new().prefix("backup-").tempdir_in(folder)
}

fn moment(modified: SystemTime) -> DateTime {
    let since = modified.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    DateTime::from_unix_milliseconds(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
