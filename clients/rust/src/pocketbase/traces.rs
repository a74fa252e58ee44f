//! Spans of requests. Ketch has these routes, PocketBase has not.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::client::Client;
use super::core::{Outgoing, segment};
use crate::call::Call;

const PATH: &str = "/api/_/trace";

impl Client {
    /// Spans of requests, for superusers.
    pub fn traces(&self) -> Traces {
        Traces { client: self.clone() }
    }
}

/// Which spans; what is left empty does not matter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpanQuery {
    /// The page, from 1; 0 for the first one.
    pub page: u32,
    /// Spans a page; 0 for 20.
    pub per_page: u32,
    /// The trace that they belong to.
    pub trace_id: Option<String>,
    /// The span that they are inside of.
    pub parent_span_id: Option<String>,
    /// Their name.
    pub name: Option<String>,
    /// How long they took at least.
    pub duration_min: Option<Duration>,
    /// How long they took at most.
    pub duration_max: Option<Duration>,
    /// `unset`, `ok` or `error`; several with commas between.
    pub status: Option<String>,
    /// When they began at the earliest.
    pub start_from: Option<String>,
    /// When they began at the latest.
    pub start_to: Option<String>,
    /// What they are sorted by.
    pub order_by: Option<String>,
    /// Whether the largest comes first.
    pub is_descending: bool,
}

impl SpanQuery {
    fn pairs(self) -> Vec<(&'static str, String)> {
        let millis = |duration: Duration| duration.as_millis().to_string();
        let is_sorted = self.order_by.is_some();
        let direction = if self.is_descending { "desc" } else { "asc" };
        let optional = [
            ("traceId", self.trace_id),
            ("parentSpanId", self.parent_span_id),
            ("name", self.name),
            ("minDuration", self.duration_min.map(millis)),
            ("maxDuration", self.duration_max.map(millis)),
            ("status", self.status),
            ("startTimeFrom", self.start_from),
            ("startTimeTo", self.start_to),
            ("orderBy", self.order_by),
            ("orderDir", is_sorted.then(|| direction.to_owned())),
        ];
        let limit = if self.per_page == 0 { 20 } else { self.per_page };
        let mut pairs = vec![("page", self.page.max(1).to_string()), ("limit", limit.to_string())];
        pairs.extend(optional.into_iter().filter_map(|(key, value)| Some((key, value?))));
        pairs
    }
}

/// Looks at spans, and chooses the users whose requests are always recorded.
#[derive(Clone, Debug)]
pub struct Traces {
    client: Client,
}

impl Traces {
    /// A page of spans: `{"items", "totalCount", "page", "perPage"}`.
    pub fn list_spans(&self, query: SpanQuery) -> Call<Value> {
        let call = self.client.call(Ok(Outgoing::get(format!("{PATH}/spans"))));
        query.pairs().into_iter().fold(call, |call, (key, value)| call.query(key, value))
    }

    /// All spans of a trace.
    pub fn get_by_trace_id(&self, trace_id: &str) -> Call<Vec<Value>> {
        let call: Call<Value> = self.item(Method::GET, "spans", &[trace_id]);
        Call::new(move |options| async move {
            let spans = match call.options(options).await? {
                Value::Object(mut page) => page.remove("items").unwrap_or_default(),
                spans => spans,
            };
            Ok(spans.as_array().cloned().unwrap_or_default())
        })
    }

    /// One span.
    pub fn get_span(&self, trace_id: &str, span_id: &str) -> Call<Value> {
        self.item(Method::GET, "spans", &[trace_id, span_id])
    }

    /// Deletes all spans of a trace.
    pub fn delete_by_trace_id(&self, trace_id: &str) -> Call<()> {
        self.item(Method::DELETE, "spans", &[trace_id])
    }

    /// The users whose requests are always recorded.
    pub fn list_dyed_users(&self) -> Call<Value> {
        self.client.call(Ok(Outgoing::get(format!("{PATH}/dyed-users"))))
    }

    /// Records all requests of a user from now on, for a time. The reason may be empty.
    pub fn add_dyed_user(&self, user_id: &str, time: Duration, reason: &str) -> Call<Value> {
        let mut body = json!({"userId": user_id, "ttl": time.as_secs()});
        if !reason.is_empty() {
            body["reason"] = reason.into();
        }
        self.client.call(Ok(Outgoing::post(format!("{PATH}/dyed-users")).json(body)))
    }

    /// Ends that.
    pub fn remove_dyed_user(&self, user_id: &str) -> Call<()> {
        self.item(Method::DELETE, "dyed-users", &[user_id])
    }

    /// Sets how much longer it goes on.
    pub fn update_dyed_user_ttl(&self, user_id: &str, time: Duration) -> Call<Value> {
        let body = json!({"ttl": time.as_secs()});
        let outgoing = segment(user_id, "id of the user")
            .map(|id| Outgoing::new(Method::PUT, format!("{PATH}/dyed-users/{id}/ttl")).json(body));
        self.client.call(outgoing)
    }

    fn item<T>(&self, method: Method, list: &str, ids: &[&str]) -> Call<T>
    where
        T: serde::de::DeserializeOwned + Send + 'static,
    {
        let path = ids
            .iter()
            .try_fold(format!("{PATH}/{list}"), |path, id| Ok(format!("{path}/{}", segment(id, "id")?)));
        self.client.call(path.map(|path| Outgoing::new(method, path)))
    }
}
