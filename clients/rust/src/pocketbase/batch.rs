//! Several changes in one transaction.

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::client::Client;
use super::core::{Outgoing, segment, to_json};
use crate::call::Call;
use crate::encode::{component, with_query};
use crate::error::Result;
use crate::multipart::File;

impl Client {
    /// An empty batch: changes that are made all together or not at all. The server's settings must allow it.
    ///
    /// ```no_run
    /// # async fn example(client: ketch_client::pocketbase::Client) -> ketch_client::Result<()> {
    /// use serde_json::json;
    /// let mut batch = client.batch();
    /// batch.create("posts", json!({"title": "One"}));
    /// batch.update("posts", "RECORD_ID", json!({"title": "Two"})).expand("author");
    /// batch.delete("comments", "RECORD_ID");
    /// for answer in batch.send().await? {
    ///     println!("{} {}", answer.status, answer.body);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn batch(&self) -> Batch {
        Batch { client: self.clone(), requests: Vec::new() }
    }
}

/// Changes that are sent together.
#[derive(Debug)]
pub struct Batch {
    client: Client,
    requests: Vec<BatchRequest>,
}

/// One change of a batch, to give it options.
#[derive(Debug)]
pub struct BatchRequest {
    method: Method,
    path: Result<String>,
    body: Option<Result<Value>>,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    files: Vec<(String, File)>,
}

/// The answer to one change of a batch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BatchAnswer {
    /// The status of the change.
    pub status: u16,
    /// The record; null after a deletion.
    #[serde(default)]
    pub body: Value,
}

impl Batch {
    /// Adds the creation of a record.
    pub fn create(&mut self, collection: &str, body: impl Serialize) -> &mut BatchRequest {
        self.push(Method::POST, collection, None, Some(to_json(&body)))
    }

    /// Adds a change of a record, or its creation if the body's `id` is not there yet.
    pub fn upsert(&mut self, collection: &str, body: impl Serialize) -> &mut BatchRequest {
        self.push(Method::PUT, collection, None, Some(to_json(&body)))
    }

    /// Adds a change of a record.
    pub fn update(&mut self, collection: &str, id: &str, body: impl Serialize) -> &mut BatchRequest {
        self.push(Method::PATCH, collection, Some(id), Some(to_json(&body)))
    }

    /// Adds the deletion of a record.
    pub fn delete(&mut self, collection: &str, id: &str) -> &mut BatchRequest {
        self.push(Method::DELETE, collection, Some(id), None)
    }

    /// How many changes there are.
    pub fn len(&self) -> usize {
        self.requests.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// Sends the changes; the answers come in their order. If one fails, none is made, and the
    /// error's response has the reason under `data.requests`.
    pub fn send(self) -> Call<Vec<BatchAnswer>> {
        let core = self.client.core.clone();
        Call::new(move |mut options| async move {
            let mut requests = Vec::with_capacity(self.requests.len());
            for (index, mut request) in self.requests.into_iter().enumerate() {
                for (field, file) in request.files.drain(..) {
                    options.files.push((format!("requests.{index}.{field}"), file));
                }
                requests.push(request.into_json()?);
            }
            core.send(Outgoing::post("/api/batch").json(json!({ "requests": requests })), options).await
        })
    }

    fn push(
        &mut self,
        method: Method,
        collection: &str,
        id: Option<&str>,
        body: Option<Result<Value>>,
    ) -> &mut BatchRequest {
        let path = path(collection, id);
        let (query, headers, files) = Default::default();
        let index = self.requests.len();
        self.requests.push(BatchRequest { method, path, body, query, headers, files });
        &mut self.requests[index]
    }
}

fn path(collection: &str, id: Option<&str>) -> Result<String> {
    let mut path = format!("/api/collections/{}/records", segment(collection, "name of the collection")?);
    if let Some(id) = id {
        segment(id, "id of the record")?;
        path.extend(["/", &component(id)]);
    }
    Ok(path)
}

impl BatchRequest {
    /// A query parameter.
    pub fn query(&mut self, key: impl Into<String>, value: impl ToString) -> &mut Self {
        self.query.push((key.into(), value.to_string()));
        self
    }

    /// Which related records come along with the answer.
    pub fn expand(&mut self, relations: impl Into<String>) -> &mut Self {
        self.query("expand", relations.into())
    }

    /// Which fields come with the answer.
    pub fn fields(&mut self, fields: impl Into<String>) -> &mut Self {
        self.query("fields", fields.into())
    }

    /// A header of this change only.
    pub fn header(&mut self, name: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// A file to upload into a field.
    pub fn file(&mut self, field: impl Into<String>, file: File) -> &mut Self {
        self.files.push((field.into(), file));
        self
    }

    fn into_json(self) -> Result<Value> {
        let url = with_query(&self.path?, &self.query);
        let mut request = json!({"method": self.method.as_str(), "url": url});
        if let Some(body) = self.body.transpose()? {
            request["body"] = body;
        }
        if !self.headers.is_empty() {
            request["headers"] =
                self.headers.into_iter().map(|(name, value)| (name, Value::from(value))).collect();
        }
        Ok(request)
    }
}
