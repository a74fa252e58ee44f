//! A minimal HTTP/1.1 client: keep-alive, one request at a time, as cheap as it can be.
//!
//! The generator shares two cores with the server, so each microsecond spent here is taken from
//! what is measured. That is why this is not an HTTP library: requests are ready-made bytes, and
//! of a response only the status and the body are looked at.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

const READ_BUFFER: usize = 64 * 1024;
/// Far above any answer expected here; a larger one is a server gone wrong.
const BODY_MAX: usize = 64 * 1024 * 1024;

/// The bytes of one request. `token` may be empty, `body` is JSON or nothing.
pub(crate) fn request(method: &str, path: &str, token: &str, body: Option<&str>) -> Vec<u8> {
    if token.is_empty() {
        return request_with(method, path, "", body);
    }
    request_with(method, path, &format!("Authorization: {token}\r\n"), body)
}

/// The bytes of one request with these header lines, each with its end.
pub(crate) fn request_with(method: &str, path: &str, headers: &str, body: Option<&str>) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n{headers}");
    if let Some(body) = body {
        text.push_str(&format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body.unwrap_or_default());
    text.into_bytes()
}

/// The bytes of one upload: a form with one file.
pub(crate) fn multipart(path: &str, field: &str, name: &str, file: &[u8]) -> Vec<u8> {
    const BOUNDARY: &str = "ketch-bench-boundary";
    let head = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    let tail = format!("\r\n--{BOUNDARY}--\r\n");
    let length = head.len() + file.len() + tail.len();
    let start = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {length}\r\n\r\n"
    );
    [start.as_bytes(), head.as_bytes(), file, tail.as_bytes()].concat()
}

#[derive(Debug)]
pub(crate) struct Connection<S> {
    stream: S,
    buffer: Box<[u8]>,
    /// `buffer[start..end]` is read from the stream and not consumed yet.
    start: usize,
    end: usize,
    body: Vec<u8>,
}

/// What the head of a response says about the body that follows.
#[derive(Debug, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunked,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub(crate) fn new(stream: S) -> Self {
        let buffer = vec![0; READ_BUFFER].into_boxed_slice();
        Connection { stream, buffer, start: 0, end: 0, body: Vec::with_capacity(READ_BUFFER) }
    }

    /// Sends one request and reads its answer; returns the status. The body is in [`Self::body`].
    pub(crate) async fn send(&mut self, request: &[u8]) -> io::Result<u16> {
        self.stream.write_all(request).await?;
        self.body.clear();
        let (status, framing) = self.head().await?;
        match framing {
            Framing::Length(length) => self.take(length).await?,
            Framing::Chunked => self.chunks().await?,
        }
        Ok(status)
    }

    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    async fn head(&mut self) -> io::Result<(u16, Framing)> {
        let first = self.line().await?;
        let status = status_of(first).ok_or_else(|| bad("not an HTTP status line", first))?;
        // Answers without a body carry no length.
        let mut framing = matches!(status, 204 | 304).then_some(Framing::Length(0));
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                break;
            }
            if let Some(value) = header(line, b"content-length") {
                let length = parse(value, 10).ok_or_else(|| bad("bad content length", line))?;
                framing = Some(Framing::Length(length));
            } else if header(line, b"transfer-encoding").is_some() {
                framing = Some(Framing::Chunked);
            }
        }
        let framing = framing.ok_or_else(|| bad("an answer without length", b""))?;
        Ok((status, framing))
    }

    async fn chunks(&mut self) -> io::Result<()> {
        loop {
            let line = self.line().await?;
            let digits = line.split(|byte| *byte == b';').next().unwrap_or_default();
            let size = parse(digits, 16).ok_or_else(|| bad("bad chunk size", line))?;
            if size == 0 {
                break;
            }
            self.take(size).await?;
            self.line().await?;
        }
        // Trailers, which nobody sends, end like the head: with an empty line.
        while !self.line().await?.is_empty() {}
        Ok(())
    }

    /// The next line without its line break.
    async fn line(&mut self) -> io::Result<&[u8]> {
        let mut looked_at = 0;
        loop {
            let unread = &self.buffer[self.start..self.end];
            if let Some(at) = unread[looked_at..].iter().position(|byte| *byte == b'\n') {
                let from = self.start;
                let to = from + looked_at + at;
                self.start = to + 1;
                let line = &self.buffer[from..to];
                return Ok(line.strip_suffix(b"\r").unwrap_or(line));
            }
            looked_at = unread.len();
            self.fill().await?;
        }
    }

    /// Moves the next `length` bytes to the body.
    async fn take(&mut self, length: usize) -> io::Result<()> {
        if length > BODY_MAX - self.body.len() {
            return Err(bad("an answer of more than 64 MiB", b""));
        }
        let ready = length.min(self.end - self.start);
        self.body.extend_from_slice(&self.buffer[self.start..self.start + ready]);
        self.start += ready;
        if ready < length {
            let at = self.body.len();
            self.body.resize(at + length - ready, 0);
            self.stream.read_exact(&mut self.body[at..]).await?;
        }
        Ok(())
    }

    async fn fill(&mut self) -> io::Result<()> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            return Err(bad("a line of more than 64 KiB", b""));
        }
        match self.stream.read(&mut self.buffer[self.end..]).await? {
            0 => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed the connection")),
            read => {
                self.end += read;
                Ok(())
            }
        }
    }
}

fn bad(what: &str, line: &[u8]) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{what}: `{}`", String::from_utf8_lossy(line)))
}

fn status_of(line: &[u8]) -> Option<u16> {
    let rest = line.strip_prefix(b"HTTP/1.1 ")?;
    parse(rest.get(..3)?, 10).and_then(|status| u16::try_from(status).ok())
}

/// The value of `line` when it is the header `name` (given in lower case).
fn header<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (head, rest) = line.split_at_checked(name.len())?;
    let value = rest.strip_prefix(b":")?;
    head.eq_ignore_ascii_case(name).then(|| value.trim_ascii())
}

fn parse(digits: &[u8], radix: u32) -> Option<usize> {
    let text = std::str::from_utf8(digits).ok()?;
    usize::from_str_radix(text.trim(), radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers the first request with `answer`, handed over in pieces of `piece` bytes.
    async fn get(answer: &'static [u8], piece: usize) -> io::Result<(u16, String)> {
        let (near, mut far) = tokio::io::duplex(piece);
        let server = tokio::spawn(async move {
            let mut asked = [0; 4];
            far.read_exact(&mut asked).await.expect("the client asks");
            far.write_all(answer).await.expect("the client reads");
        });
        let mut connection = Connection::new(near);
        let status = connection.send(b"ASK\n").await?;
        server.await.expect("the server ends");
        Ok((status, String::from_utf8_lossy(connection.body()).into_owned()))
    }

    #[tokio::test]
    async fn reads_both_framings_however_the_bytes_arrive() {
        let plain: &[u8] = b"HTTP/1.1 200 OK\r\nX: y\r\ncontent-LENGTH:  5\r\n\r\nhello";
        let chunked: &[u8] =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\nA;x=1\r\nlo, it is \r\n2\r\nme\r\n0\r\n\r\n";
        for piece in [4, 5, 7, 4096] {
            assert_eq!(get(plain, piece).await.expect("plain"), (200, "hello".to_owned()));
            assert_eq!(get(chunked, piece).await.expect("chunked"), (200, "hello, it is me".to_owned()));
        }
    }

    #[tokio::test]
    async fn an_answer_without_body_ends_with_its_head() {
        let answer = get(b"HTTP/1.1 204 No Content\r\nVary: Origin\r\n\r\n", 64).await.expect("no content");
        assert_eq!(answer, (204, String::new()));
    }

    #[tokio::test]
    async fn nonsense_is_an_error() {
        for answer in [
            &b"SSH-2.0-x\r\n"[..],
            b"HTTP/1.1 200 OK\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        ] {
            assert!(get(answer, 64).await.is_err(), "{}", String::from_utf8_lossy(answer));
        }
    }

    #[test]
    fn a_request_carries_token_and_length() {
        let bytes = request("POST", "/x", "tok", Some("{}"));
        let text = String::from_utf8(bytes).expect("text");
        assert!(text.starts_with("POST /x HTTP/1.1\r\n"));
        assert!(text.contains("\r\nAuthorization: tok\r\n"));
        assert!(text.contains("\r\nContent-Length: 2\r\n"));
        assert!(text.ends_with("\r\n\r\n{}"));
    }
}
