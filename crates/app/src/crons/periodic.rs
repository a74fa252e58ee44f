//! Turns that are too short for the clock of minutes.

use std::future::Future;
use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

/// Recurring jobs, started together and stopped together. A job that panics is reported and runs
/// again at its next turn; it takes no other down.
#[derive(Debug)]
pub struct Periodic {
    running: Mutex<JoinSet<()>>,
    stop: watch::Sender<bool>,
}

impl Default for Periodic {
    fn default() -> Self {
        Self { running: Mutex::new(JoinSet::new()), stop: watch::Sender::new(false) }
    }
}

impl Periodic {
    /// Runs `job` every `period`, the first time after one period. Turns that a slow job misses are left out.
    pub fn every<F, T>(&self, name: &'static str, period: Duration, mut job: F)
    where
        F: FnMut() -> T + Send + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        let mut stop = self.stop.subscribe();
        let recurring = async move {
            loop {
                tokio::select! {
                    () = tokio::time::sleep(period) => {}
                    _ = stop.wait_for(|stopped| *stopped) => return,
                }
                // On a task of its own a panic ends here.
                let mut turn = tokio::spawn(job());
                tokio::select! {
                    result = &mut turn => {
                        if let Err(error) = result {
                            tracing::error!(job = name, %error, "a recurring job failed");
                        }
                    }
                    _ = stop.wait_for(|stopped| *stopped) => {
                        turn.abort();
                        return;
                    }
                }
            }
        };
        if let Ok(mut running) = self.running.lock() {
            running.spawn(recurring);
        }
    }

    /// Runs `job` once, from now on; it is cut when everything is stopped.
    pub fn once(&self, job: impl Future<Output = ()> + Send + 'static) {
        let mut stop = self.stop.subscribe();
        let once = async move {
            tokio::select! {
                () = job => {}
                _ = stop.wait_for(|stopped| *stopped) => {}
            }
        };
        if let Ok(mut running) = self.running.lock() {
            running.spawn(once);
        }
    }

    /// Stops every job; what is under way is cut at its next wait.
    pub async fn stop(&self) {
        self.stop.send_replace(true);
        let mut running = match self.running.lock() {
            Ok(mut running) => std::mem::take(&mut *running),
            Err(_) => return,
        };
        while running.join_next().await.is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn jobs_recur_survive_panics_and_stop() {
        let periodic = Periodic::default();
        let turns = Arc::new(AtomicUsize::new(0));
        let counted = turns.clone();
        periodic.every("test", Duration::from_secs(10), move || {
            let turn = counted.fetch_add(1, Ordering::SeqCst);
            async move { assert!(turn != 0, "the first turn falls over") }
        });
        tokio::time::sleep(Duration::from_secs(35)).await;
        assert_eq!(turns.load(Ordering::SeqCst), 3);
        periodic.stop().await;
        tokio::time::sleep(Duration::from_secs(35)).await;
        assert_eq!(turns.load(Ordering::SeqCst), 3);
    }
}
