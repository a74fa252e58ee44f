//! One app: its services wired together, its settings, and the work that recurs.

mod app;
mod cipher;
mod config;
mod crons;
mod error;
mod jobs;
mod names;
mod open;
mod settings;

pub use app::App;
pub use config::AppConfig;
pub use crons::{CronJob, Crons};
pub use error::OpenError;
pub use settings::SettingsHandle;
