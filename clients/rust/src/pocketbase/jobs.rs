//! Queued jobs. Ketch has these routes, PocketBase has not.

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

/// Looks at the queue and adds to it.
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

    /// How many jobs there are in each state.
    pub fn get_stats(&self) -> Call<Value> {
        self.client.call(Ok(Outgoing::get(format!("{PATH}/stats"))))
    }
}

fn path(id: &str) -> Result<String> {
    Ok(format!("{PATH}/{}", segment(id, "id of the job")?))
}
