//! Reading event streams.

use bytes::{Buf, BytesMut};
use futures_util::StreamExt;

use crate::error::{Error, ErrorKind, Result};
use crate::exchange::interrupted;
use crate::transport::ByteStream;

/// The most that one event may hold; a stream that sends more is broken or hostile.
const EVENT_MAX: usize = 64 * 1024 * 1024;

/// One event of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// Its kind; empty if the server named none.
    pub name: String,
    /// Its data, lines joined by `\n`.
    pub data: String,
    /// The last id that the server gave, with this event or before; empty if there was none.
    pub id: String,
}

/// Takes bytes in any pieces, gives whole events.
#[derive(Default)]
pub(crate) struct Parser {
    buffer: BytesMut,
    /// How much of the buffer is known to hold no line end.
    searched: usize,
    started: bool,
    event: Event,
    has_data: bool,
    size: usize,
}

impl Parser {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole event; nothing when more bytes are needed.
    ///
    /// # Errors
    ///
    /// The reason, for an event larger than this crate takes.
    pub(crate) fn next_event(&mut self) -> Result<Option<Event>, &'static str> {
        while let Some(line) = self.line() {
            if line.is_empty() {
                self.size = 0;
                // The id holds until another one comes; the rest begins anew.
                let next = Event { id: self.event.id.clone(), ..Event::default() };
                let event = std::mem::replace(&mut self.event, next);
                if std::mem::take(&mut self.has_data) {
                    return Ok(Some(event));
                }
                continue;
            }
            self.size += line.len();
            if self.size > EVENT_MAX {
                return Err("an event of the stream is too large");
            }
            self.field(&line);
        }
        match self.buffer.len() > EVENT_MAX {
            true => Err("a line of the event stream is too long"),
            false => Ok(None),
        }
    }

    fn field(&mut self, line: &str) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "event" => self.event.name = value.to_owned(),
            "id" if !value.contains('\0') => self.event.id = value.to_owned(),
            "data" => {
                if self.has_data {
                    self.event.data.push('\n');
                }
                self.has_data = true;
                self.event.data.push_str(value);
            }
            // Comments, `retry`, and what is yet to be invented.
            _ => {}
        }
    }

    /// The next line without its end, which may be `\n`, `\r\n` or `\r`.
    fn line(&mut self) -> Option<String> {
        if !self.started {
            const MARK: &[u8] = b"\xef\xbb\xbf";
            if self.buffer.len() < MARK.len() && MARK.starts_with(&self.buffer) {
                return None;
            }
            if self.buffer.starts_with(MARK) {
                self.buffer.advance(MARK.len());
            }
            self.started = true;
        }
        let found = self.buffer[self.searched..].iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let Some(end) = found.map(|at| at + self.searched) else {
            self.searched = self.buffer.len();
            return None;
        };
        // After a `\r` at the very end a `\n` may follow.
        if self.buffer[end] == b'\r' && end + 1 == self.buffer.len() {
            self.searched = end;
            return None;
        }
        let line = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
        let length = if self.buffer[end..].starts_with(b"\r\n") { 2 } else { 1 };
        self.buffer.advance(end + length);
        self.searched = 0;
        Some(line)
    }
}

/// The events of an answer. Dropping it ends the exchange.
pub struct Events {
    body: ByteStream,
    parser: Parser,
}

impl Events {
    /// The events of a body.
    pub fn new(body: ByteStream) -> Self {
        Self { body, parser: Parser::default() }
    }

    /// The next event; nothing when the stream has ended, for whatever reason: the reader reconnects.
    /// May be dropped at any point without losing an event.
    pub async fn next(&mut self) -> Option<Event> {
        self.try_next().await.ok().flatten()
    }

    /// As [`next`](Self::next), but tells an end that the server meant from a broken connection.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Interrupted`] when the connection broke, [`ErrorKind::Timeout`] when it was silent
    /// for too long, [`ErrorKind::Decode`] for an event that is too large.
    pub async fn try_next(&mut self) -> Result<Option<Event>> {
        loop {
            match self.parser.next_event() {
                Ok(Some(event)) => return Ok(Some(event)),
                Ok(None) => {}
                Err(why) => return Err(Error::new(ErrorKind::Decode, why)),
            }
            match self.body.next().await {
                Some(bytes) => self.parser.push(&bytes.map_err(interrupted)?),
                None => return Ok(None),
            }
        }
    }
}

impl std::fmt::Debug for Events {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Events")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(pieces: &[&[u8]]) -> Vec<Event> {
        let mut parser = Parser::default();
        let mut events = Vec::new();
        for piece in pieces {
            parser.push(piece);
            while let Some(event) = parser.next_event().unwrap() {
                events.push(event);
            }
        }
        events
    }

    fn event(name: &str, data: &str, id: &str) -> Event {
        Event { name: name.to_owned(), data: data.to_owned(), id: id.to_owned() }
    }

    #[test]
    fn events_are_read_as_the_standard_says() {
        let text = "\u{feff}: hello\nretry: 5\n\nid:7\nevent:a\ndata:{}\n\nevent: b\ndata: x\ndata:y\ndata\n\nevent: none\n\ndata: é\r\n\r\n";
        assert_eq!(
            read(&[text.as_bytes()]),
            [event("a", "{}", "7"), event("b", "x\ny\n", "7"), event("", "é", "7")]
        );
        assert_eq!(read(&[b"data: x\r\rdata: y\n\n"]), [event("", "x", ""), event("", "y", "")]);
        assert!(read(&[b"data: unfinished\n"]).is_empty());
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(text in "(data: ?[a-zé]{0,4}|event:[a-c]|id:[0-9]|:x|\r|\n|\r\n|\n\n){0,20}", cuts in prop::collection::vec(0_usize..200, 0..8)) {
            let bytes = text.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(read(&pieces), read(&[bytes]));
        }

        #[test]
        fn any_bytes_can_come(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            read(&[&bytes]);
        }
    }
}
