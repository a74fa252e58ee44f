//! Checks of password hashes, a few at a time.

use std::num::NonZero;
use std::sync::Arc;
use std::thread;

use tokio::sync::Semaphore;

/// Lets as many checks run at once as there are processors: each takes one for a tenth of a second
/// on purpose, and a flood of them must not starve everything else.
#[derive(Debug, Clone)]
pub(crate) struct HashGate(Arc<Semaphore>);

impl HashGate {
    pub fn new() -> Self {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        Self(Arc::new(Semaphore::new(processors)))
    }

    /// Whether the plain text has this hash; a broken hash is nobody's.
    pub async fn matches(&self, plain: String, hash: String) -> bool {
        let Ok(_permit) = self.0.clone().acquire_owned().await else { return false };
        let checked = tokio::task::spawn_blocking(move || bcrypt::verify(plain, &hash).unwrap_or(false));
        checked.await.unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_gate_tells_passwords_apart() {
        let gate = HashGate::new();
        let hash = bcrypt::hash_with_result("secret", 4).unwrap().format_for_version(bcrypt::Version::TwoA);
        assert!(gate.matches("secret".to_owned(), hash.clone()).await);
        assert!(!gate.matches("Secret".to_owned(), hash).await);
        assert!(!gate.matches("secret".to_owned(), "broken".to_owned()).await);
    }
}
