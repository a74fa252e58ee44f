//! On whose behalf something is asked or done.

use std::sync::Arc;

use ketch_model::Record;

/// Who looks.
#[derive(Debug, Clone)]
pub enum Viewer {
    /// May everything: no rule is asked.
    Admin,
    User(Arc<Record>),
    /// Somebody who has not signed in.
    Guest,
}

impl Viewer {
    pub fn is_admin(&self) -> bool {
        matches!(self, Self::Admin)
    }

    /// The user, if there is one.
    pub fn user(&self) -> Option<&Arc<Record>> {
        match self {
            Self::User(user) => Some(user),
            Self::Admin | Self::Guest => None,
        }
    }
}
