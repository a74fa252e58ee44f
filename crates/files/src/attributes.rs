//! What is known of a stored file besides its bytes.

use serde::{Deserialize, Serialize};

use crate::mime;

/// The text beside a stored file (`<name>.attrs`), as PocketBase writes and reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attributes {
    #[serde(rename = "user.cache_control", default)]
    pub cache_control: String,
    #[serde(rename = "user.content_disposition", default)]
    pub content_disposition: String,
    #[serde(rename = "user.content_encoding", default)]
    pub content_encoding: String,
    #[serde(rename = "user.content_language", default)]
    pub content_language: String,
    #[serde(rename = "user.content_type", default)]
    pub content_type: String,
    #[serde(rename = "user.metadata", default, deserialize_with = "null_as_default")]
    pub metadata: Metadata,
    /// Always `null`: nobody reads the checksum, PocketBase neither, and it is half the work of an upload.
    #[serde(skip_deserializing)]
    pub md5: (),
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The client's name of an upload; none for a thumbnail.
    #[serde(rename = "original-filename", default, skip_serializing_if = "Option::is_none")]
    pub original_name: Option<String>,
}

impl Attributes {
    pub fn new(content_type: impl Into<String>, original_name: Option<String>) -> Self {
        Self {
            cache_control: String::new(),
            content_disposition: String::new(),
            content_encoding: String::new(),
            content_language: String::new(),
            content_type: content_type.into(),
            metadata: Metadata { original_name },
            md5: (),
        }
    }

    /// What counts where nothing is written down.
    pub fn unknown() -> Self {
        Self::new(mime::UNKNOWN, None)
    }
}

fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::Attributes;

    #[test]
    fn the_text_is_that_of_the_original() {
        let attributes = Attributes::new("text/plain; charset=utf-8", Some("aB".to_owned()));
        let text = "{\"user.cache_control\":\"\",\"user.content_disposition\":\"\",\"user.content_encoding\":\"\",\
                    \"user.content_language\":\"\",\"user.content_type\":\"text/plain; charset=utf-8\",\
                    \"user.metadata\":{\"original-filename\":\"aB\"},\"md5\":null}";
        assert_eq!(serde_json::to_string(&attributes).unwrap(), text);
        let with_checksum = text.replace("null", "\"XUFAKrxLKna5cZ2REBfFkg==\"");
        for text in [text, &with_checksum] {
            assert_eq!(serde_json::from_str::<Attributes>(text).unwrap(), attributes);
        }
    }

    #[test]
    fn less_is_enough() {
        let attributes: Attributes =
            serde_json::from_str("{\"user.content_type\":\"image/png\",\"user.metadata\":null,\"md5\":null}")
                .unwrap();
        assert_eq!(attributes, Attributes::new("image/png", None));
        assert!(serde_json::to_string(&attributes).unwrap().contains("\"user.metadata\":{}"));
    }
}
