//! What a superuser asks the server itself: health, logs, crons, SQL.

use http::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::client::Client;
use super::core::{Outgoing, segment};
use super::crud::Crud;
use super::record::Page;
use crate::call::Call;

impl Client {
    /// Whether the server is up; superusers are told more.
    pub fn health(&self) -> Call<Value> {
        self.call(Ok(Outgoing::get("/api/health")))
    }

    /// The request log, for superusers.
    pub fn logs(&self) -> Logs {
        Logs { crud: Crud::new(self, "/api/logs") }
    }

    /// The scheduled jobs, for superusers.
    pub fn crons(&self) -> Crons {
        Crons { client: self.clone() }
    }

    /// SQL on the server's database, for superusers.
    pub fn sql(&self) -> Sql {
        Sql { client: self.clone() }
    }
}

/// The request log.
#[derive(Clone, Debug)]
pub struct Logs {
    crud: Crud,
}

impl Logs {
    /// One page of entries; with `filter` and `sort` as for records.
    pub fn get_list<T: DeserializeOwned + Send + 'static>(&self, page: u32, per_page: u32) -> Call<Page<T>> {
        self.crud.get_list(page, per_page)
    }

    /// One entry.
    pub fn get_one<T: DeserializeOwned + Send + 'static>(&self, id: &str) -> Call<T> {
        self.crud.get_one(id)
    }

    /// How many entries there are per hour: `[{"date", "total"}]`.
    pub fn get_stats(&self) -> Call<Vec<Value>> {
        self.crud.client.call(self.crud.outgoing(Method::GET, "/stats", None))
    }

    /// Deletes all entries.
    pub fn truncate(&self) -> Call<()> {
        self.crud.client.call(self.crud.outgoing(Method::DELETE, "", None))
    }
}

/// A scheduled job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cron {
    /// Its name.
    pub id: String,
    /// When it runs, as a cron expression in UTC.
    pub expression: String,
}

/// The scheduled jobs.
#[derive(Clone, Debug)]
pub struct Crons {
    client: Client,
}

impl Crons {
    /// All of them.
    pub fn get_full_list(&self) -> Call<Vec<Cron>> {
        self.client.call(Ok(Outgoing::get("/api/crons")))
    }

    /// Runs one now, in the background.
    pub fn run(&self, id: &str) -> Call<()> {
        self.client.call(segment(id, "id of the job").map(|id| Outgoing::post(format!("/api/crons/{id}"))))
    }
}

/// SQL on the server's database.
#[derive(Clone, Debug)]
pub struct Sql {
    client: Client,
}

impl Sql {
    /// Runs a statement: `{"execTime", "affectedRows", "columns", "rows"}`. Cells are texts or null.
    pub fn run(&self, query: &str) -> Call<Value> {
        self.client.call(Ok(Outgoing::post("/api/sql").json(json!({ "query": query }))))
    }
}
