//! The service of one app.

use std::sync::Arc;

use ketch_auth::Auth;
use ketch_records::Records;
use tokio::sync::OnceCell;

use crate::url_key::UrlKey;

/// The Instant dialect over the records of one app. Cheap to clone.
#[derive(Clone)]
pub struct Instant {
    pub(crate) records: Records,
    pub(crate) auth: Auth,
    pub(crate) url_key: Arc<OnceCell<UrlKey>>,
}

impl Instant {
    pub fn new(records: Records, auth: Auth) -> Self {
        Self { records, auth, url_key: Arc::default() }
    }
}
