//! Why an app cannot be opened, in words for whoever runs the server.

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
    #[error("The encryption key must have exactly 32 characters.")]
    KeyLength,
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
