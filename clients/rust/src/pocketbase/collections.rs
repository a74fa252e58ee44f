//! Collections themselves, for superusers.

use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::client::Client;
use super::core::Outgoing;
use super::crud::Crud;
use super::record::Page;
use crate::call::Call;

impl Client {
    /// The collections, for superusers.
    pub fn collections(&self) -> Collections {
        Collections { crud: Crud::new(self, "/api/collections") }
    }
}

/// Lists, makes and changes collections. They come as JSON or as a type of yours.
#[derive(Clone, Debug)]
pub struct Collections {
    crud: Crud,
}

impl Collections {
    /// One page of collections.
    pub fn get_list<T: DeserializeOwned + Send + 'static>(&self, page: u32, per_page: u32) -> Call<Page<T>> {
        self.crud.get_list(page, per_page)
    }

    /// All collections, fetched in pages of `batch`.
    pub fn get_full_list<T: DeserializeOwned + Send + 'static>(&self, batch: u32) -> Call<Vec<T>> {
        self.crud.get_full_list(batch)
    }

    /// The first collection that matches; status 404 without one.
    pub fn get_first_list_item<T: DeserializeOwned + Send + 'static>(
        &self,
        filter: impl Into<String>,
    ) -> Call<T> {
        self.crud.get_first(filter.into())
    }

    /// The collection with this name or id.
    pub fn get_one<T: DeserializeOwned + Send + 'static>(&self, name: &str) -> Call<T> {
        self.crud.get_one(name)
    }

    /// Makes a collection.
    pub fn create<T: DeserializeOwned + Send + 'static>(&self, body: impl Serialize) -> Call<T> {
        self.crud.create(body)
    }

    /// Changes a collection. `fields` and `indexes` replace the whole lists.
    pub fn update<T: DeserializeOwned + Send + 'static>(&self, name: &str, body: impl Serialize) -> Call<T> {
        self.crud.client.call(self.crud.update(name, body))
    }

    /// Deletes a collection with all its records.
    pub fn delete(&self, name: &str) -> Call<()> {
        self.crud.client.call(self.crud.delete(name))
    }

    /// Deletes all records of a collection.
    pub fn truncate(&self, name: &str) -> Call<()> {
        self.crud
            .client
            .call(self.crud.item(name).map(|path| Outgoing::new(Method::DELETE, format!("{path}/truncate"))))
    }

    /// Makes the collections of the list, or changes those that are there. With `delete_missing`
    /// collections and fields that are not in the list are deleted, with their data.
    pub fn import(&self, collections: impl Serialize, delete_missing: bool) -> Call<()> {
        let outgoing = super::core::to_json(&collections).map(|collections| {
            let body = json!({"collections": collections, "deleteMissing": delete_missing});
            Outgoing::new(Method::PUT, "/api/collections/import").json(body)
        });
        self.crud.client.call(outgoing)
    }

    /// Blank collections of each type, to begin with.
    pub fn get_scaffolds(&self) -> Call<Value> {
        self.crud.client.call(Ok(Outgoing::get("/api/collections/meta/scaffolds")))
    }

    /// All OAuth2 providers that the server knows.
    pub fn get_oauth2_providers(&self) -> Call<Vec<Value>> {
        self.crud.client.call(Ok(Outgoing::get("/api/collections/meta/oauth2-providers")))
    }

    /// The fields and some records that a view with this query would have.
    pub fn dry_run_view(&self, query: &str) -> Call<Value> {
        let body = json!({ "query": query });
        self.crud.client.call(Ok(Outgoing::post("/api/collections/meta/dry-run-view").json(body)))
    }
}
