//! The records of a collection.

use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::client::Client;
use super::core::{Core, Outgoing};
use super::crud::Crud;
use super::filter::filter;
use super::record::{Page, Record};
use crate::call::Call;
use crate::encode::component;
use crate::error::Result;

impl Client {
    /// The collection with this name or id. Nothing is sent: whether it exists shows at the first call.
    pub fn collection(&self, name: &str) -> Collection {
        let path = match name.trim().is_empty() {
            true => Err("name of the collection".to_owned()),
            false => Ok(format!("/api/collections/{}/records", component(name))),
        };
        Collection { client: self.clone(), name: name.to_owned(), crud: Crud { client: self.clone(), path } }
    }
}

/// A collection: its records, sign-in to it, and changes of it.
///
/// Records come as [`Record`] or as any type with `serde::Deserialize`:
///
/// ```no_run
/// use ketch_client::pocketbase::{Client, filter};
/// use serde::Deserialize;
/// use serde_json::json;
///
/// #[derive(Debug, Deserialize)]
/// struct Post { id: String, title: String }
///
/// # async fn example(client: Client) -> ketch_client::Result<()> {
/// let posts = client.collection("posts");
/// let mine = filter("author = {:author} && title ~ {:text}", [("author", "ID".into()), ("text", "rust".into())])?;
/// for post in posts.get_list::<Post>(1, 30).filter(mine).sort("-created").await?.items {
///     println!("{post:?}");
/// }
/// let post: Post = posts.update("RECORD_ID", json!({"title": "Better"})).await?;
/// posts.delete(&post.id).await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Collection {
    pub(crate) client: Client,
    pub(crate) name: String,
    pub(crate) crud: Crud,
}

impl Collection {
    /// The name or id that it was asked for by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One page of records; pages count from 1, and a page has 1000 records at most.
    pub fn get_list<T: DeserializeOwned + Send + 'static>(&self, page: u32, per_page: u32) -> Call<Page<T>> {
        self.crud.get_list(page, per_page)
    }

    /// All records, fetched in pages of `batch`, 1000 at most. They are all in memory at a time.
    pub fn get_full_list<T: DeserializeOwned + Send + 'static>(&self, batch: u32) -> Call<Vec<T>> {
        self.crud.get_full_list(batch)
    }

    /// The first record that matches. Without one it fails with status 404, as does [`get_one`](Self::get_one).
    pub fn get_first_list_item<T: DeserializeOwned + Send + 'static>(
        &self,
        filter: impl Into<String>,
    ) -> Call<T> {
        self.crud.get_first(filter.into())
    }

    /// The record with this id.
    pub fn get_one<T: DeserializeOwned + Send + 'static>(&self, id: &str) -> Call<T> {
        self.crud.get_one(id)
    }

    /// Creates a record. Files are added with [`Call::file`].
    ///
    /// ```no_run
    /// # use ketch_client::{File, pocketbase::{Client, Record}};
    /// # async fn example(client: Client) -> ketch_client::Result<()> {
    /// let documents = client.collection("documents");
    /// let body = serde_json::json!({"title": "Report"});
    /// let record: Record = documents.create(body).file("content", File::path("report.pdf")).await?;
    /// # Ok(()) }
    /// ```
    pub fn create<T: DeserializeOwned + Send + 'static>(&self, body: impl Serialize) -> Call<T> {
        self.crud.create(body)
    }

    /// Changes fields of a record. If it is the one that is signed in, the auth store gets the new one.
    pub fn update<T: DeserializeOwned + Send + 'static>(&self, id: &str, body: impl Serialize) -> Call<T> {
        let (this, id, outgoing) = (self.clone(), id.to_owned(), self.crud.update(id, body));
        Call::new(move |options| async move {
            let changed: Value = this.client.core.send(outgoing?, options).await?;
            this.keep_changed(&id, &changed);
            this.client.core.reshape(changed)
        })
    }

    /// Deletes a record. If it is the one that is signed in, it is signed out.
    pub fn delete(&self, id: &str) -> Call<()> {
        let (this, id, outgoing) = (self.clone(), id.to_owned(), self.crud.delete(id));
        Call::new(move |options| async move {
            let (): () = this.client.core.send(outgoing?, options).await?;
            if this.signed_in(&id).is_some() {
                this.client.core.auth.clear();
            }
            Ok(())
        })
    }

    /// The links of a record to accounts at OAuth2 providers.
    pub fn list_external_auths(&self, record_id: &str) -> Call<Vec<Record>> {
        let text = filter("recordRef = {:id}", [("id", record_id.into())]);
        let links = self.client.collection("_externalAuths");
        Call::new(move |mut options| async move {
            options.set_query("filter", text?);
            links.get_full_list(1000).options(options).await
        })
    }

    /// Removes the link of a record to its account at `provider`.
    pub fn unlink_external_auth(&self, record_id: &str, provider: &str) -> Call<()> {
        let pair = [("id", record_id.into()), ("provider", provider.into())];
        let text = filter("recordRef = {:id} && provider = {:provider}", pair);
        let links = self.client.collection("_externalAuths");
        Call::new(move |options| async move {
            let again = options.again();
            let link: Record = links.get_first_list_item(text?).options(options).await?;
            links.delete(link.id()).options(again).await
        })
    }

    /// The signed-in record if it is the one with this id in this collection.
    fn signed_in(&self, id: &str) -> Option<Record> {
        let record = self.client.core.auth.load().record?;
        let same =
            record.collection_id() == self.name || record.collection_name().eq_ignore_ascii_case(&self.name);
        (same && record.id() == id).then_some(record)
    }

    fn keep_changed(&self, id: &str, changed: &Value) {
        let (Some(mut record), Some(fields)) = (self.signed_in(id), changed.as_object()) else {
            return;
        };
        for (name, value) in fields {
            record.insert(name.clone(), value.clone());
        }
        let token = self.client.core.auth.load().token;
        self.client.core.save_auth(&token, Some(record));
    }

    /// A call below `/api/collections/{name}`, as those for signing in.
    pub(crate) fn action(&self, method: Method, action: &str, body: Option<Value>) -> Result<Outgoing> {
        // The same check of the name as for records.
        self.crud.outgoing(method.clone(), "", None)?;
        let path = format!("/api/collections/{}/{action}", component(&self.name));
        Ok(Outgoing { body, ..Outgoing::new(method, path) })
    }

    pub(crate) fn post_action<T: DeserializeOwned + Send + 'static>(
        &self,
        action: &str,
        body: Value,
    ) -> Call<T> {
        self.client.call(self.action(Method::POST, action, Some(body)))
    }
}

impl Core {
    /// An answer that was read as JSON, as what the caller asked for.
    pub(crate) fn reshape<T: DeserializeOwned>(&self, value: Value) -> Result<T> {
        Record::from_iter([("answer".to_owned(), value)]).get_as("answer")
    }
}

/// The body of calls that name an e-mail address.
pub(crate) fn email(address: &str) -> Value {
    json!({ "email": address })
}
