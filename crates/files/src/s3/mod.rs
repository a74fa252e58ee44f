//! Files in a bucket of an S3 server.

mod error;
mod reader;

use std::time::{Duration, SystemTime};

use bytes::{Bytes, BytesMut};
use futures_util::TryStreamExt;
use futures_util::stream::StreamExt;
use ketch_model::settings::S3;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{
    Attribute, BackoffConfig, ClientOptions, ObjectMeta, ObjectStore, ObjectStoreExt, PutMultipartOptions,
    PutOptions, PutPayload, RetryConfig, WriteMultipart,
};
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use tokio::io::AsyncReadExt;

use crate::attributes::Attributes;
use crate::blob::{Blob, BlobContent, BlobError, BlobStore, BoxFuture, Listed, Source, check_key};
use crate::mime;
use error::failed;
use reader::ObjectReader;

/// Files up to this size are read at once when opened.
const SMALL: u64 = 64 * 1024;
/// Bytes of one part of an upload; the least that servers take is 5 MiB.
const PART: usize = 5 * 1024 * 1024;
/// Parts of one upload that are on their way at the same time.
const PARTS_AT_ONCE: usize = 2;
/// Objects of a prefix that are removed at the same time.
const REMOVED_AT_ONCE: usize = 8;
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// How long a server may be silent: before its answer, and between two pieces of it.
const SILENCE: Duration = Duration::from_secs(20);
const RETRIES: usize = 2;
/// The key of the client's file name among an object's metadata.
const ORIGINAL_NAME: &str = "original-filename";

/// Keeps each file as an object of the key, with its attributes as the object's own.
///
/// Cheap to clone; clones share connections.
#[derive(Debug, Clone)]
pub struct S3Blobs {
    store: std::sync::Arc<AmazonS3>,
}

impl S3Blobs {
    /// Connects when the first request is made. An endpoint without a scheme is taken for `https`;
    /// unless `force_path_style` is set the bucket becomes the first label of its host.
    ///
    /// # Errors
    /// [`BlobError::Io`] for an endpoint that is no URL, or where the machine's certificates cannot be read.
    pub fn new(settings: &S3) -> Result<Self, BlobError> {
        // HTTP clients take the process's; whoever was first has decided the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = ClientOptions::new()
            .with_allow_http(true)
            .with_connect_timeout(CONNECT_TIME)
            .with_read_timeout(SILENCE)
            .with_timeout_disabled();
        let retry =
            RetryConfig { backoff: BackoffConfig::default(), max_retries: RETRIES, retry_timeout: SILENCE };
        let store = AmazonS3Builder::new()
            .with_bucket_name(&settings.bucket)
            .with_region(&settings.region)
            .with_endpoint(endpoint(settings))
            .with_virtual_hosted_style_request(!settings.force_path_style)
            .with_access_key_id(&settings.access_key)
            .with_secret_access_key(&settings.secret)
            .with_client_options(client)
            .with_retry(retry)
            .build()
            .map_err(|cause| failed("preparing the S3 client", &cause))?;
        Ok(Self { store: std::sync::Arc::new(store) })
    }

    async fn upload(&self, path: Path, source: Source, attributes: Attributes) -> Result<(), BlobError> {
        let action = format!("storing {path}");
        let failed = |cause: object_store::Error| failed(&action, &cause);
        let attributes = to_object(attributes);
        let mut input = Input::open(source).await.map_err(|cause| BlobError::Io {
            action: action.clone(),
            // A source that is gone must not be taken for a file of the store that is not there.
            cause: std::io::Error::other(cause),
        })?;
        let unread = |cause| BlobError::Io { action: action.clone(), cause };
        let first = input.next().await.map_err(unread)?;
        if first.len() < PART {
            let options = PutOptions { attributes, ..PutOptions::default() };
            let payload = PutPayload::from_bytes(first);
            self.store.put_opts(&path, payload, options).await.map_err(failed)?;
            return Ok(());
        }
        let options = PutMultipartOptions { attributes, ..PutMultipartOptions::default() };
        let upload = self.store.put_multipart_opts(&path, options).await.map_err(failed)?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PART);
        upload.put(first);
        loop {
            let part = match upload.wait_for_capacity(PARTS_AT_ONCE).await {
                Ok(()) => input.next().await.map_err(unread),
                Err(cause) => Err(failed(cause)),
            };
            match part {
                Ok(part) if part.is_empty() => break,
                Ok(part) => upload.put(part),
                Err(error) => {
                    // Or the server keeps the parts for nobody.
                    if let Err(cause) = upload.abort().await {
                        tracing::warn!(%cause, %path, "an unfinished upload could not be taken back");
                    }
                    return Err(error);
                }
            }
        }
        // An upload that fails here is taken back by the library.
        upload.finish().await.map_err(failed)?;
        Ok(())
    }
}

impl BlobStore for S3Blobs {
    fn put<'a>(
        &'a self,
        key: &'a str,
        source: Source,
        attributes: Attributes,
    ) -> BoxFuture<'a, Result<(), BlobError>> {
        Box::pin(async move {
            let path = path(key)?;
            let this = self.clone();
            // On a task of its own: an upload that is dropped half way would stay in the bucket.
            let uploading = tokio::spawn(async move { this.upload(path, source, attributes).await });
            uploading.await.map_err(|error| BlobError::Io {
                action: format!("storing {key}"),
                cause: std::io::Error::other(error),
            })?
        })
    }

    fn open<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Blob, BlobError>> {
        Box::pin(async move {
            let path = path(key)?;
            let found =
                self.store.get(&path).await.map_err(|cause| failed(&format!("opening {key}"), &cause))?;
            let attributes = from_object(&found.attributes);
            let (size, modified) = (found.meta.size, SystemTime::from(found.meta.last_modified));
            let content = if size <= SMALL {
                let read = found.bytes().await;
                BlobContent::Memory(read.map_err(|cause| failed(&format!("opening {key}"), &cause))?)
            } else {
                let stream = found.into_stream();
                BlobContent::Stream(Box::new(ObjectReader::new(self.store.clone(), path, size, stream)))
            };
            Ok(Blob { size, modified, attributes, content })
        })
    }

    fn remove<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), BlobError>> {
        Box::pin(async move {
            match self.store.delete(&path(key)?).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(cause) => Err(failed(&format!("removing {key}"), &cause)),
            }
        })
    }

    fn remove_all<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<(), BlobError>> {
        Box::pin(async move {
            let listed = self.store.list(Some(&path(prefix)?));
            // One by one: removing many in one request is what servers other than Amazon's do least alike.
            listed
                .try_for_each_concurrent(REMOVED_AT_ONCE, |found| async move {
                    match self.store.delete(&found.location).await {
                        Err(object_store::Error::NotFound { .. }) => Ok(()),
                        other => other,
                    }
                })
                .await
                .map_err(|cause| failed(&format!("removing {prefix}"), &cause))
        })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<Listed>, BlobError>> {
        Box::pin(async move {
            let below = if prefix.is_empty() { None } else { Some(path(prefix)?) };
            let listed = self.store.list(below.as_ref()).map(|found| found.map(listed));
            let mut listed: Vec<Listed> =
                listed.try_collect().await.map_err(|cause| failed(&format!("listing {prefix}"), &cause))?;
            listed.sort_by(|a, b| a.key.cmp(&b.key));
            Ok(listed)
        })
    }
}

fn listed(found: ObjectMeta) -> Listed {
    Listed { key: found.location.to_string(), size: found.size, modified: found.last_modified.into() }
}

/// The URL that requests go to. With the bucket in the host it is part of it.
fn endpoint(settings: &S3) -> String {
    let endpoint = settings.endpoint.trim_end_matches('/');
    let (scheme, host) = endpoint.split_once("://").unwrap_or(("https", endpoint));
    if settings.force_path_style {
        return format!("{scheme}://{host}");
    }
    format!("{scheme}://{}.{host}", settings.bucket)
}

/// The key as it is: not encoded as `Path::from` would.
fn path(key: &str) -> Result<Path, BlobError> {
    check_key(key)?;
    Path::parse(key).map_err(|_| BlobError::InvalidKey(key.to_owned()))
}

fn to_object(attributes: Attributes) -> object_store::Attributes {
    let mut object = object_store::Attributes::new();
    for (name, value) in [
        (Attribute::CacheControl, attributes.cache_control),
        (Attribute::ContentDisposition, attributes.content_disposition),
        (Attribute::ContentEncoding, attributes.content_encoding),
        (Attribute::ContentLanguage, attributes.content_language),
        (Attribute::ContentType, attributes.content_type),
    ] {
        if !value.is_empty() {
            object.insert(name, value.into());
        }
    }
    if let Some(name) = attributes.metadata.original_name {
        // Metadata travel as headers, which are ASCII.
        let name = utf8_percent_encode(&name, METADATA).to_string();
        object.insert(Attribute::Metadata(ORIGINAL_NAME.into()), name.into());
    }
    object
}

/// What a header's value takes as it is.
const METADATA: &percent_encoding::AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

fn from_object(object: &object_store::Attributes) -> Attributes {
    let text = |name: Attribute| object.get(&name).map(|value| value.as_ref().to_owned()).unwrap_or_default();
    let content_type = match text(Attribute::ContentType) {
        empty if empty.is_empty() => mime::UNKNOWN.to_owned(),
        known => known,
    };
    let name = text(Attribute::Metadata(ORIGINAL_NAME.into()));
    let name = (!name.is_empty()).then(|| percent_decode_str(&name).decode_utf8_lossy().into_owned());
    Attributes {
        cache_control: text(Attribute::CacheControl),
        content_disposition: text(Attribute::ContentDisposition),
        content_encoding: text(Attribute::ContentEncoding),
        content_language: text(Attribute::ContentLanguage),
        ..Attributes::new(content_type, name)
    }
}

/// The bytes of a source in pieces of [`PART`], the last one shorter, then empty.
enum Input {
    Memory(Bytes),
    File(tokio::fs::File),
}

impl Input {
    async fn open(source: Source) -> std::io::Result<Self> {
        Ok(match source {
            Source::Memory(bytes) => Self::Memory(bytes),
            Source::File(path) => Self::File(tokio::fs::File::open(path).await?),
        })
    }

    async fn next(&mut self) -> std::io::Result<Bytes> {
        match self {
            Self::Memory(bytes) => Ok(bytes.split_to(bytes.len().min(PART))),
            Self::File(file) => {
                let mut piece = BytesMut::with_capacity(PART);
                let mut limited = file.take(PART as u64);
                while limited.read_buf(&mut piece).await? != 0 {}
                Ok(piece.freeze())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(endpoint: &str, force_path_style: bool) -> S3 {
        S3 { bucket: "box".to_owned(), endpoint: endpoint.to_owned(), force_path_style, ..S3::default() }
    }

    #[test]
    fn endpoints() {
        for (given, path_style, expected) in [
            ("http://127.0.0.1:9000", true, "http://127.0.0.1:9000"),
            ("https://s3.example.com/", true, "https://s3.example.com"),
            ("s3.example.com", true, "https://s3.example.com"),
            ("s3.example.com", false, "https://box.s3.example.com"),
            ("http://s3.example.com:9000/", false, "http://box.s3.example.com:9000"),
        ] {
            assert_eq!(endpoint(&settings(given, path_style)), expected, "{given}");
        }
    }

    #[test]
    fn attributes_survive() {
        let attributes = Attributes::new("text/plain; charset=utf-8", Some("Žlutý kůň 100%.txt".to_owned()));
        assert_eq!(from_object(&to_object(attributes.clone())), attributes);
        assert_eq!(from_object(&object_store::Attributes::new()), Attributes::unknown());
    }

    #[test]
    fn keys_are_taken_as_they_are() {
        assert_eq!(path("c/r/a_b.t*+=#-%~").unwrap().as_ref(), "c/r/a_b.t*+=#-%~");
        for key in ["", "a//b", "../a", "a/..", "a/./b", "/a", "a/", "a\\b", "a\nb"] {
            assert!(matches!(path(key), Err(BlobError::InvalidKey(_))), "{key:?}");
        }
    }

    #[tokio::test]
    async fn sources_come_in_parts() {
        let mut input = Input::open(Source::Memory(Bytes::from(vec![7; PART + 3]))).await.unwrap();
        let mut sizes = Vec::new();
        for _ in 0..3 {
            sizes.push(input.next().await.unwrap().len());
        }
        assert_eq!(sizes, [PART, 3, 0]);
    }
}
