//! Backups by the clock.

use std::sync::Arc;

use super::service::Backups;
use crate::crons::Crons;

/// The original's id of the job.
const JOB: &str = "__pbAutoBackup__";

impl Backups {
    /// Has backups made when the settings say, now and after each change of them.
    pub(crate) fn follow_settings(&self, crons: &Crons) {
        self.schedule(crons, &self.inner.settings.current().backups.cron);
        // The settings know the follower, and backups know the settings: one of the two is weak.
        let (followed, crons) = (Arc::downgrade(&self.inner), crons.clone());
        self.inner.settings.follow(move |settings| {
            if let Some(inner) = followed.upgrade() {
                Self { inner }.schedule(&crons, &settings.backups.cron);
            }
        });
    }

    /// Registers, changes or removes the job that makes backups, as the expression says; empty is never.
    fn schedule(&self, crons: &Crons, expression: &str) {
        if expression.is_empty() {
            return crons.remove(JOB);
        }
        if crons.list().iter().any(|job| job.id == JOB && job.expression == expression) {
            return;
        }
        let scheduled = Arc::downgrade(&self.inner);
        let added = crons.add(JOB, expression, move || {
            let backups = scheduled.upgrade().map(|inner| Self { inner });
            async move {
                match backups {
                    Some(backups) => backups.create_automatic().await,
                    None => Ok(()),
                }
            }
        });
        // Stored expressions were checked, though perhaps not by this server: no reason to stay closed.
        if let Err(error) = added {
            tracing::error!(%error, "backups are not made by the clock");
        }
    }
}
