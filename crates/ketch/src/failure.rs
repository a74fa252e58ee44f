//! Why a command failed: one sentence for whoever typed it.

use std::fmt;

use ketch_app::OpenError;
use ketch_store::StoreError;

/// Why something could not be done: a sentence for people.
#[derive(Debug)]
pub struct Failure(String);

impl std::error::Error for Failure {}

impl Failure {
    /// A failure with this sentence.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Text from deeper down, made a sentence.
    pub(crate) fn sentence(text: &str) -> Self {
        let text = text.trim();
        let mut characters = text.chars();
        let first: String = characters.next().into_iter().flat_map(char::to_uppercase).collect();
        let end = if text.ends_with(['.', '!', '?']) { "" } else { "." };
        Self(format!("{first}{}{end}", characters.as_str()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error {
            // The driver's own sentence names the file.
            OpenError::Store(StoreError::Unavailable(text)) => Self::sentence(&text),
            error => Self::sentence(&error.to_string()),
        }
    }
}
