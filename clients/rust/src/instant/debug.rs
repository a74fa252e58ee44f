//! Trying permissions out.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::client::{Client, Outgoing, json_of};
use super::step::Step;
use crate::call::Call;
use crate::error::Result;

/// What a query would give, and why.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct QueryCheck {
    /// What the user would see.
    #[serde(default)]
    pub result: Value,
    /// For each entity: `id`, `entity` (its namespace), `record`, `check` (what the rule said).
    #[serde(default)]
    pub check_results: Vec<Value>,
}

/// What a transaction would do, and why.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TransactCheck {
    /// The transaction's number.
    #[serde(rename = "tx-id", default)]
    pub tx_id: i64,
    /// Whether all rules allow it.
    #[serde(rename = "all-checks-ok?", default)]
    pub all_checks_ok: bool,
    /// Whether it was made; usually it is only tried.
    #[serde(rename = "committed?", default)]
    pub is_committed: bool,
    /// What each rule said.
    #[serde(rename = "check-results", default)]
    pub check_results: Vec<Value>,
}

impl Client {
    /// Runs a query as the user of [`as_user`](Client::as_user) and tells what each rule said. With
    /// `rules` those are used instead of the app's.
    pub fn debug_query(&self, query: impl Serialize, rules: Option<Value>) -> Call<QueryCheck> {
        let body = json_of(&query).map(|query| json!({ "query": query }));
        self.call(body.and_then(|body| check("/admin/query_perms_check", body, rules)).map(Outgoing::safe))
    }

    /// Tries a transaction as the user of [`as_user`](Client::as_user) and tells what each rule said;
    /// nothing is changed. With `rules` those are used instead of the app's.
    pub fn debug_transact(
        &self,
        steps: impl IntoIterator<Item = Step>,
        rules: Option<Value>,
    ) -> Call<TransactCheck> {
        let body = Step::all(steps).map(|steps| json!({ "steps": steps }));
        self.call(body.and_then(|body| check("/admin/transact_perms_check", body, rules)))
    }
}

fn check(path: &str, mut body: Value, rules: Option<Value>) -> Result<Outgoing> {
    if let Some(rules) = rules {
        body["rules-override"] = rules;
    }
    Outgoing::post(path, &body)
}
