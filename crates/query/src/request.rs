//! What a rule may ask about the request: the `@request.*` names.

use std::collections::BTreeMap;
use std::sync::Arc;

use ketch_model::{Object, Record};

/// The request as rules see it.
#[derive(Debug, Clone, Default)]
pub struct RequestInfo {
    /// `default`, `expand`, `realtime`, `protectedFile`, `batch`, `oauth2`, `otp`, `password`.
    pub context: &'static str,
    /// Upper-case verb.
    pub method: String,
    /// First value of each query parameter. Shared, as one request is asked about by many rules.
    pub query: Arc<BTreeMap<String, String>>,
    /// Lower snake_case names (`User-Agent` is `user_agent`).
    pub headers: Arc<BTreeMap<String, String>>,
    /// Submitted data with modifiers resolved. An uploaded file is an object with `name`, `originalName`, `size`.
    pub body: Object,
    /// Who asks; `None` is a guest.
    pub auth: Option<Arc<Record>>,
}

impl RequestInfo {
    pub fn is_superuser(&self) -> bool {
        self.auth.as_ref().is_some_and(|record| record.collection.is_superusers())
    }
}
