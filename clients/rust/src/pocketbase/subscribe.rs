//! Subscribing to the records of a collection.

use serde::de::DeserializeOwned;

use super::client::Client;
use super::realtime::{Realtime, RecordChanges};
use super::records::Collection;
use crate::call::Call;

impl Client {
    /// The realtime connection.
    pub fn realtime(&self) -> &Realtime {
        &self.realtime
    }
}

impl Collection {
    /// Subscribes to the changes of one record, or with `*` of all of them.
    ///
    /// ```no_run
    /// # async fn example(client: ketch_client::pocketbase::Client) -> ketch_client::Result<()> {
    /// use futures_util::StreamExt;
    /// use ketch_client::pocketbase::{Record, RecordChange};
    ///
    /// let mut changes = client.collection("posts").subscribe::<Record>("*").filter("public = true").await?;
    /// while let Some(change) = changes.next().await {
    ///     match change? {
    ///         RecordChange::Created(post) => println!("new: {}", post.text("title")),
    ///         RecordChange::Gap => println!("fetch the posts again"),
    ///         _ => {}
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    pub fn subscribe<T: DeserializeOwned + Send + 'static>(&self, record_id: &str) -> Call<RecordChanges<T>> {
        let subscribing = self.client.realtime.subscribe(&self.topic(record_id));
        Call::new(move |options| async move { Ok(RecordChanges::new(subscribing.options(options).await?)) })
    }

    /// Ends the subscriptions to one record, or those to `*`.
    pub fn unsubscribe(&self, record_id: &str) -> Call<()> {
        self.client.realtime.unsubscribe(&self.topic(record_id))
    }

    /// Ends all subscriptions to this collection.
    pub fn unsubscribe_all(&self) -> Call<()> {
        self.client.realtime.unsubscribe_by_prefix(&self.topic(""))
    }

    fn topic(&self, record_id: &str) -> String {
        format!("{}/{record_id}", self.name)
    }
}
