//! Two servers, side by side.

use serde::Serialize;

use crate::Result;

/// The same thing for each of the two servers.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Pair<T> {
    pub(crate) ketch: T,
    pub(crate) pocketbase: T,
}

impl<T> Pair<T> {
    pub(crate) fn map<U>(&self, mut each: impl FnMut(&T) -> Result<U>) -> Result<Pair<U>> {
        Ok(Pair { ketch: each(&self.ketch)?, pocketbase: each(&self.pocketbase)? })
    }
}
