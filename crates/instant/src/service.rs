//! The service of one app.

use ketch_auth::Auth;
use ketch_records::Records;

/// The Instant dialect over the records of one app. Cheap to clone.
#[derive(Clone)]
pub struct Instant {
    pub(crate) records: Records,
    pub(crate) auth: Auth,
}

impl Instant {
    pub fn new(records: Records, auth: Auth) -> Self {
        Self { records, auth }
    }
}
