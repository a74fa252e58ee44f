//! One app: its services wired together, its settings, and the work that recurs.

mod app;
mod apps;
pub mod backups;
mod cipher;
mod config;
mod crons;
mod error;
mod identity;
mod jobs;
mod limits;
mod names;
mod open;
mod s3_test;
pub mod secrets;
mod settings;
mod sql;

pub use app::App;
pub use apps::{Apps, Opener};
pub use config::{AppConfig, WebhookOptions};
pub use crons::{CronJob, Crons};
pub use error::OpenError;
pub use identity::{Identity, PinnedIdentity, is_canonical_uuid};
pub use ketch_jobs::JobOptions;
pub use ketch_realtime::Lifetimes;
pub use limits::{CollectionRoute, Probing, RateLimiter, Visit};
pub use s3_test::FileSystem;
pub use settings::SettingsHandle;
pub use sql::SqlAnswer;
