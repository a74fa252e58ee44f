//! Files of an app.

use http::{HeaderValue, Method};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::client::{Client, Outgoing};
use crate::call::Call;
use crate::encode::with_query;
use crate::error::{Error, Result};
use crate::multipart::File;

impl Client {
    /// The files of the app.
    pub fn storage(&self) -> Storage {
        Storage { client: self.clone() }
    }
}

/// A file of an app.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StorageFile {
    /// The key that it is stored under.
    #[serde(default)]
    pub key: String,
    /// Its path.
    #[serde(default)]
    pub name: String,
    /// Its size in bytes.
    #[serde(default)]
    pub size: Option<u64>,
    /// Everything else.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

/// A file that was uploaded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Uploaded {
    /// The id of its entity in `$files`.
    pub id: String,
    /// Everything else.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

#[derive(Deserialize)]
struct Data<T> {
    data: T,
}

/// Uploads, lists and deletes files.
///
/// ```no_run
/// # async fn example(client: ketch_client::instant::Client) -> ketch_client::Result<()> {
/// use ketch_client::File;
/// let storage = client.storage();
/// storage.upload("photos/ada.png", File::path("ada.png")).await?;
/// println!("{:?}", storage.download_url("photos/ada.png").await?);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Storage {
    client: Client,
}

impl Storage {
    /// Uploads a file to a path; it is read while it is sent. A header `content-disposition` of the
    /// call is kept with the file. The interface takes paths of Latin-1 letters only here; it fails
    /// with [`ErrorKind::Input`](crate::ErrorKind::Input) for others.
    pub fn upload(&self, path: &str, file: File) -> Call<Uploaded> {
        let (client, path) = (self.client.clone(), path.to_owned());
        Call::new(move |options| async move {
            let (file_path, content_type) = (Some(path_header(&path)?), Some(file.media_type()));
            let body = file.into_body().await?;
            let upload = Outgoing::new(Method::PUT, "/admin/storage/upload");
            let call: Call<Data<Uploaded>> =
                client.call(Ok(Outgoing { content_type, body, file_path, ..upload }));
            Ok(call.options(options).await?.data)
        })
    }

    /// An address that the file can be fetched from for some time; nothing if there is no such file.
    pub fn download_url(&self, path: &str) -> Call<Option<String>> {
        let query = [("app_id", &*self.client.app_id), ("filename", path)];
        self.data(Outgoing::new(Method::GET, with_query("/admin/storage/signed-download-url", &query)))
    }

    /// All files.
    pub fn list(&self) -> Call<Vec<StorageFile>> {
        self.data(Outgoing::new(Method::GET, "/admin/storage/files"))
    }

    /// Deletes a file.
    pub fn delete(&self, path: &str) -> Call<()> {
        let path = with_query("/admin/storage/files", &[("filename", path)]);
        let call: Call<Value> = self.client.call(Ok(Outgoing::new(Method::DELETE, path)));
        Call::new(move |options| async move { call.options(options).await.map(drop) })
    }

    /// Deletes several files.
    pub fn delete_many<P: Into<String>>(&self, paths: impl IntoIterator<Item = P>) -> Call<()> {
        let paths: Vec<String> = paths.into_iter().map(Into::into).collect();
        let call: Call<Value> =
            self.client.call(Outgoing::post("/admin/storage/files/delete", &json!({ "filenames": paths })));
        Call::new(move |options| async move { call.options(options).await.map(drop) })
    }

    fn data<T: serde::de::DeserializeOwned + Send + 'static>(&self, outgoing: Outgoing) -> Call<T> {
        let call: Call<Data<T>> = self.client.call(Ok(outgoing));
        Call::new(move |options| async move { Ok(call.options(options).await?.data) })
    }
}

/// A path as the header that uploads have it in: Latin-1, one byte a letter.
fn path_header(path: &str) -> Result<HeaderValue> {
    let refused = || {
        let text = format!(
            "the path {path:?} cannot be uploaded to: it may only have Latin-1 letters and no control characters"
        );
        Error::input(text)
    };
    let bytes: Option<Vec<u8>> = path.chars().map(|letter| u8::try_from(letter).ok()).collect();
    HeaderValue::from_bytes(&bytes.ok_or_else(refused)?).map_err(|_| refused())
}
