//! Backups, for superusers.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::client::Client;
use super::core::{Outgoing, segment};
use super::download::Download;
use crate::call::Call;
use crate::encode::with_query;
use crate::error::Result;
use crate::multipart::File;

impl Client {
    /// The backups, for superusers.
    pub fn backups(&self) -> Backups {
        Backups { client: self.clone() }
    }
}

/// A backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// The name of its file.
    pub key: String,
    /// Its size in bytes.
    pub size: u64,
    /// When it was made.
    pub modified: String,
}

/// Makes, fetches and restores backups.
#[derive(Clone, Debug)]
pub struct Backups {
    client: Client,
}

impl Backups {
    /// All backups.
    pub fn get_full_list(&self) -> Call<Vec<Backup>> {
        self.client.call(Ok(Outgoing::get("/api/backups")))
    }

    /// Makes a backup with a name like `before_update.zip`; an empty one leaves the name to the server.
    /// Large ones take a while: give the call a timeout.
    pub fn create(&self, name: &str) -> Call<()> {
        let body = if name.is_empty() { json!({}) } else { json!({ "name": name }) };
        self.client.call(Ok(Outgoing::post("/api/backups").json(body)))
    }

    /// Uploads a backup. It is read while it is sent.
    pub fn upload(&self, file: File) -> Call<()> {
        self.client.call(Ok(Outgoing::post("/api/backups/upload"))).file("file", file)
    }

    /// Deletes a backup.
    pub fn delete(&self, key: &str) -> Call<()> {
        self.client.call(path(key).map(|path| Outgoing::new(Method::DELETE, path)))
    }

    /// Puts the server back to a backup. It answers before it does so, and then restarts.
    pub fn restore(&self, key: &str) -> Call<()> {
        self.client.call(path(key).map(|path| Outgoing::post(format!("{path}/restore"))))
    }

    /// The address of a backup, with a token of [`Files::token`](super::Files::token).
    pub fn download_url(&self, token: &str, key: &str) -> String {
        path(key)
            .map_or_else(|_| String::new(), |path| self.client.url(&with_query(&path, &[("token", token)])))
    }

    /// Downloads a backup piece by piece. It asks for the token that this needs by itself.
    pub fn download(&self, key: &str) -> Call<Download> {
        let (client, path) = (self.client.clone(), path(key));
        Call::new(move |options| async move {
            let token = client.files().token().options(options.again()).await?;
            let path = with_query(&path?, &[("token", token)]);
            client.open_download(Ok(Outgoing::get(path))).options(options).await
        })
    }
}

fn path(key: &str) -> Result<String> {
    Ok(format!("/api/backups/{}", segment(key, "name of the backup")?))
}
