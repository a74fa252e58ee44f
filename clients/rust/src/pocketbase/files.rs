//! Files of records.

use http::Method;

use super::client::Client;
use super::core::Outgoing;
use super::download::Download;
use super::record::Record;
use crate::call::Call;
use crate::encode::{component, with_query};

impl Client {
    /// The files of records.
    pub fn files(&self) -> Files {
        Files { client: self.clone() }
    }
}

/// Addresses and contents of files.
#[derive(Clone, Debug)]
pub struct Files {
    client: Client,
}

impl Files {
    /// The address of a file of a record, by its name in a file field; to be completed.
    ///
    /// ```
    /// # use ketch_client::pocketbase::{Client, Record};
    /// let client = Client::new("http://127.0.0.1:8090")?;
    /// let record: Record = serde_json::from_str(r#"{"id": "r1", "collectionName": "posts", "photo": "a.png"}"#).unwrap();
    /// let url = client.files().url(&record, record.text("photo")).thumb("100x100").to_string();
    /// assert_eq!(url, "http://127.0.0.1:8090/api/files/posts/r1/a.png?thumb=100x100");
    /// # Ok::<(), ketch_client::Error>(())
    /// ```
    pub fn url(&self, record: &Record, name: &str) -> FileUrl {
        let collection = match record.collection_id() {
            "" => record.collection_name(),
            id => id,
        };
        self.url_of(collection, record.id(), name)
    }

    /// As [`url`](Self::url), by collection and id.
    pub fn url_of(&self, collection: &str, record_id: &str, name: &str) -> FileUrl {
        let parts = [collection, record_id, name];
        let path = match parts.iter().any(|part| part.is_empty()) {
            true => String::new(),
            false => format!("/api/files/{}", parts.map(component).join("/")),
        };
        FileUrl { base: self.client.base_url().to_owned(), path, query: Vec::new() }
    }

    /// A token for protected files of whoever is signed in; it lasts for a few minutes.
    pub fn token(&self) -> Call<String> {
        let call: Call<Record> = self.client.call(Ok(Outgoing::new(Method::POST, "/api/files/token")));
        Call::new(move |options| async move { Ok(call.options(options).await?.text("token").to_owned()) })
    }

    /// Downloads the file at an address of [`url`](Self::url).
    ///
    /// ```no_run
    /// # use ketch_client::pocketbase::{Client, Record};
    /// # async fn example(client: Client, record: Record) -> ketch_client::Result<()> {
    /// let files = client.files();
    /// let token = files.token().await?;
    /// let url = files.url(&record, record.text("report")).token(token);
    /// files.download(&url).await?.save_to("report.pdf").await?;
    /// # Ok(()) }
    /// ```
    pub fn download(&self, url: &FileUrl) -> Call<Download> {
        let path = if url.path.is_empty() { "/api/files/" } else { &url.path };
        self.client.open_download(Ok(Outgoing::get(with_query(path, &url.query))))
    }
}

/// The address of a file; its text is empty if record or name are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct FileUrl {
    base: String,
    path: String,
    query: Vec<(String, String)>,
}

impl FileUrl {
    /// A preview of an image, such as `100x100`; the sizes are told in the field's options.
    pub fn thumb(self, size: &str) -> Self {
        self.query("thumb", size)
    }

    /// A token for a protected file.
    pub fn token(self, token: impl AsRef<str>) -> Self {
        self.query("token", token.as_ref())
    }

    /// Has browsers save the file instead of showing it.
    pub fn as_attachment(self) -> Self {
        self.query("download", "1")
    }

    /// Any query parameter.
    pub fn query(mut self, key: &str, value: &str) -> Self {
        self.query.push((key.to_owned(), value.to_owned()));
        self
    }
}

impl std::fmt::Display for FileUrl {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.path.is_empty() {
            true => Ok(()),
            false => write!(out, "{}{}", self.base, with_query(&self.path, &self.query)),
        }
    }
}
