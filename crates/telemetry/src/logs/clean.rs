//! What does not stay in the log.

use std::sync::Arc;

use ketch_model::settings::Logs as LogSettings;
use ketch_model::time::DateTime;
use ketch_store::sql::logs;
use ketch_store::{Connection, Statement, Store, StoreResult};

/// Rows deleted in one transaction, so that others get their turn.
const AT_ONCE: u32 = 2_000;
const MILLISECONDS_A_DAY: i64 = 86_400_000;

/// Deletes rows that are older than the settings keep them, or below their level.
/// `now` is in milliseconds since 1970.
pub(super) async fn clean(store: &Arc<dyn Store>, settings: &LogSettings, now: i64) -> StoreResult<u64> {
    if settings.max_days <= 0 {
        return clear(store).await;
    }
    let kept = settings.max_days.saturating_mul(MILLISECONDS_A_DAY);
    let before = DateTime::from_unix_milliseconds(now.saturating_sub(kept).max(0)).to_text();
    let level = settings.min_level;
    let old =
        in_parts(store, move |connection| logs::delete_logs_before(connection.dialect(), &before, AT_ONCE))
            .await?;
    let low =
        in_parts(store, move |connection| logs::delete_logs_below(connection.dialect(), level, AT_ONCE))
            .await?;
    Ok(old + low)
}

/// Deletes everything.
pub(super) async fn clear(store: &Arc<dyn Store>) -> StoreResult<u64> {
    store.write(|connection| connection.execute(&logs::delete_logs(connection.dialect()))).await
}

async fn in_parts(
    store: &Arc<dyn Store>,
    statement: impl Fn(&mut dyn Connection) -> Statement + Send + Sync + 'static,
) -> StoreResult<u64> {
    let statement = Arc::new(statement);
    let mut deleted = 0;
    loop {
        let statement = statement.clone();
        let count = store
            .write(move |connection| {
                let statement = statement(connection);
                connection.execute(&statement)
            })
            .await?;
        deleted += count;
        if count < u64::from(AT_ONCE) {
            return Ok(deleted);
        }
    }
}
