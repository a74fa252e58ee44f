//! One job and its turns.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ketch_model::Result;
use ketch_model::cron::Schedule;

type Work = dyn Fn() -> Pin<Box<dyn Future<Output = Result<()>> + Send>> + Send + Sync;

/// A job as it is registered. Clones share whether a turn is under way.
#[derive(Clone)]
pub(super) struct Job {
    pub id: Arc<str>,
    /// As it was written.
    pub expression: Arc<str>,
    pub schedule: Schedule,
    work: Arc<Work>,
    is_running: Arc<AtomicBool>,
}

impl Job {
    pub fn new<F, T>(id: &str, expression: &str, work: F) -> std::result::Result<Self, String>
    where
        F: Fn() -> T + Send + Sync + 'static,
        T: Future<Output = Result<()>> + Send + 'static,
    {
        Ok(Self {
            id: id.into(),
            expression: expression.into(),
            schedule: Schedule::parse(expression)?,
            work: Arc::new(move || Box::pin(work())),
            is_running: Arc::default(),
        })
    }

    /// A turn to be spawned; `None` while another one is under way.
    pub fn turn(&self) -> Option<impl Future<Output = ()> + Send + use<>> {
        if self.is_running.swap(true, Ordering::AcqRel) {
            return None;
        }
        let running = Running(self.is_running.clone());
        let (id, work) = (self.id.clone(), self.work.clone());
        Some(async move {
            // Also dropped by a panic, and where the turn is cut.
            let _running = running;
            if let Err(error) = work().await {
                tracing::error!(job = &*id, %error, "a recurring job failed");
            }
        })
    }
}

struct Running(Arc<AtomicBool>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
