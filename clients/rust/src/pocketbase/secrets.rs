//! Secrets that the server keeps. Ketch has these routes, PocketBase has not.

use http::Method;
use serde_json::{Value, json};

use super::client::Client;
use super::core::{Outgoing, segment};
use crate::call::Call;
use crate::error::Result;

const PATH: &str = "/api/secrets";

impl Client {
    /// Secrets that the server keeps, for superusers.
    pub fn secrets(&self) -> Secrets {
        Secrets { client: self.clone() }
    }
}

/// Keeps and reads secrets.
#[derive(Clone, Debug)]
pub struct Secrets {
    client: Client,
}

impl Secrets {
    /// All secrets, their values masked: `{"items", "total"}`.
    pub fn get_list(&self) -> Call<Value> {
        self.client.call(Ok(Outgoing::get(PATH)))
    }

    /// A secret with its value.
    pub fn get(&self, key: &str) -> Call<Value> {
        self.client.call(path(key).map(Outgoing::get))
    }

    /// Keeps a secret. Environment and description may be empty.
    pub fn create(&self, key: &str, value: &str, environment: &str, description: &str) -> Call<Value> {
        let mut body = json!({"key": key, "value": value});
        for (name, text) in [("env", environment), ("description", description)] {
            if !text.is_empty() {
                body[name] = text.into();
            }
        }
        self.client.call(Ok(Outgoing::post(PATH).json(body)))
    }

    /// Changes a secret. The description may be empty.
    pub fn update(&self, key: &str, value: &str, description: &str) -> Call<Value> {
        let mut body = json!({ "value": value });
        if !description.is_empty() {
            body["description"] = description.into();
        }
        self.client.call(path(key).map(|path| Outgoing::new(Method::PUT, path).json(body)))
    }

    /// Deletes a secret.
    pub fn delete(&self, key: &str) -> Call<()> {
        self.client.call(path(key).map(|path| Outgoing::new(Method::DELETE, path)))
    }
}

fn path(key: &str) -> Result<String> {
    Ok(format!("{PATH}/{}", segment(key, "name of the secret")?))
}
