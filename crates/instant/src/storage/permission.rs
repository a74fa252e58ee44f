//! Who may store, see and delete files.

use ketch_model::attr::FILES;

use crate::error::{Error, Result};
use crate::service::Instant;
use crate::users::Viewer;

/// What is done with files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileAction {
    Create,
    View,
    Delete,
}

impl FileAction {
    /// The name of its rule.
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::View => "view",
            Self::Delete => "delete",
        }
    }
}

impl Instant {
    /// Refuses a viewer whom the rules of `$files` do not allow the action on all of the paths.
    ///
    /// # Errors
    /// `permission-denied`, or that a rule cannot be evaluated.
    pub(super) fn check_files(&self, action: FileAction, paths: &[&str], viewer: &Viewer) -> Result<()> {
        if viewer.is_admin() || paths.is_empty() {
            return Ok(());
        }
        // Without a rule that says otherwise nobody may.
        Err(Error::denied(&[FILES, action.name()], "has-storage-permission?"))
    }
}
