//! Who may store, see and delete files.

use ketch_cel::Action;
use ketch_model::attr::FILES;

use crate::error::{Error, Result};
use crate::permissions::Context;
use crate::service::Instant;
use crate::users::Viewer;

/// What is done with files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileAction {
    Create,
    View,
    Delete,
}

/// Who asks for it, and from where.
pub type Asking<'a> = (&'a Viewer, &'a Context);

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
    pub(super) async fn check_files(
        &self,
        action: FileAction,
        paths: &[&str],
        (viewer, context): Asking<'_>,
    ) -> Result<()> {
        if viewer.is_admin() || paths.is_empty() {
            return Ok(());
        }
        let schema = self.records.schema();
        let inquiry = self.permissions.inquiry(&schema, viewer, context, None);
        let asked = match action {
            FileAction::Create => Action::Create,
            FileAction::View => Action::View,
            FileAction::Delete => Action::Delete,
        };
        if inquiry.allows_paths(self.records.store(), asked, paths).await? {
            return Ok(());
        }
        Err(Error::denied(&[FILES, action.name()], "has-storage-permission?"))
    }
}
