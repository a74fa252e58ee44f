//! What the process decides about an app.

use std::path::PathBuf;
use std::time::Duration;

use ketch_instant::webhooks::SignerSource;
use ketch_jobs::JobOptions;
use ketch_realtime::Lifetimes;
use ketch_telemetry::TelemetryOptions;

use crate::identity::PinnedIdentity;
use crate::secrets::MasterKey;

/// How an app is opened.
#[derive(Debug, Clone, Default)]
pub struct AppConfig {
    /// The data folder (`pb_data`).
    pub data_dir: PathBuf,
    /// 32 bytes that the stored settings are encrypted with; `None` stores them as plain JSON.
    pub encryption_key: Option<String>,
    /// What is fixed of the app's id, admin token and title.
    pub identity: PinnedIdentity,
    /// How long realtime connections may live.
    pub realtime: Lifetimes,
    /// Shows causes of errors and statements on the console.
    pub development: bool,
    /// Stored files are on the disk before the answer: they survive a power cut. The databases are
    /// opened to do the same.
    pub synchronous_full: bool,
    /// What jobs are taken and how long they are kept.
    pub jobs: JobOptions,
    /// What secrets are encrypted with; without it none are kept.
    pub master_key: Option<MasterKey>,
    /// What is noted of requests and visitors.
    pub telemetry: TelemetryOptions,
    /// Data of a backup is tried out before it takes its place. Files that were on their way when the
    /// backup was made are forgotten: where they lie in a bucket, others may use them.
    pub is_trial: bool,
    /// Anybody may make an app, which is removed after some days.
    pub ephemeral_apps: bool,
    /// How webhooks are told.
    pub webhooks: WebhookOptions,
    /// Where the key of webhooks is; the app's own folder, unless said otherwise.
    pub webhook_signer: Option<SignerSource>,
}

/// How webhooks are told.
#[derive(Debug, Clone)]
pub struct WebhookOptions {
    /// Deliveries go to public addresses only, by https. Apps that anybody may make never reach others.
    pub public_only: bool,
    /// How long after the first failed attempt the next one comes; later ones wait longer.
    pub retry: Duration,
}

impl Default for WebhookOptions {
    fn default() -> Self {
        Self { public_only: false, retry: Duration::from_secs(60) }
    }
}
