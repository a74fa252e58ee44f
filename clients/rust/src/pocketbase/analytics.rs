//! Visits and other events of a site. Ketch has these routes, PocketBase has not.

use http::Method;
use serde::Serialize;
use serde_json::{Value, json};

use super::client::Client;
use super::core::{Outgoing, to_json};
use crate::backoff::random;
use crate::call::Call;
use crate::encode::component;
use crate::error::Result;

const PATH: &str = "/api/analytics";

impl Client {
    /// Visits and other events of a site.
    pub fn analytics(&self) -> Analytics {
        Analytics { client: self.clone() }
    }
}

/// Records events, and counts them for superusers. Ranges are `today`, `7d`, `30d` or `90d`.
#[derive(Clone, Debug)]
pub struct Analytics {
    client: Client,
}

impl Analytics {
    /// Records one event. `details` is an object with any of `sessionId`, `referrer`, `title`,
    /// `perfMs`, `timestamp` and fields of your own; null for none.
    ///
    /// ```no_run
    /// # async fn example(client: ketch_client::pocketbase::Client) -> ketch_client::Result<()> {
    /// let details = serde_json::json!({"sessionId": "s1", "plan": "pro"});
    /// client.analytics().track_event("page_view", "/pricing", details).await?;
    /// # Ok(()) }
    /// ```
    pub fn track_event(&self, event: &str, path: &str, details: impl Serialize) -> Call<Value> {
        self.track(to_json(&details).map(|details| {
            let mut all = json!({"event": event, "path": path});
            if let (Some(all), Value::Object(details)) = (all.as_object_mut(), details) {
                all.extend(details);
            }
            json!([all])
        }))
    }

    /// Records events: objects with at least `event` and `path`. Returns how many were taken.
    pub fn track_events(&self, events: impl Serialize) -> Call<Value> {
        self.track(to_json(&events))
    }

    /// A new id for a visit, to send with its events as `sessionId`.
    pub fn session_id() -> String {
        format!("{:016x}{:016x}", random(), random())
    }

    /// Page views and visitors, in all and by day.
    pub fn get_stats(&self, range: &str) -> Call<Value> {
        self.get("stats", range)
    }

    /// The pages with the most views.
    pub fn get_top_pages(&self, range: &str, limit: u32) -> Call<Value> {
        self.get("top-pages", range).query("limit", limit)
    }

    /// The sites that most visitors came from.
    pub fn get_top_sources(&self, range: &str, limit: u32) -> Call<Value> {
        self.get("top-sources", range).query("limit", limit)
    }

    /// Browsers and systems.
    pub fn get_devices(&self, range: &str) -> Call<Value> {
        self.get("devices", range)
    }

    /// How analytics are set up.
    pub fn get_config(&self) -> Call<Value> {
        self.client.call(Ok(Outgoing::get(format!("{PATH}/config"))))
    }

    /// The days for which raw logs are kept.
    pub fn get_raw_logs(&self) -> Call<Value> {
        self.client.call(Ok(Outgoing::get(format!("{PATH}/raw-logs"))))
    }

    /// The address of the raw log of a day, such as `2026-01-31`.
    pub fn raw_log_download_url(&self, date: &str) -> String {
        self.client.url(&format!("{PATH}/raw-logs/{}", component(date)))
    }

    /// Whether the server records events.
    pub fn is_enabled(&self) -> Call<bool> {
        let probe: Call<Value> = self.track(Ok(json!([])));
        Call::new(move |options| async move {
            match probe.options(options).await {
                Ok(_) => Ok(true),
                Err(error) if error.status() == 400 => Ok(true),
                Err(error) if error.status() != 0 => Ok(false),
                Err(error) => Err(error),
            }
        })
    }

    fn track(&self, events: Result<Value>) -> Call<Value> {
        let outgoing = events.map(|events| {
            Outgoing::new(Method::POST, format!("{PATH}/events")).json(json!({ "events": events }))
        });
        self.client.call(outgoing)
    }

    fn get(&self, what: &str, range: &str) -> Call<Value> {
        self.client.call(Ok(Outgoing::get(format!("{PATH}/{what}")))).query("range", range)
    }
}
