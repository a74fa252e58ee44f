//! `multipart/form-data`, one part at a time; large files go to temporary files.

use std::time::Duration;

use axum::body::{Body, BodyDataStream, HttpBody};
use futures_util::TryStreamExt;
use http_body_util::{BodyExt, Limited};
use multer::{Field, Multipart};
use tokio::time::Instant;

use crate::body::{PATIENCE, ReadError, from_stream};
use crate::spool;

pub use crate::spool::{Content, MEMORY_LIMIT};

/// Bytes that all text parts of a form may have together.
const TEXT_LIMIT: usize = 64 << 20;
/// Parts of one form.
const PART_LIMIT: usize = 1000;

/// One part of a form.
#[derive(Debug)]
pub enum Part {
    /// A part without a file name. Bytes that are not UTF-8 become U+FFFD.
    Text { name: String, value: String },
    /// `size` is in bytes; `file_name` is as the client sent it.
    File { name: String, file_name: String, content: Content, size: u64 },
}

/// Reads a form part by part.
pub struct Parts {
    multipart: Multipart<'static>,
    /// Bytes of the whole form, as far as that is known.
    size: u64,
    deadline: Instant,
    count: usize,
    text_bytes: usize,
}

impl Parts {
    /// `limit` is the number of bytes of the whole body.
    ///
    /// # Errors
    /// [`ReadError::Malformed`] without a boundary in the content type.
    pub fn new(body: Body, content_type: &str, limit: u64) -> Result<Self, ReadError> {
        let boundary =
            multer::parse_boundary(content_type).map_err(|error| ReadError::Malformed(error.to_string()))?;
        let size = body.size_hint().lower();
        let limited = Limited::new(body, usize::try_from(limit).unwrap_or(usize::MAX));
        let stream: BodyDataStream = Body::new(limited.map_err(axum::Error::new)).into_data_stream();
        Ok(Self {
            multipart: Multipart::new(stream, boundary),
            size,
            deadline: Instant::now() + PATIENCE,
            count: 0,
            text_bytes: 0,
        })
    }

    /// Gives the client another time to send the rest of the body.
    pub fn allow(&mut self, patience: Duration) {
        self.deadline = Instant::now() + patience;
    }

    /// The next part that has a name, `None` after the last.
    ///
    /// # Errors
    /// Any [`ReadError`]; the form cannot be read further then.
    pub async fn next(&mut self) -> Result<Option<Part>, ReadError> {
        match tokio::time::timeout_at(self.deadline, self.read()).await {
            Ok(part) => part,
            Err(_) => Err(ReadError::Malformed("the body was not sent in time".to_owned())),
        }
    }

    async fn read(&mut self) -> Result<Option<Part>, ReadError> {
        while let Some(field) = self.multipart.next_field().await.map_err(refuse)? {
            self.count += 1;
            if self.count > PART_LIMIT {
                return Err(ReadError::Malformed("too many parts".to_owned()));
            }
            let Some(name) = field.name().filter(|name| !name.is_empty()).map(str::to_owned) else {
                continue;
            };
            return match field.file_name().filter(|file_name| !file_name.is_empty()).map(str::to_owned) {
                Some(file_name) => {
                    let (content, size) = spool::spool(field.map_err(refuse), self.size, None).await?;
                    Ok(Some(Part::File { name, file_name, content, size }))
                }
                None => {
                    let value = read_text(field, TEXT_LIMIT - self.text_bytes).await?;
                    self.text_bytes += value.len().min(TEXT_LIMIT - self.text_bytes);
                    Ok(Some(Part::Text { name, value }))
                }
            };
        }
        Ok(None)
    }
}

async fn read_text(mut field: Field<'static>, limit: usize) -> Result<String, ReadError> {
    let mut text = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(refuse)? {
        if text.len() + chunk.len() > limit {
            return Err(ReadError::TooLarge);
        }
        text.extend_from_slice(&chunk);
    }
    Ok(match String::from_utf8(text) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

fn refuse(error: multer::Error) -> ReadError {
    match &error {
        multer::Error::StreamReadFailed(cause) => from_stream(&**cause),
        _ => ReadError::Malformed(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TYPE: &str = "multipart/form-data; boundary=XX";

    fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
        let mut body = Vec::new();
        for (disposition, content) in parts {
            body.extend_from_slice(
                format!("--XX\r\nContent-Disposition: form-data; {disposition}\r\n\r\n").as_bytes(),
            );
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--XX--\r\n");
        body
    }

    async fn read(body: Vec<u8>, limit: u64) -> Result<Vec<Part>, ReadError> {
        let mut parts = Parts::new(Body::from(body), TYPE, limit)?;
        let mut all = Vec::new();
        while let Some(part) = parts.next().await? {
            all.push(part);
        }
        Ok(all)
    }

    #[tokio::test]
    async fn texts_and_files() {
        let large = vec![7; MEMORY_LIMIT + 1];
        let body = form(&[
            (r#"name="a""#, b"1"),
            (r#"name="f"; filename="x.txt""#, b"hi"),
            (r#"name="g"; filename="y.bin""#, &large),
            (r#"name="h"; filename="""#, b"text"),
        ]);
        let parts = read(body, 1 << 30).await.unwrap();
        assert!(matches!(&parts[0], Part::Text { name, value } if name == "a" && value == "1"));
        assert!(
            matches!(&parts[1], Part::File { file_name, content: Content::Memory(bytes), size: 2, .. } if file_name == "x.txt" && bytes == "hi")
        );
        let Part::File { content: Content::File { path, head }, size, .. } = &parts[2] else {
            panic!("not in a file")
        };
        assert_eq!(*size, large.len() as u64);
        assert_eq!(std::fs::read(path).unwrap(), large);
        assert_eq!(head, &large[..spool::HEAD]);
        let path = path.to_path_buf();
        assert!(matches!(&parts[3], Part::Text { value, .. } if value == "text"));
        drop(parts);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn limits() {
        assert!(matches!(read(form(&[(r#"name="a""#, &[b'x'; 500])]), 300).await, Err(ReadError::TooLarge)));
        let many: Vec<(&str, &[u8])> = vec![(r#"name="a""#, b""); PART_LIMIT + 1];
        assert!(matches!(read(form(&many), 1 << 30).await, Err(ReadError::Malformed(_))));
        assert!(matches!(read(b"junk".to_vec(), 1 << 30).await, Err(ReadError::Malformed(_))));
        assert!(Parts::new(Body::empty(), "multipart/form-data", 1).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            let mut body = b"--XX\r\n".to_vec();
            body.extend(bytes);
            let _ = runtime.block_on(read(body, 1 << 20));
        }
    }
}
