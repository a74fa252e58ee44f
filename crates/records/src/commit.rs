//! The one way in which a transaction that changes records is run: logged, committed, told, tidied up.

use std::sync::Arc;
use std::time::Duration;

use ketch_model::attr::FILES;
use ketch_model::{Collection, Error, FieldKind, Record, Result, Schema};
use ketch_store::{Change, ChangeKind, Connection};

use crate::applied::{Applied, log_changes};
use crate::cascade;
use crate::service::Records;

/// The field of `$files` that names the place of the bytes.
pub(crate) const LOCATION: &str = "location-id";
/// How long a write waits for the files of what it deleted to go.
const PATIENCE: Duration = Duration::from_secs(2);

impl Records {
    /// Runs `work` in one transaction under the schema that is in force there. Its changes are
    /// logged with it and told to the sinks after the commit, in the order of the commits, even
    /// when the caller has gone by then.
    pub(crate) async fn commit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Connection, &Arc<Schema>, &mut Applied) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (handle, sinks) = (self.inner.schema.clone(), self.inner.sinks.clone());
        let listeners = sinks.clone();
        let transaction = move |connection: &mut dyn Connection| {
            let schema = handle.load_full();
            let mut applied = Applied::default();
            let answer = work(connection, &schema, &mut applied)?;
            log_changes(connection, &applied)?;
            if !applied.changes.is_empty() {
                for sink in listeners.iter() {
                    sink.logged(connection, &schema, &applied.changes)?;
                }
            }
            Ok::<_, Error>((answer, applied))
        };
        let tell = move |(_, applied): &(T, Applied)| {
            if !applied.changes.is_empty() {
                for sink in sinks.iter() {
                    sink.committed(&applied.changes);
                }
            }
        };
        let (answer, applied) = self.inner.store.write_then(transaction, tell).await?;
        self.tidy_up(applied).await;
        Ok(answer)
    }

    /// Removes files that nothing names any more. The answer waits for it, but not for a storage
    /// that takes its time; neither of both ends the removal.
    pub(crate) async fn tidy_up(&self, applied: Applied) {
        let loses = |change: &Change| change.kind == ChangeKind::Delete || lost_location(change).is_some();
        if applied.dropped_files.is_empty() && !applied.changes.iter().any(loses) {
            return;
        }
        let this = self.clone();
        let removing = tokio::spawn(async move { this.remove_orphans(applied).await });
        match tokio::time::timeout(PATIENCE, removing).await {
            Ok(Err(error)) => tracing::error!(%error, "files of deleted records could not be removed"),
            Ok(Ok(())) => {}
            Err(_) => tracing::warn!("the storage takes long to remove files of deleted records"),
        }
    }

    /// Removes the files that lost their record or their place in one.
    async fn remove_orphans(&self, applied: Applied) {
        for change in &applied.changes {
            if let Some((collection, location)) = lost_location(change) {
                self.inner.files.remove_record(collection, location).await;
            }
            if let (ChangeKind::Delete, Some(before)) = (change.kind, &change.before)
                && before.collection.fields.iter().any(|field| matches!(field.kind, FieldKind::File(_)))
            {
                self.inner.files.remove_record(&before.collection.id, before.id()).await;
            }
        }
        for (collection, record, name) in applied.dropped_files {
            self.inner.files.remove_all(&collection, &record, vec![name]).await;
        }
    }

    /// Gives sinks that ask for it a look at the records that a delete is going to take away.
    /// Whoever asks for the delete may not be allowed to: nothing is told, only looked at.
    pub(crate) async fn look_before_delete(&self, collection: &Arc<Collection>, id: &str) {
        if self.inner.sinks.is_empty() {
            return;
        }
        let schema = self.schema();
        let reached = cascade::reach(&schema, collection);
        let mut sinks = Vec::new();
        for sink in self.inner.sinks.iter() {
            if sink.looks_before_delete(&reached) {
                sinks.push(sink);
            }
        }
        if sinks.is_empty() {
            return;
        }
        let (collection, id) = (collection.clone(), id.to_owned());
        let doomed: Result<Vec<Record>> = self
            .inner
            .store
            .read(move |connection| cascade::doomed(connection, &schema, &collection, &id))
            .await;
        match doomed {
            Ok(doomed) if !doomed.is_empty() => {
                let doomed: Vec<Arc<Record>> = doomed.into_iter().map(Arc::new).collect();
                for sink in sinks {
                    sink.deleting(self, doomed.clone()).await;
                }
            }
            Ok(_) => {}
            // The delete itself will meet the same fault and report it.
            Err(error) => tracing::debug!(%error, "records to be deleted could not be looked at"),
        }
    }
}

/// Where the bytes of a row of `$files` lay that is gone, or has others now: the collection's id and
/// the location's. Each location is used once.
fn lost_location(change: &Change) -> Option<(&str, &str)> {
    let before = change.before.as_ref()?;
    if before.collection.name != FILES {
        return None;
    }
    let location = before.text(LOCATION);
    let stays = change.after.as_ref().is_some_and(|after| after.text(LOCATION) == location);
    (!stays && !location.is_empty()).then_some((&before.collection.id, location))
}
