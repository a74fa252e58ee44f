//! Files, and forms with files.

use std::fmt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::io::AsyncReadExt;

use crate::backoff::random;
use crate::error::{Error, Result};
use crate::transport::{Body, ByteStream};

/// Bytes read from a file at a time.
const READ_SIZE: usize = 64 * 1024;

/// A file to upload: from the disk, from memory, or from a stream.
///
/// ```
/// use ketch_client::File;
///
/// let from_disk = File::path("report.pdf");
/// let from_memory = File::bytes("note.txt", "Hello").content_type("text/plain; charset=utf-8");
/// ```
pub struct File {
    name: String,
    content_type: Option<String>,
    source: Source,
}

enum Source {
    Path(PathBuf),
    Bytes(Bytes),
    Stream(ByteStream, Option<u64>),
}

impl File {
    /// The file at `path`, under its own name. It is opened when it is sent.
    pub fn path(path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Self { name, content_type: None, source: Source::Path(path.to_owned()) }
    }

    /// A file with this name and content.
    pub fn bytes(name: impl Into<String>, content: impl Into<Bytes>) -> Self {
        Self { name: name.into(), content_type: None, source: Source::Bytes(content.into()) }
    }

    /// A file whose content is read while it is sent; `length` in bytes, if known.
    pub fn stream(name: impl Into<String>, content: ByteStream, length: Option<u64>) -> Self {
        Self { name: name.into(), content_type: None, source: Source::Stream(content, length) }
    }

    /// Another name for the server.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The media type; guessed from the name unless told.
    #[must_use]
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// The media type that is sent.
    pub(crate) fn media_type(&self) -> String {
        match &self.content_type {
            Some(told) => told.clone(),
            None => mime_guess::from_path(&self.name).first_or_octet_stream().to_string(),
        }
    }

    /// The content as a body of its own.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Input`](crate::ErrorKind::Input) for a file that cannot be read.
    pub async fn into_body(self) -> Result<Body> {
        match self.source {
            Source::Bytes(bytes) => Ok(Body::Bytes(bytes)),
            Source::Stream(stream, length) => Ok(Body::Stream(stream, length)),
            Source::Path(path) => {
                let unreadable = |error: std::io::Error| {
                    Error::input(format!("cannot read the file {}: {error}", path.display()))
                        .with_source(error)
                };
                let file = tokio::fs::File::open(&path).await.map_err(unreadable)?;
                let about = file.metadata().await.map_err(unreadable)?;
                if about.is_dir() {
                    return Err(Error::input(format!("{} is a folder, not a file", path.display())));
                }
                Ok(Body::Stream(read(file, about.len()), Some(about.len())))
            }
        }
    }
}

impl fmt::Debug for File {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("File").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The first `length` bytes of a file; should it grow meanwhile, the announced length still holds.
fn read(file: tokio::fs::File, length: u64) -> ByteStream {
    let rest = file.take(length);
    Box::pin(stream::try_unfold(rest, |mut rest| async move {
        let mut buffer = bytes::BytesMut::with_capacity(READ_SIZE);
        let count = rest.read_buf(&mut buffer).await?;
        Ok((count > 0).then(|| (buffer.freeze(), rest)))
    }))
}

/// A form of JSON and files as a body of a request, and its content type.
///
/// All values that are no files travel as one JSON object in the part `@jsonPayload`, so that
/// numbers stay numbers and texts stay texts. Each file has the name of its field beside it.
///
/// # Errors
///
/// [`ErrorKind::Input`](crate::ErrorKind::Input) for a file that cannot be read or whose type has a line break.
pub async fn form(payload: Option<String>, files: Vec<(String, File)>) -> Result<(Body, String)> {
    let boundary = format!("ketch-{:016x}{:016x}", random(), random());
    let mut chunks: Vec<ByteStream> = Vec::new();
    let mut total = Some(0);
    let mut add = |body: Body| {
        let (chunk, length): (ByteStream, _) = match body {
            Body::Empty => return,
            Body::Bytes(bytes) => {
                let length = u64::try_from(bytes.len()).ok();
                (Box::pin(stream::iter([Ok(bytes)])), length)
            }
            Body::Stream(stream, length) => (stream, length),
        };
        total = total.zip(length).map(|(total, length): (u64, u64)| total + length);
        chunks.push(chunk);
    };
    if let Some(payload) = payload {
        let head = format!("--{boundary}\r\nContent-Disposition: form-data; name=\"@jsonPayload\"\r\n\r\n");
        add(Body::Bytes(format!("{head}{payload}\r\n").into()));
    }
    for (field, file) in files {
        let media_type = file.media_type();
        if media_type.contains(['\r', '\n']) {
            return Err(Error::input(format!("the content type {media_type:?} has a line break")));
        }
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\nContent-Type: {media_type}\r\n\r\n",
            quoted(&field),
            quoted(&file.name),
        );
        add(Body::Bytes(head.into()));
        add(file.into_body().await?);
        add(Body::Bytes(Bytes::from_static(b"\r\n")));
    }
    add(Body::Bytes(format!("--{boundary}--\r\n").into()));
    let content = stream::iter(chunks).flatten().into_stream();
    Ok((Body::Stream(Box::pin(content), total), format!("multipart/form-data; boundary={boundary}")))
}

/// A name as browsers write it into a form.
fn quoted(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn text(payload: Option<&str>, files: Vec<(String, File)>) -> (String, Option<u64>, String) {
        let (body, content_type) = form(payload.map(str::to_owned), files).await.unwrap();
        let Body::Stream(stream, length) = body else { panic!("a form is a stream") };
        let chunks: Vec<Bytes> = stream.try_collect().await.unwrap();
        let boundary = content_type.split_once("boundary=").unwrap().1.to_owned();
        (String::from_utf8(chunks.concat()).unwrap().replace(&boundary, "B"), length, boundary)
    }

    #[tokio::test]
    async fn a_form_has_its_payload_its_files_and_its_length() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        std::fs::write(&path, "PNG").unwrap();
        let files = vec![
            ("photo".to_owned(), File::path(&path)),
            ("note+".to_owned(), File::bytes("a\"\r\n.bin", "x").content_type("text/x")),
        ];
        let (form, length, boundary) = text(Some(r#"{"a":1}"#), files).await;
        let expected = "--B\r\nContent-Disposition: form-data; name=\"@jsonPayload\"\r\n\r\n{\"a\":1}\r\n\
            --B\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\nPNG\r\n\
            --B\r\nContent-Disposition: form-data; name=\"note+\"; filename=\"a%22%0D%0A.bin\"\r\nContent-Type: text/x\r\n\r\nx\r\n\
            --B--\r\n";
        assert_eq!(form, expected);
        let real = expected.len() + 4 * (boundary.len() - 1);
        assert_eq!(length, Some(real as u64));
    }

    #[tokio::test]
    async fn a_stream_of_unknown_length_leaves_the_length_open() {
        let stream: ByteStream = Box::pin(stream::iter([Ok(Bytes::from_static(b"x"))]));
        let (form, length, _) = text(None, vec![("f".to_owned(), File::stream("s", stream, None))]).await;
        assert!(form.contains("\r\n\r\nx\r\n") && length.is_none());
    }

    #[tokio::test]
    async fn missing_files_folders_and_bad_types_are_refused_before_anything_is_sent() {
        let missing = form(None, vec![("f".to_owned(), File::path("/no/such/file"))]).await.unwrap_err();
        assert!(missing.to_string().contains("/no/such/file"), "{missing}");
        assert!(form(None, vec![("f".to_owned(), File::path("/"))]).await.is_err());
        let file = File::bytes("a", "").content_type("a\r\nb: c");
        assert!(form(None, vec![("f".to_owned(), file)]).await.is_err());
    }
}
