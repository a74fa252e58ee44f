//! One app: its services wired together, its settings, and the work that recurs.

mod app;
mod cipher;
mod config;
mod error;
mod names;
mod open;
mod settings;
mod tasks;

pub use app::App;
pub use config::AppConfig;
pub use error::OpenError;
pub use settings::SettingsHandle;
pub use tasks::Tasks;
