//! Lists and single items under a path: records, collections, logs.

use http::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::client::{Client, nothing_found};
use super::core::{Outgoing, segment, to_json};
use super::record::Page;
use crate::call::Call;
use crate::error::Result;
use crate::options::Options;

/// The largest page that servers give.
const BATCH_MAX: u32 = 1000;

/// The path of a list, or why there is none.
#[derive(Clone, Debug)]
pub(crate) struct Crud {
    pub(crate) client: Client,
    pub(crate) path: Result<String, String>,
}

impl Crud {
    pub(crate) fn new(client: &Client, path: impl Into<String>) -> Self {
        Self { client: client.clone(), path: Ok(path.into()) }
    }

    fn base(&self) -> Result<String> {
        self.path
            .clone()
            .map_err(|empty| segment("", &empty).err().unwrap_or_else(|| nothing_found(String::new())))
    }

    pub(crate) fn item(&self, id: &str) -> Result<String> {
        Ok(format!("{}/{}", self.base()?, segment(id, "id")?))
    }

    pub(crate) fn outgoing(&self, method: Method, rest: &str, body: Option<Value>) -> Result<Outgoing> {
        Ok(Outgoing { body, ..Outgoing::new(method, format!("{}{rest}", self.base()?)) })
    }

    pub(crate) fn get_list<T: DeserializeOwned + Send + 'static>(
        &self,
        page: u32,
        per_page: u32,
    ) -> Call<Page<T>> {
        let (core, outgoing) = (self.client.core.clone(), self.outgoing(Method::GET, "", None));
        Call::new(move |mut options| async move {
            set_page(&mut options, page, per_page);
            core.send(outgoing?, options).await
        })
    }

    pub(crate) fn get_full_list<T: DeserializeOwned + Send + 'static>(&self, batch: u32) -> Call<Vec<T>> {
        let (client, this) = (self.client.clone(), self.clone());
        let batch = batch.clamp(1, BATCH_MAX);
        Call::new(move |options| async move {
            let mut items = Vec::new();
            for page in 1.. {
                let mut options = options.again();
                set_page(&mut options, page, batch);
                options.set_query("skipTotal", "1");
                let outgoing = this.outgoing(Method::GET, "", None)?;
                let found: Page<T> = client.core.send(outgoing, options).await?;
                let count = found.items.len();
                items.extend(found.items);
                if count < usize::try_from(batch).unwrap_or(usize::MAX) {
                    break;
                }
            }
            Ok(items)
        })
    }

    pub(crate) fn get_first<T: DeserializeOwned + Send + 'static>(&self, filter: String) -> Call<T> {
        let (core, outgoing) = (self.client.core.clone(), self.outgoing(Method::GET, "", None));
        Call::new(move |mut options| async move {
            set_page(&mut options, 1, 1);
            options.set_query("skipTotal", "1");
            options.set_query("filter", filter);
            let outgoing = outgoing?;
            let url = format!("{}{}", core.base_url(), outgoing.path);
            let found: Page<T> = core.send(outgoing, options).await?;
            found.items.into_iter().next().ok_or_else(|| nothing_found(url))
        })
    }

    pub(crate) fn get_one<T: DeserializeOwned + Send + 'static>(&self, id: &str) -> Call<T> {
        self.client.call(self.item(id).map(Outgoing::get))
    }

    pub(crate) fn create<T: DeserializeOwned + Send + 'static>(&self, body: impl Serialize) -> Call<T> {
        self.client.call(to_json(&body).and_then(|body| self.outgoing(Method::POST, "", Some(body))))
    }

    pub(crate) fn update(&self, id: &str, body: impl Serialize) -> Result<Outgoing> {
        Ok(Outgoing::new(Method::PATCH, self.item(id)?).json(to_json(&body)?))
    }

    pub(crate) fn delete(&self, id: &str) -> Result<Outgoing> {
        Ok(Outgoing::new(Method::DELETE, self.item(id)?))
    }
}

/// `page` and `perPage` come first, as servers' logs and tests expect.
fn set_page(options: &mut Options, page: u32, per_page: u32) {
    options.query.retain(|(key, _)| key != "page" && key != "perPage");
    let pair = |key: &str, value: u32| (key.to_owned(), value.to_string());
    options.query.splice(0..0, [pair("page", page), pair("perPage", per_page)]);
}
