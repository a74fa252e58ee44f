//! Who a visitor is, as far as anybody may know.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use ketch_model::ids;
use ketch_store::sql::analytics as sql;
use ketch_store::{Flow, Store, StoreResult};
use sha2::{Digest, Sha256};

const SALT_CHARACTERS: usize = 32;
/// Bytes of a hash that are kept: enough to tell visitors apart, and shorter to store.
const KEPT: usize = 12;

/// The secret of a day.
#[derive(Debug)]
pub(super) struct Salt {
    day: i64,
    text: String,
}

impl Salt {
    /// A hash of these parts that means nothing without the salt.
    pub(super) fn hash(&self, parts: &[&str]) -> String {
        let mut hasher = Sha256::new();
        hasher.update(self.text.as_bytes());
        for part in parts {
            // Lengths keep parts apart.
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let hash = hasher.finalize();
        hash[..KEPT].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Today's salt: in memory, and in the store so that a restart does not make visitors new.
#[derive(Debug, Default)]
pub(super) struct Salts(ArcSwapOption<Salt>);

impl Salts {
    pub(super) async fn of_day(&self, store: &Arc<dyn Store>, day: i64) -> StoreResult<Arc<Salt>> {
        if let Some(salt) = self.0.load_full()
            && salt.day == day
        {
            return Ok(salt);
        }
        let text = store
            .write(move |connection| {
                let dialect = connection.dialect();
                connection.execute(&sql::delete_salts_before(dialect, day))?;
                let new = ids::random_text(SALT_CHARACTERS, ids::ALPHANUMERIC);
                connection.execute(&sql::insert_salt(dialect, day, &new))?;
                let mut stored = new;
                connection.query(&sql::select_salt(dialect, day), &mut |row| {
                    if let Some(text) = row.cell(0).as_text() {
                        text.clone_into(&mut stored);
                    }
                    Flow::Stop
                })?;
                Ok(stored)
            })
            .await?;
        let salt = Arc::new(Salt { day, text });
        self.0.store(Some(salt.clone()));
        Ok(salt)
    }
}
