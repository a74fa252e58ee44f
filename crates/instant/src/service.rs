//! The service of one app.

use std::sync::Arc;

use ketch_auth::Auth;
use ketch_records::Records;
use tokio::sync::OnceCell;

use crate::permissions::Permissions;
use crate::url_key::UrlKey;

/// The Instant dialect over the records of one app. Cheap to clone.
#[derive(Clone)]
pub struct Instant {
    pub(crate) records: Records,
    pub(crate) auth: Auth,
    pub(crate) permissions: Permissions,
    pub(crate) url_key: Arc<OnceCell<UrlKey>>,
}

impl Instant {
    pub fn new(records: Records, auth: Auth, permissions: Permissions) -> Self {
        Self { records, auth, permissions, url_key: Arc::default() }
    }

    /// The app's rules.
    pub fn permissions(&self) -> &Permissions {
        &self.permissions
    }
}
