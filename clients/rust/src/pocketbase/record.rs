//! Records whose fields are not known beforehand, and pages of records.

use std::ops::{Deref, DerefMut};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::{Error, ErrorKind, Result};

/// A record as the server sends it: a map from field names to values.
///
/// For records of a known shape any type with `serde::Deserialize` serves as well.
///
/// ```
/// use ketch_client::pocketbase::Record;
///
/// let record: Record = serde_json::from_str(r#"{"id": "abc", "title": "Hello", "stars": 3}"#)?;
/// assert_eq!((record.id(), record.text("title"), record["stars"].as_u64()), ("abc", "Hello", Some(3)));
/// let stars: u8 = record.get_as("stars").unwrap();
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Record(pub Map<String, Value>);

impl Record {
    /// The id; empty if it was left out.
    pub fn id(&self) -> &str {
        self.text("id")
    }

    /// The id of the collection; empty if it was left out.
    pub fn collection_id(&self) -> &str {
        self.text("collectionId")
    }

    /// The name of the collection; empty if it was left out.
    pub fn collection_name(&self) -> &str {
        self.text("collectionName")
    }

    /// A text field; empty if the record has no such text.
    pub fn text(&self, field: &str) -> &str {
        self.0.get(field).and_then(Value::as_str).unwrap_or_default()
    }

    /// A field as a type of yours; a missing one counts as null.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`] for a value of another shape.
    pub fn get_as<T: DeserializeOwned>(&self, field: &str) -> Result<T> {
        T::deserialize(self.0.get(field).unwrap_or(&Value::Null)).map_err(|error| {
            Error::new(ErrorKind::Decode, format!("the field {field:?} is of another shape: {error}"))
                .with_source(error)
        })
    }

    /// What `expand` brought along for a relation; null if nothing.
    pub fn expanded(&self, relation: &str) -> &Value {
        self.0.get("expand").and_then(|expand| expand.get(relation)).unwrap_or(&Value::Null)
    }
}

impl Deref for Record {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Record {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl FromIterator<(String, Value)> for Record {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

/// One page of a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// The number of this page, from 1.
    pub page: i64,
    /// How many items a page has at most.
    pub per_page: i64,
    /// How many items there are; -1 when the count was left out.
    pub total_items: i64,
    /// How many pages there are; -1 when the count was left out.
    pub total_pages: i64,
    /// The items.
    pub items: Vec<T>,
}
