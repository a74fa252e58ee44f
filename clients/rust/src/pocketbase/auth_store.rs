//! Where a client keeps who is signed in.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use super::record::Record;
use crate::jwt;

/// The id of the collection of superusers.
const SUPERUSERS_ID: &str = "pbc_3142635823";

/// A token and the record that it signs in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuthState {
    /// The token; empty when nobody is signed in.
    pub token: String,
    /// The record, if known.
    pub record: Option<Record>,
}

impl AuthState {
    /// Whether there is a token that has not expired yet. Only the server can say whether it is genuine.
    pub fn is_valid(&self) -> bool {
        !jwt::is_expired(&self.token, Duration::ZERO)
    }

    /// Whether a superuser is signed in.
    pub fn is_superuser(&self) -> bool {
        let claims = jwt::payload(&self.token);
        let claim =
            |name: &str| claims.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned();
        if claim("type") != "auth" {
            return false;
        }
        match self.record.as_ref().map(Record::collection_name).filter(|name| !name.is_empty()) {
            Some(name) => name == "_superusers",
            None => claim("collectionId") == SUPERUSERS_ID,
        }
    }
}

/// Keeps who is signed in. Implement it to keep it on the disk, in a session, or elsewhere.
///
/// The functions are called from async code: they must not block for long.
pub trait AuthStore: Send + Sync + 'static {
    /// What is kept.
    fn load(&self) -> AuthState;

    /// Keeps this, after a sign-in or a refresh, and when the record was changed by this client.
    fn save(&self, state: AuthState);

    /// Forgets everything.
    fn clear(&self) {
        self.save(AuthState::default());
    }
}

type Watcher = Arc<dyn Fn(&AuthState) + Send + Sync>;

/// Keeps it in memory, and tells of changes.
///
/// ```
/// use ketch_client::pocketbase::{AuthStore, MemoryAuthStore};
///
/// let store = MemoryAuthStore::new();
/// store.on_change(|state| println!("the token is {} characters long now", state.token.len()));
/// store.clear();
/// ```
#[derive(Default)]
pub struct MemoryAuthStore {
    state: RwLock<AuthState>,
    watchers: Mutex<Vec<Watcher>>,
}

impl MemoryAuthStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// A store that begins with `state`.
    pub fn with(state: AuthState) -> Self {
        Self { state: RwLock::new(state), watchers: Mutex::default() }
    }

    /// Calls `watcher` after each change.
    pub fn on_change(&self, watcher: impl Fn(&AuthState) + Send + Sync + 'static) {
        self.watchers.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::new(watcher));
    }
}

impl AuthStore for MemoryAuthStore {
    fn load(&self) -> AuthState {
        self.state.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn save(&self, state: AuthState) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = state.clone();
        // Called without a lock: a watcher may use the store.
        let watchers = self.watchers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for watcher in watchers {
            watcher(&state);
        }
    }
}

impl fmt::Debug for MemoryAuthStore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No token in logs.
        out.debug_struct("MemoryAuthStore").field("is_valid", &self.load().is_valid()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::*;

    #[test]
    fn superusers_are_known_by_collection() {
        let token = |claims: serde_json::Value| format!("h.{}.s", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let auth = token(json!({"type": "auth", "collectionId": SUPERUSERS_ID, "exp": 99_999_999_999_u64}));
        let named = |name: &str| Record::from_iter([("collectionName".to_owned(), json!(name))]);
        for (token, record, expected) in [
            (auth.as_str(), None, true),
            (&auth, Some(named("_superusers")), true),
            (&auth, Some(named("users")), false),
            (&token(json!({"type": "file", "collectionId": SUPERUSERS_ID})), None, false),
            ("", None, false),
        ] {
            let state = AuthState { token: token.to_owned(), record };
            assert_eq!(state.is_superuser(), expected, "{state:?}");
        }
    }

    #[test]
    fn watchers_hear_of_changes_and_may_use_the_store() {
        let store = Arc::new(MemoryAuthStore::new());
        let (heard, again) = (Arc::new(Mutex::new(Vec::new())), store.clone());
        let list = heard.clone();
        store.on_change(move |state| {
            assert_eq!(again.load().token, state.token);
            list.lock().unwrap().push(state.token.clone());
        });
        store.save(AuthState { token: "t".to_owned(), record: None });
        store.clear();
        assert_eq!(*heard.lock().unwrap(), ["t", ""]);
    }
}
