//! The queue over a clock of the test's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::time::Duration;

use ketch_model::ErrorKind;
use ketch_store::Store;
use ketch_store_sqlite::{SqliteOptions, SqliteStore};
use serde_json::json;
use tempfile::TempDir;

use crate::{Claim, Failure, Job, JobOptions, JobQuery, Jobs, NewJob, Status};

const BEGIN: i64 = 1_700_000_000_000;
const SECOND: i64 = 1_000;

struct Queue {
    jobs: Jobs,
    now: Arc<AtomicI64>,
    _folder: TempDir,
}

impl Queue {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn Store> =
            Arc::new(SqliteStore::open(folder.path().join("data.db"), SqliteOptions::default()).unwrap());
        let now = Arc::new(AtomicI64::new(BEGIN));
        let clock = now.clone();
        let options = JobOptions { completed_kept: Duration::from_secs(60), ..JobOptions::default() };
        let jobs = Jobs::with_clock(store, options, Arc::new(move || clock.load(SeqCst))).await.unwrap();
        Self { jobs, now, _folder: folder }
    }

    fn pass(&self, milliseconds: i64) {
        self.now.fetch_add(milliseconds, SeqCst);
    }

    async fn enqueue(&self, topic: &str, run_at: Option<i64>) -> Job {
        let new =
            NewJob { topic: topic.to_owned(), payload: json!({"a": [1, null]}), run_at, max_retries: None };
        self.jobs.enqueue(new).await.unwrap()
    }

    async fn claim(&self, topics: &[&str], limit: i64, seconds: i64) -> Vec<Job> {
        let topics = topics.iter().map(|topic| (*topic).to_owned()).collect();
        let claim = Claim { topics, limit: Some(limit), lease_seconds: Some(seconds) };
        self.jobs.claim(claim).await.unwrap()
    }

    async fn claim_one(&self) -> Job {
        self.claim(&[], 1, 10).await.pop().unwrap()
    }
}

fn ids(jobs: &[Job]) -> Vec<&str> {
    jobs.iter().map(|job| job.id.as_str()).collect()
}

fn lease(job: &Job) -> &str {
    job.lease.as_deref().unwrap()
}

#[tokio::test]
async fn jobs_are_given_out_by_topic_when_they_are_due() {
    let queue = Queue::open().await;
    let late = queue.enqueue("a", Some(BEGIN + 5 * SECOND)).await;
    let first = queue.enqueue("a", Some(BEGIN - SECOND)).await;
    let second = queue.enqueue("b", None).await;
    let third = queue.enqueue("a", None).await;
    assert!(queue.claim(&["c"], 10, 10).await.is_empty());
    assert_eq!(ids(&queue.claim(&["b", "b"], 10, 10).await), [&second.id]);
    let both = queue.claim(&["c", "a", "b"], 10, 10).await;
    assert_eq!(ids(&both), [&first.id, &third.id]);
    assert_eq!((both[0].status, both[0].locked_until), (Status::Processing, Some(BEGIN + 10 * SECOND)));
    assert!(queue.claim(&[], 10, 10).await.is_empty());
    queue.pass(5 * SECOND);
    assert_eq!(ids(&queue.claim(&[], 10, 10).await), [&late.id]);
}

#[tokio::test]
async fn a_claim_of_long_payloads_is_cut() {
    let queue = Queue::open().await;
    for _ in 0..10 {
        let payload = json!("x".repeat(1_000_000));
        queue.jobs.enqueue(NewJob { topic: "a".to_owned(), payload, ..NewJob::default() }).await.unwrap();
    }
    assert_eq!(queue.claim(&[], 100, 10).await.len(), 8);
    assert_eq!(queue.claim(&["a"], 100, 10).await.len(), 2);
}

#[tokio::test]
async fn a_lease_that_ends_gives_the_job_back_and_its_worker_is_too_late() {
    let queue = Queue::open().await;
    queue.enqueue("a", None).await;
    let first = queue.claim_one().await;
    queue.pass(9 * SECOND);
    let held = queue.jobs.extend(&first.id, lease(&first), Some(2)).await.unwrap();
    assert_eq!(held.locked_until, Some(BEGIN + 11 * SECOND));
    queue.pass(2 * SECOND);
    let seen = queue.jobs.find(&first.id).await.unwrap();
    assert_eq!((seen.status, seen.retries, seen.locked_until), (Status::Pending, 1, None));
    assert!(seen.last_error.contains("lease"), "{}", seen.last_error);
    let second = queue.claim_one().await;
    assert_eq!(second.id, first.id);
    let jobs = &queue.jobs;
    for refused in [
        jobs.complete(&first.id, lease(&first)).await,
        jobs.extend(&first.id, lease(&first), None).await,
        jobs.fail(&first.id, lease(&first), Failure::default()).await,
    ] {
        assert_eq!(refused.unwrap_err().kind, ErrorKind::Conflict);
    }
    for _ in 0..2 {
        let done = jobs.complete(&second.id, lease(&second)).await.unwrap();
        assert_eq!((done.status, done.locked_until, done.retries), (Status::Completed, None, 1));
    }
    let refused = jobs.fail(&second.id, lease(&second), Failure::default()).await;
    assert_eq!(refused.unwrap_err().kind, ErrorKind::Conflict);
}

#[tokio::test]
async fn retries_wait_longer_each_time_and_end() {
    let queue = Queue::open().await;
    queue.enqueue("a", None).await;
    for wait in [5, 10, 20] {
        let job = queue.claim_one().await;
        let failure = Failure { error: format!("no {wait}"), retry_in: None };
        let failed = queue.jobs.fail(&job.id, lease(&job), failure).await.unwrap();
        assert_eq!((failed.status, failed.last_error), (Status::Pending, format!("no {wait}")));
        queue.pass(wait * SECOND - 1);
        assert!(queue.claim(&[], 1, 10).await.is_empty());
        queue.pass(1);
    }
    let job = queue.claim_one().await;
    let failed = queue.jobs.fail(&job.id, lease(&job), Failure::default()).await.unwrap();
    assert_eq!((failed.status, failed.retries), (Status::Failed, 3));
    assert!(queue.claim(&[], 1, 10).await.is_empty());
    let again = queue.jobs.requeue(&job.id).await.unwrap();
    assert_eq!((again.status, again.retries, again.last_error.as_str()), (Status::Pending, 0, ""));
    assert_eq!(queue.claim_one().await.id, job.id);
}

#[tokio::test]
async fn a_job_that_kills_its_workers_fails_in_the_end() {
    let queue = Queue::open().await;
    let new = NewJob { topic: "a".to_owned(), max_retries: Some(1), ..NewJob::default() };
    let job = queue.jobs.enqueue(new).await.unwrap();
    for _ in 0..2 {
        queue.claim_one().await;
        queue.pass(10 * SECOND);
    }
    assert!(queue.claim(&[], 1, 10).await.is_empty());
    assert_eq!(queue.jobs.find(&job.id).await.unwrap().status, Status::Failed);
    let stats = queue.jobs.stats().await.unwrap();
    assert_eq!((stats.failed, stats.total(), stats.success_rate()), (1, 1, 0.0));
}

#[tokio::test]
async fn completed_jobs_go_after_their_time() {
    let queue = Queue::open().await;
    for _ in 0..3 {
        queue.enqueue("a", None).await;
    }
    for _ in 0..2 {
        let job = queue.claim_one().await;
        queue.jobs.complete(&job.id, lease(&job)).await.unwrap();
        queue.pass(40 * SECOND);
    }
    queue.jobs.clean().await.unwrap();
    let stats = queue.jobs.stats().await.unwrap();
    assert_eq!((stats.pending, stats.completed, stats.success_rate()), (1, 1, 1.0));
    let page = queue.jobs.list(JobQuery { limit: 1, offset: 1, ..JobQuery::default() }).await.unwrap();
    assert_eq!((page.jobs.len(), page.jobs[0].status, page.total), (1, Status::Completed, 2));
}
