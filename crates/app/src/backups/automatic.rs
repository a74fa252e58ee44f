//! Backups by the clock.

use std::sync::Arc;

use ketch_auth::Auth;

use super::service::Backups;
use crate::crons::Crons;

/// The original's id of the job.
const JOB: &str = "__pbAutoBackup__";

impl Backups {
    /// Has backups made when the settings say, now and after each change of them.
    /// Of one that fails the superusers are told by mail.
    pub(crate) fn follow_settings(&self, crons: &Crons, auth: &Auth) {
        self.schedule(crons, auth, &self.inner.settings.current().backups.cron);
        // The settings know the follower, and backups know the settings: one of the two is weak.
        let (followed, crons, auth) = (Arc::downgrade(&self.inner), crons.clone(), auth.clone());
        self.inner.settings.follow(move |settings| {
            if let Some(inner) = followed.upgrade() {
                Self { inner }.schedule(&crons, &auth, &settings.backups.cron);
            }
        });
    }

    /// Registers, changes or removes the job that makes backups, as the expression says; empty is never.
    fn schedule(&self, crons: &Crons, auth: &Auth, expression: &str) {
        if expression.is_empty() {
            return crons.remove(JOB);
        }
        if crons.list().iter().any(|job| job.id == JOB && job.expression == expression) {
            return;
        }
        let (scheduled, auth) = (Arc::downgrade(&self.inner), auth.clone());
        let added = crons.add(JOB, expression, move || {
            let backups = scheduled.upgrade().map(|inner| Self { inner });
            let auth = auth.clone();
            async move {
                let Some(backups) = backups else { return Ok(()) };
                let made = backups.create_automatic().await;
                if let Err(error) = &made {
                    let why = error.cause.as_deref().unwrap_or(&error.message);
                    let text = format!("The scheduled backup was not made: {why}");
                    auth.alert_superusers("Autobackup failure", &text).await;
                }
                made
            }
        });
        // Stored expressions were checked, though perhaps not by this server: no reason to stay closed.
        if let Err(error) = added {
            tracing::error!(%error, "backups are not made by the clock");
        }
    }
}
