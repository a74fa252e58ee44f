//! The clock that starts jobs, and their list.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use ketch_model::cron::Moment;
use ketch_model::time::{self, DateTime};
use ketch_model::{Error, Result};
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::job::Job;

const MINUTE: i64 = 60_000;

/// Jobs by the minute, in UTC. Cheap to clone; all clones see the same jobs.
///
/// Of one job no two turns run at a time: one that would start while another is under way is left
/// out. A job that fails or panics is reported and runs again at its next turn.
#[derive(Clone)]
pub struct Crons {
    inner: Arc<Inner>,
}

struct Inner {
    jobs: Mutex<Vec<Job>>,
    turns: Mutex<JoinSet<()>>,
    stop: watch::Sender<bool>,
    clock: Clock,
}

/// Milliseconds since 1970.
type Clock = Box<dyn Fn() -> i64 + Send + Sync>;

/// A registered job, as operators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronJob {
    pub id: String,
    pub expression: String,
}

impl Default for Crons {
    fn default() -> Self {
        Self::with_clock(Box::new(time::unix_milliseconds))
    }
}

impl Crons {
    fn with_clock(clock: Clock) -> Self {
        Self {
            inner: Arc::new(Inner {
                jobs: Mutex::default(),
                turns: Mutex::new(JoinSet::new()),
                stop: watch::Sender::new(false),
                clock,
            }),
        }
    }

    /// Registers a job; one of the same id is replaced in its place, and a turn of it that is under
    /// way goes on to its end.
    ///
    /// # Errors
    /// What is wrong with the expression ([`ketch_model::cron`]); nothing has changed then.
    pub fn add<F, T>(&self, id: &str, expression: &str, work: F) -> Result<()>
    where
        F: Fn() -> T + Send + Sync + 'static,
        T: Future<Output = Result<()>> + Send + 'static,
    {
        let job = Job::new(id, expression, work).map_err(Error::bad_request)?;
        let mut jobs = self.inner.jobs.lock();
        match jobs.iter_mut().find(|other| *other.id == *id) {
            Some(place) => *place = job,
            None => jobs.push(job),
        }
        Ok(())
    }

    /// Takes a job out of the list; a turn that is under way goes on to its end.
    pub fn remove(&self, id: &str) {
        self.inner.jobs.lock().retain(|job| *job.id != *id);
    }

    /// The jobs in the order in which they were registered.
    pub fn list(&self) -> Vec<CronJob> {
        let entry = |job: &Job| CronJob { id: job.id.to_string(), expression: job.expression.to_string() };
        self.inner.jobs.lock().iter().map(entry).collect()
    }

    /// Starts a job now, beside whoever asks; `false` if there is none of this id. Where a turn is
    /// under way already, that one counts.
    pub fn run(&self, id: &str) -> bool {
        let job = self.inner.jobs.lock().iter().find(|job| *job.id == *id).cloned();
        if let Some(job) = &job {
            self.inner.begin(job);
        }
        job.is_some()
    }

    /// Starts the clock. Jobs run from the next full minute on; to be called once.
    pub(crate) fn start(&self) {
        let inner = self.inner.clone();
        let mut stop = inner.stop.subscribe();
        let clock = async move {
            let mut last = (inner.clock)().div_euclid(MINUTE);
            loop {
                let rest = MINUTE - (inner.clock)().rem_euclid(MINUTE);
                let pause = Duration::from_millis(u64::try_from(rest).unwrap_or_default());
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    _ = stop.wait_for(|stopped| *stopped) => return,
                }
                // The pause may end a moment early. Of minutes that the machine slept through, only
                // the present one counts.
                let minute = (inner.clock)().div_euclid(MINUTE);
                if minute != last {
                    last = minute;
                    inner.begin_due(moment(minute));
                }
            }
        };
        self.inner.turns.lock().spawn(clock);
    }

    /// Stops the clock; what is under way is cut at its next wait.
    pub async fn stop(&self) {
        self.inner.stop.send_replace(true);
        let mut turns = std::mem::take(&mut *self.inner.turns.lock());
        turns.shutdown().await;
    }
}

impl Inner {
    fn begin_due(&self, moment: Moment) {
        let due = |job: &&Job| job.schedule.is_due(moment);
        let jobs: Vec<Job> = self.jobs.lock().iter().filter(due).cloned().collect();
        for job in &jobs {
            self.begin(job);
        }
    }

    fn begin(&self, job: &Job) {
        let mut turns = self.turns.lock();
        while let Some(ended) = turns.try_join_next() {
            if let Err(error) = ended {
                tracing::error!(%error, "a recurring job failed");
            }
        }
        if *self.stop.borrow() {
            return;
        }
        match job.turn() {
            Some(turn) => drop(turns.spawn(turn)),
            None => tracing::warn!(job = &*job.id, "a turn is left out: the last one is still under way"),
        }
    }
}

fn moment(minutes: i64) -> Moment {
    let at = DateTime::from_unix_milliseconds(minutes * MINUTE);
    Moment { minute: at.minute, hour: at.hour, day: at.day, month: at.month, weekday: at.weekday() }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use tokio::time::{Instant, sleep};

    use super::*;

    /// 2024-02-29 23:57:30, a Thursday.
    const BEGIN: i64 = 1_709_251_050_000;

    /// Jobs over a clock that goes with tokio's.
    fn crons() -> Crons {
        let begin = Instant::now();
        let passed = move || i64::try_from(begin.elapsed().as_millis()).unwrap_or(i64::MAX);
        let crons = Crons::with_clock(Box::new(move || BEGIN + passed()));
        crons.start();
        crons
    }

    fn counting(crons: &Crons, id: &str, expression: &str) -> Arc<AtomicUsize> {
        let turns = Arc::new(AtomicUsize::new(0));
        let counted = turns.clone();
        let work = move || {
            counted.fetch_add(1, SeqCst);
            async { Ok(()) }
        };
        crons.add(id, expression, work).expect("an expression");
        turns
    }

    #[tokio::test(start_paused = true)]
    async fn jobs_run_at_their_minutes() {
        let crons = crons();
        let each = counting(&crons, "each", "* * * * *");
        let midnight = counting(&crons, "midnight", "0 0 1 3 5");
        let never = counting(&crons, "never", "0 0 1 1 *");
        sleep(Duration::from_secs(29)).await;
        assert_eq!(each.load(SeqCst), 0, "23:57:59");
        sleep(Duration::from_secs(2)).await;
        assert_eq!(each.load(SeqCst), 1, "23:58:01");
        sleep(Duration::from_secs(180)).await;
        assert_eq!((each.load(SeqCst), midnight.load(SeqCst), never.load(SeqCst)), (4, 1, 0), "00:01:01");
        crons.remove("each");
        crons.stop().await;
        sleep(Duration::from_secs(300)).await;
        assert_eq!(each.load(SeqCst), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn turns_do_not_overlap_and_panics_end_alone() {
        let crons = crons();
        let turns = Arc::new(AtomicUsize::new(0));
        let counted = turns.clone();
        let slow = move || {
            counted.fetch_add(1, SeqCst);
            async {
                sleep(Duration::from_secs(90)).await;
                Ok(())
            }
        };
        crons.add("slow", "* * * * *", slow).expect("an expression");
        crons.add("falls", "* * * * *", || async { panic!("a job of the test") }).expect("an expression");
        let after = counting(&crons, "after", "* * * * *");
        sleep(Duration::from_secs(151)).await;
        assert_eq!((turns.load(SeqCst), after.load(SeqCst)), (2, 3));
        crons.stop().await;
    }

    #[tokio::test(start_paused = true)]
    async fn jobs_are_listed_replaced_and_started_by_hand() {
        let crons = crons();
        let first = counting(&crons, "a", "0 * * * *");
        counting(&crons, "b", "@daily");
        let second = counting(&crons, "a", "*/5 * * * *");
        let listed: Vec<_> = crons.list().into_iter().map(|job| (job.id, job.expression)).collect();
        let expected = [("a", "*/5 * * * *"), ("b", "@daily")];
        assert_eq!(listed, expected.map(|(id, expression)| (id.to_owned(), expression.to_owned())));
        assert!(crons.run("a") && !crons.run("c"));
        sleep(Duration::from_secs(1)).await;
        assert_eq!((first.load(SeqCst), second.load(SeqCst)), (0, 1));
        assert!(crons.add("c", "* * *", || async { Ok(()) }).is_err());
        crons.stop().await;
        assert!(crons.run("a"));
        sleep(Duration::from_secs(1)).await;
        assert_eq!(second.load(SeqCst), 1);
    }
}
