//! Content types of files.

/// The type that a file's name tells, with a charset for texts; `None` for unknown extensions.
pub fn of_name(name: &str) -> Option<String> {
    let mime = mime_guess::from_path(name).first_raw()?;
    Some(with_charset(mime))
}

/// The type that a file's first bytes tell: a few signatures, else plain text or `application/octet-stream`.
pub fn of_content(start: &[u8]) -> &'static str {
    const SIGNATURES: &[(&[u8], &str)] = &[
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"BM", "image/bmp"),
        (b"%PDF-", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"\x1f\x8b\x08", "application/x-gzip"),
        (b"\0asm", "application/wasm"),
        (b"wOFF", "font/woff"),
        (b"wOF2", "font/woff2"),
        (b"OggS\0", "application/ogg"),
        (b"ID3", "audio/mpeg"),
    ];
    if let Some((_, mime)) = SIGNATURES.iter().find(|(signature, _)| start.starts_with(signature)) {
        return mime;
    }
    if start.starts_with(b"RIFF") && start.get(8..12) == Some(b"WEBP") {
        return "image/webp";
    }
    let text = start.trim_ascii_start();
    if starts_without_case(text, b"<!doctype html") || starts_without_case(text, b"<html") {
        return "text/html; charset=utf-8";
    }
    if text.starts_with(b"<?xml") {
        return "text/xml; charset=utf-8";
    }
    if start.iter().any(|byte| matches!(byte, 0..=8 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f)) {
        return "application/octet-stream";
    }
    "text/plain; charset=utf-8"
}

fn starts_without_case(text: &[u8], start: &[u8]) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

fn with_charset(mime: &str) -> String {
    if mime.starts_with("text/") { format!("{mime}; charset=utf-8") } else { mime.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types() {
        assert_eq!(of_name("a.HTML").as_deref(), Some("text/html; charset=utf-8"));
        assert_eq!(of_name("a.js").as_deref(), Some("text/javascript; charset=utf-8"));
        assert_eq!(of_name("a.json").as_deref(), Some("application/json"));
        assert_eq!(of_name("a.svg").as_deref(), Some("image/svg+xml"));
        assert_eq!(of_name("noext"), None);
        assert_eq!(of_content(b"  <!DOCTYPE HTML>"), "text/html; charset=utf-8");
        assert_eq!(of_content(b"\x89PNG\r\n\x1a\n123"), "image/png");
        assert_eq!(of_content(b"hello"), "text/plain; charset=utf-8");
        assert_eq!(of_content(b""), "text/plain; charset=utf-8");
        assert_eq!(of_content(b"\0\x01"), "application/octet-stream");
    }
}
