//! The jobs that every app has, under the original's ids.

use ketch_model::{Error, Result, time};

use crate::app::App;

/// Midnight: files and statistics.
const OPTIMIZE: (&str, &str) = ("__pbDBOptimize__", "0 0 * * *");
/// Every hour: first factors and one-time passwords that have ended.
const MFA_CLEANUP: (&str, &str) = ("__pbMFACleanup__", "0 * * * *");
const OTP_CLEANUP: (&str, &str) = ("__pbOTPCleanup__", "0 * * * *");
/// Four times a day: what the log keeps no more.
const LOGS_CLEANUP: (&str, &str) = ("__pbLogsCleanup__", "0 */6 * * *");

/// Registers the built-in jobs of an app.
///
/// # Errors
/// None of these expressions is wrong.
pub(crate) fn register(app: &App) -> Result<()> {
    let crons = &app.crons;
    let stores = [app.records.store().clone(), app.aux.clone()];
    crons.add(OPTIMIZE.0, OPTIMIZE.1, move || {
        let stores = stores.clone();
        async move {
            for store in stores {
                let done = tokio::task::spawn_blocking(move || store.optimize()).await;
                done.map_err(Error::internal)??;
            }
            Ok(())
        }
    })?;
    let auth = app.auth.clone();
    crons.add(MFA_CLEANUP.0, MFA_CLEANUP.1, move || {
        let auth = auth.clone();
        async move { auth.remove_expired_mfas(time::unix_milliseconds()).await }
    })?;
    let auth = app.auth.clone();
    crons.add(OTP_CLEANUP.0, OTP_CLEANUP.1, move || {
        let auth = auth.clone();
        async move { auth.remove_expired_otps(time::unix_milliseconds()).await }
    })?;
    let logs = app.telemetry.logs.clone();
    crons.add(LOGS_CLEANUP.0, LOGS_CLEANUP.1, move || {
        let logs = logs.clone();
        async move { logs.clean().await.map(|_| ()) }
    })?;
    app.backups.follow_settings(crons, &app.auth);
    Ok(())
}
