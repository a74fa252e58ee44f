//! What a restore needs of the process around the app.

use std::path::PathBuf;

use futures_util::future::BoxFuture;

use crate::error::OpenError;

/// Opens and closes the app of a folder, to see whether it can be opened.
pub type TryOpen = Box<dyn Fn(PathBuf) -> BoxFuture<'static, Result<(), OpenError>> + Send + Sync>;

/// The process that an app runs in. Without one nothing is restored while the app runs.
pub struct RestoreHost {
    pub try_open: TryOpen,
    /// Asks for an end of all requests, [`crate::backups::swap::begin`] on the given data folder once
    /// its databases are closed, and a new start.
    pub restart: Box<dyn Fn(PathBuf) + Send + Sync>,
}
