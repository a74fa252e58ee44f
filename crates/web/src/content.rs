//! Answering with a file: whole, in part, or not at all.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use axum::body::Body;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderValue, LAST_MODIFIED};
use http::{HeaderMap, Method, StatusCode};

use crate::mime;
use crate::pieces::{Source, stream_pieces};
use crate::ranges::{ByteRange, Plan, plan};

/// Files up to this size are read when they are opened.
const SMALL: usize = 64 << 10;
/// Bytes that tell the type of a file without a telling name.
const SNIFFED: usize = 512;
const PLAIN: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

pub use crate::pieces::Seekable;

/// Where the bytes of a file are.
pub enum Content {
    Memory(Bytes),
    /// A file on disk, wherever it stands.
    File(File),
    Reader(Box<dyn Seekable>),
}

/// An open file.
pub struct Opened {
    pub content: Content,
    pub size: u64,
    pub modified: Option<SystemTime>,
    pub content_type: String,
}

impl Opened {
    /// Opens a regular file on disk; `None` if there is none at this path. Its type is that of its
    /// name, else of its first bytes.
    ///
    /// # Errors
    /// I/O errors other than the absence of the file.
    pub async fn open(path: &Path) -> io::Result<Option<Self>> {
        let path = path.to_owned();
        tokio::task::spawn_blocking(move || open(&path)).await.map_err(io::Error::other)?
    }
}

fn open(path: &Path) -> io::Result<Option<Opened>> {
    use std::io::Read;
    let mut file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if is_absence(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Ok(None);
    }
    // Small files are read here: each later read would cost as much as all of this.
    let wanted = if metadata.len() <= SMALL as u64 { SMALL } else { SNIFFED };
    let mut start = Vec::with_capacity(wanted.min(usize::try_from(metadata.len()).unwrap_or(wanted)));
    Read::by_ref(&mut file).take(wanted as u64).read_to_end(&mut start)?;
    let named = path.file_name().and_then(|name| name.to_str()).and_then(mime::of_name);
    let content_type =
        named.unwrap_or_else(|| mime::of_content(&start[..SNIFFED.min(start.len())]).to_owned());
    let modified = metadata.modified().ok();
    Ok(Some(if metadata.len() <= SMALL as u64 {
        Opened { size: start.len() as u64, content: Content::Memory(start.into()), modified, content_type }
    } else {
        Opened { size: metadata.len(), content: Content::File(file), modified, content_type }
    }))
}

/// Whether an I/O error says that there is nothing of that name.
pub(crate) fn is_absence(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidFilename, InvalidInput, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | InvalidInput | InvalidFilename)
}

/// The answer to a GET or HEAD for an open file: 200, 206, 304, 412 or 416 by the request's headers.
pub fn respond(method: &Method, request: &HeaderMap, opened: Opened) -> Response {
    let Opened { content, size, modified, content_type } = opened;
    let content_type = HeaderValue::try_from(content_type).unwrap_or(PLAIN);
    let mut response = match plan(request, size, modified) {
        Plan::NotModified => empty(StatusCode::NOT_MODIFIED),
        Plan::PreconditionFailed => empty(StatusCode::PRECONDITION_FAILED),
        Plan::Unsatisfiable(text, tell_size) => {
            let mut response = Response::new(Body::from(format!("{text}\n")));
            *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
            response.headers_mut().insert(CONTENT_TYPE, PLAIN);
            if tell_size {
                insert(&mut response, CONTENT_RANGE, &format!("bytes */{size}"));
            }
            return response;
        }
        Plan::Whole => {
            let whole = ByteRange { start: 0, end: size };
            sized(StatusCode::OK, content_type, size, body(method, content, vec![(Bytes::new(), whole)]))
        }
        Plan::Part(range) => {
            let body = body(method, content, vec![(Bytes::new(), range)]);
            let mut response = sized(StatusCode::PARTIAL_CONTENT, content_type, range.len(), body);
            insert(&mut response, CONTENT_RANGE, &range.content_range(size));
            response
        }
        Plan::Parts(ranges) => several(method, content, size, &content_type, &ranges),
    };
    if response.status().is_success() {
        response.headers_mut().insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    }
    if let Some(modified) = modified {
        insert(&mut response, LAST_MODIFIED, &httpdate::fmt_http_date(modified));
    }
    response
}

/// `multipart/byteranges`.
fn several(
    method: &Method,
    content: Content,
    size: u64,
    content_type: &HeaderValue,
    ranges: &[ByteRange],
) -> Response {
    // The parts are of one file, whose bytes the reader takes by the lengths that the heads tell;
    // the boundary only has to be unlikely.
    let boundary =
        format!("{:016x}{:016x}", mix(size), mix(ranges.iter().fold(7, |sum, r| mix(sum ^ r.start) ^ r.end)));
    let kind = content_type.to_str().unwrap_or_default();
    let mut parts = Vec::with_capacity(ranges.len() + 1);
    for (index, range) in ranges.iter().enumerate() {
        let start = if index == 0 { "" } else { "\r\n" };
        let head = format!(
            "{start}--{boundary}\r\nContent-Range: {}\r\nContent-Type: {kind}\r\n\r\n",
            range.content_range(size)
        );
        parts.push((Bytes::from(head), *range));
    }
    parts.push((Bytes::from(format!("\r\n--{boundary}--\r\n")), ByteRange { start: 0, end: 0 }));
    let length = parts.iter().map(|(head, range)| head.len() as u64 + range.len()).sum();
    let kind = HeaderValue::try_from(format!("multipart/byteranges; boundary={boundary}")).unwrap_or(PLAIN);
    sized(StatusCode::PARTIAL_CONTENT, kind, length, body(method, content, parts))
}

fn mix(number: u64) -> u64 {
    let number = (number ^ 0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number ^ (number >> 31)
}

/// Each piece's text followed by its range of the file.
fn body(method: &Method, content: Content, pieces: Vec<(Bytes, ByteRange)>) -> Body {
    if method == Method::HEAD {
        return Body::empty();
    }
    match content {
        Content::File(file) => Body::from_stream(stream_pieces(Source::File(Arc::new(file)), pieces)),
        Content::Reader(reader) => Body::from_stream(stream_pieces(Source::Reader(reader), pieces)),
        Content::Memory(bytes) => {
            let slice = |range: ByteRange| {
                // Ranges lie within the size, which is that of the bytes.
                let place = |position: u64| usize::try_from(position).unwrap_or(usize::MAX).min(bytes.len());
                bytes.slice(place(range.start)..place(range.end))
            };
            if let [(text, range)] = &pieces[..]
                && text.is_empty()
            {
                return Body::from(slice(*range));
            }
            let mut whole = BytesMut::new();
            for (text, range) in pieces {
                whole.extend_from_slice(&text);
                whole.extend_from_slice(&slice(range));
            }
            Body::from(whole.freeze())
        }
    }
}

fn sized(status: StatusCode, content_type: HeaderValue, length: u64, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    response
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn insert(response: &mut Response, name: http::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::try_from(value) {
        response.headers_mut().insert(name, value);
    }
}
