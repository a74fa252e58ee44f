//! The server's settings, for superusers.

use std::time::Duration;

use http::Method;
use serde::Serialize;
use serde_json::{Value, json};

use super::client::Client;
use super::core::{Outgoing, to_json};
use super::record::Record;
use crate::call::Call;

impl Client {
    /// The server's settings, for superusers.
    pub fn settings(&self) -> Settings {
        Settings { client: self.clone() }
    }
}

/// Reads and changes the settings, and tries them out.
#[derive(Clone, Debug)]
pub struct Settings {
    client: Client,
}

impl Settings {
    /// All settings; secrets are left out.
    pub fn get_all(&self) -> Call<Value> {
        self.client.call(Ok(Outgoing::get("/api/settings")))
    }

    /// Changes those that `body` has; returns all.
    pub fn update(&self, body: impl Serialize) -> Call<Value> {
        let outgoing = to_json(&body).map(|body| Outgoing::new(Method::PATCH, "/api/settings").json(body));
        self.client.call(outgoing)
    }

    /// Tries the S3 bucket for `storage` or `backups`; fails with the reason.
    pub fn test_s3(&self, filesystem: &str) -> Call<()> {
        self.post("/api/settings/test/s3", json!({ "filesystem": filesystem }))
    }

    /// Sends a mail with a template of a collection, such as `verification`.
    pub fn test_email(&self, collection: &str, to: &str, template: &str) -> Call<()> {
        let body = json!({"email": to, "template": template, "collection": collection});
        self.post("/api/settings/test/email", body)
    }

    /// A client secret for Apple sign-in; `private_key` is the text of the `.p8` file.
    pub fn generate_apple_client_secret(
        &self,
        client_id: &str,
        team_id: &str,
        key_id: &str,
        private_key: &str,
        duration: Duration,
    ) -> Call<String> {
        let body = json!({
            "clientId": client_id,
            "teamId": team_id,
            "keyId": key_id,
            "privateKey": private_key,
            "duration": duration.as_secs(),
        });
        let call: Call<Record> = self.post("/api/settings/apple/generate-client-secret", body);
        Call::new(move |options| async move { call.options(options).await?.get_as("secret") })
    }

    fn post<T: serde::de::DeserializeOwned + Send + 'static>(&self, path: &str, body: Value) -> Call<T> {
        self.client.call(Ok(Outgoing::post(path).json(body)))
    }
}
