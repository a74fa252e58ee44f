//! Why an app cannot be opened, in words for whoever runs the server.

use std::io;
use std::path::PathBuf;

use ketch_model::Error;
use ketch_store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "This data folder was made by a PocketBase older than 0.23: start it once with PocketBase 0.23 or newer to upgrade it, then open it with Ketch."
    )]
    TooOld,
    #[error("The database cannot be used: {0}.")]
    Store(StoreError),
    #[error("The collections of this data folder cannot be read: {0}.")]
    Schema(String),
    #[error("The settings of this data folder cannot be read: {0}.")]
    Settings(String),
    #[error(
        "The settings of this data folder are encrypted: name the environment variable that holds their key with --encryptionEnv."
    )]
    KeyMissing,
    #[error("The settings of this data folder are encrypted with another key than the given one.")]
    KeyWrong,
    #[error("The log and its neighbours cannot be opened: {0}.")]
    Telemetry(String),
    #[error("The encryption key must have exactly 32 characters.")]
    KeyLength,
    #[error(
        "The {name} must be a UUID of 36 characters, such as 8f14e45f-ceea-467f-a0e6-3b6e3a7d0c1d, and `{text}` is none."
    )]
    Identity { name: &'static str, text: String },
    #[error("There is an app with the id {0} already.")]
    Taken(String),
    #[error("The main app cannot be deleted: it is the data folder itself.")]
    MainStays,
    #[error("The folder {} cannot be used: {error}.", folder.display())]
    Folder { folder: PathBuf, error: io::Error },
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        Self::Schema(error.cause.unwrap_or_else(|| error.message.into_owned()))
    }
}
