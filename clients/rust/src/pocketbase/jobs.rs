//! Queued jobs. Ketch has these routes, PocketBase has not.

use std::time::Duration;

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::client::Client;
use super::core::{Outgoing, segment, to_json};
use crate::call::Call;
use crate::error::Result;

const PATH: &str = "/api/jobs";

impl Client {
    /// Queued jobs, for superusers.
    pub fn jobs(&self) -> Jobs {
        Jobs { client: self.clone() }
    }
}

/// Some jobs of the queue.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct JobList {
    /// The jobs.
    #[serde(default)]
    pub items: Vec<Value>,
    /// How many there are in all.
    #[serde(default)]
    pub total: u64,
    /// How many were asked for at most.
    #[serde(default)]
    pub limit: u64,
    /// How many were left out before these.
    #[serde(default)]
    pub offset: u64,
}

/// Jobs that a worker got, and must answer before their leases end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClaimedJobs {
    /// The jobs, the longest due first.
    #[serde(default)]
    pub items: Vec<ClaimedJob>,
}

/// A job that a worker has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClaimedJob {
    /// The job's id.
    pub id: String,
    /// What kind of job it is.
    pub topic: String,
    /// What is to be done, as it was queued.
    #[serde(default)]
    pub payload: Value,
    /// What proves that the job is this worker's.
    pub lease: String,
    /// When the lease ends.
    #[serde(default)]
    pub locked_until: String,
    /// How often the job was begun before.
    #[serde(default)]
    pub retries: u32,
    /// How often it may be begun again.
    #[serde(default)]
    pub max_retries: u32,
    /// Why the last attempt failed; empty if none did.
    #[serde(default)]
    pub last_error: String,
}

/// Looks at the queue, adds to it, and works on it.
#[derive(Clone, Debug)]
pub struct Jobs {
    client: Client,
}

impl Jobs {
    /// Some jobs; narrow them with the query parameters `topic` and `status`.
    pub fn get_list(&self, limit: u32, offset: u32) -> Call<JobList> {
        self.client.call(Ok(Outgoing::get(PATH))).query("limit", limit).query("offset", offset)
    }

    /// One job.
    pub fn get_one(&self, id: &str) -> Call<Value> {
        self.client.call(path(id).map(Outgoing::get))
    }

    /// Queues a job. `run_at` and `retries_max` are the server's choice unless told.
    pub fn enqueue(
        &self,
        topic: &str,
        payload: impl Serialize,
        run_at: Option<&str>,
        retries_max: Option<u32>,
    ) -> Call<Value> {
        let outgoing = to_json(&payload).map(|payload| {
            let mut body = json!({"topic": topic, "payload": payload});
            if let Some(moment) = run_at {
                body["run_at"] = moment.into();
            }
            if let Some(count) = retries_max {
                body["max_retries"] = count.into();
            }
            Outgoing::post(format!("{PATH}/enqueue")).json(body)
        });
        self.client.call(outgoing)
    }

    /// Queues a failed job again.
    pub fn requeue(&self, id: &str) -> Call<Value> {
        self.client.call(path(id).map(|path| Outgoing::post(format!("{path}/requeue"))))
    }

    /// Deletes a job that is waiting or has failed.
    pub fn delete(&self, id: &str) -> Call<Value> {
        self.client.call(path(id).map(|path| Outgoing::new(Method::DELETE, path)))
    }

    /// Takes jobs of some topics, or of all where there are none, to work on: at most `limit`, and
    /// none where nothing is due. Nobody else gets them until the leases end, which is after a
    /// minute where `lease` is zero. A job may come twice: see that it does no harm.
    pub fn claim<T: Into<String>>(
        &self,
        topics: impl IntoIterator<Item = T>,
        limit: u32,
        lease: Duration,
    ) -> Call<ClaimedJobs> {
        let topics: Vec<String> = topics.into_iter().map(Into::into).collect();
        let mut body = json!({"topics": topics, "limit": limit});
        put_seconds(&mut body, "lease_seconds", Some(lease).filter(|lease| !lease.is_zero()));
        self.client.call(Ok(Outgoing::post(format!("{PATH}/claim")).json(body)))
    }

    /// Says that a job is done. An error of status 409 says that the lease had ended, and that the job
    /// is or will be somebody else's.
    pub fn complete(&self, job: &ClaimedJob) -> Call<Value> {
        self.answer(job, "complete", json!({"lease": job.lease}))
    }

    /// Says why a job could not be done. It is tried again after `retry_in`, or after a wait that the
    /// server chooses, until it was tried often enough. Status 409 is as with [`Jobs::complete`].
    pub fn fail(&self, job: &ClaimedJob, error: &str, retry_in: Option<Duration>) -> Call<Value> {
        let mut body = json!({"lease": job.lease, "error": error});
        put_seconds(&mut body, "retry_in", retry_in);
        self.answer(job, "fail", body)
    }

    /// Prolongs the lease of a job: it ends so long from now. Status 409 is as with [`Jobs::complete`].
    pub fn extend(&self, job: &ClaimedJob, lease: Duration) -> Call<ClaimedJob> {
        let mut body = json!({"lease": job.lease});
        put_seconds(&mut body, "lease_seconds", Some(lease));
        let path = path(&job.id).map(|path| Outgoing::post(format!("{path}/extend")).json(body));
        self.client.call(path)
    }

    fn answer(&self, job: &ClaimedJob, how: &str, body: Value) -> Call<Value> {
        self.client.call(path(&job.id).map(|path| Outgoing::post(format!("{path}/{how}")).json(body)))
    }

    /// How many jobs there are in each state.
    pub fn get_stats(&self) -> Call<Value> {
        self.client.call(Ok(Outgoing::get(format!("{PATH}/stats"))))
    }
}

/// Whole seconds, rounded up: a lease is not to end early.
fn put_seconds(body: &mut Value, name: &str, duration: Option<Duration>) {
    if let Some(duration) = duration {
        body[name] = (duration.as_secs() + u64::from(duration.subsec_nanos() > 0)).into();
    }
}

fn path(id: &str) -> Result<String> {
    Ok(format!("{PATH}/{}", segment(id, "id of the job")?))
}
