//! Whether bytes are a JSON list or object, and of which kind.

use std::str;

/// Deeper nesting is not JSON of anybody's.
const DEPTH: usize = 200;

/// The kind of a JSON document; `cut` says that more bytes follow which are not given.
pub(super) fn content_type(text: &[u8], cut: bool) -> Option<&'static str> {
    let mut scanner = Scanner { bytes: text, at: 0, path: Vec::new(), found: Found::default() };
    scanner.skip_space();
    if !matches!(scanner.peek(), Some(b'{' | b'[')) {
        return None;
    }
    match scanner.value(0) {
        Ok(()) => {
            scanner.skip_space();
            if scanner.at < text.len() {
                return lines(text, cut);
            }
        }
        // A document that goes on is one as far as it was seen.
        Err(Fault::End) if cut => {}
        Err(_) => return None,
    }
    Some(match scanner.found {
        Found { geo: true, .. } => "application/geo+json",
        Found { gltf: true, .. } => "model/gltf+json",
        _ => "application/json",
    })
}

/// One list or object a line, at least two of them.
fn lines(text: &[u8], cut: bool) -> Option<&'static str> {
    let mut count = 0;
    let mut lines = text.split(|byte| *byte == b'\n').peekable();
    while let Some(line) = lines.next() {
        let mut scanner = Scanner { bytes: line, at: 0, path: Vec::new(), found: Found::default() };
        scanner.skip_space();
        match scanner.peek() {
            None => continue,
            Some(b'{' | b'[') => {}
            Some(_) => return None,
        }
        let last = lines.peek().is_none();
        match scanner.value(0) {
            Err(Fault::End) if cut && last => break,
            Err(_) => return None,
            Ok(()) => {}
        }
        scanner.skip_space();
        if scanner.at < line.len() {
            return None;
        }
        count += 1;
    }
    (count >= 2).then_some("application/x-ndjson")
}

enum Fault {
    /// The bytes ended inside a value.
    End,
    Wrong,
}

#[derive(Default)]
struct Found {
    geo: bool,
    gltf: bool,
}

struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Keys of the objects that the scanner stands in; empty in lists.
    path: Vec<&'a [u8]>,
    found: Found,
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The next byte that is not blank.
    fn next(&mut self) -> Result<u8, Fault> {
        self.skip_space();
        let byte = self.peek().ok_or(Fault::End)?;
        self.at += 1;
        Ok(byte)
    }

    fn value(&mut self, depth: usize) -> Result<(), Fault> {
        if depth > DEPTH {
            return Err(Fault::Wrong);
        }
        match self.next()? {
            b'{' => self.object(depth),
            b'[' => self.list(depth),
            b'"' => {
                let text = self.string()?;
                self.note(text);
                Ok(())
            }
            b't' => self.word(b"rue"),
            b'f' => self.word(b"alse"),
            b'n' => self.word(b"ull"),
            b'-' | b'0'..=b'9' => self.number(),
            _ => Err(Fault::Wrong),
        }
    }

    fn object(&mut self, depth: usize) -> Result<(), Fault> {
        loop {
            match self.next()? {
                // The original also takes a comma before the end.
                b'}' => return Ok(()),
                b'"' => {}
                _ => return Err(Fault::Wrong),
            }
            let key = self.string()?;
            if self.next()? != b':' {
                return Err(Fault::Wrong);
            }
            self.path.push(key);
            let value = self.value(depth + 1);
            self.path.pop();
            value?;
            match self.next()? {
                b',' => {}
                b'}' => return Ok(()),
                _ => return Err(Fault::Wrong),
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<(), Fault> {
        self.skip_space();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        self.path.push(b"");
        loop {
            self.value(depth + 1)?;
            match self.next()? {
                b',' => {}
                b']' => break,
                _ => return Err(Fault::Wrong),
            }
        }
        self.path.pop();
        Ok(())
    }

    /// The bytes up to the closing quote, escapes as they are.
    fn string(&mut self) -> Result<&'a [u8], Fault> {
        let start = self.at;
        loop {
            match self.peek().ok_or(Fault::End)? {
                b'"' => break,
                b'\\' => self.at += 1,
                0..0x20 => return Err(Fault::Wrong),
                _ => {}
            }
            self.at += 1;
        }
        let text = self.bytes.get(start..self.at).ok_or(Fault::End)?;
        self.at += 1;
        Ok(text)
    }

    fn word(&mut self, rest: &[u8]) -> Result<(), Fault> {
        let given = &self.bytes[self.at..];
        if given.starts_with(rest) {
            self.at += rest.len();
            return Ok(());
        }
        Err(if rest.starts_with(given) { Fault::End } else { Fault::Wrong })
    }

    fn number(&mut self) -> Result<(), Fault> {
        let start = self.at - 1;
        while matches!(self.peek(), Some(b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-')) {
            self.at += 1;
        }
        if self.at == self.bytes.len() {
            return Err(Fault::End);
        }
        let text = str::from_utf8(&self.bytes[start..self.at]).map_err(|_| Fault::Wrong)?;
        text.parse::<f64>().map(|_| ()).map_err(|_| Fault::Wrong)
    }

    /// Looks whether a text at this place tells a kind of document.
    fn note(&mut self, text: &[u8]) {
        const GEOMETRIES: [&[u8]; 9] = [
            b"Feature",
            b"FeatureCollection",
            b"Point",
            b"LineString",
            b"Polygon",
            b"MultiPoint",
            b"MultiLineString",
            b"MultiPolygon",
            b"GeometryCollection",
        ];
        match self.path.as_slice() {
            [b"type"] if GEOMETRIES.contains(&text) => self.found.geo = true,
            [b"asset", b"version"] if text == b"1.0" || text == b"2.0" => self.found.gltf = true,
            _ => {}
        }
    }
}
