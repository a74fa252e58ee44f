//! What an S3 server's refusal says, in one line.

use std::error::Error;
use std::io;

use crate::blob::BlobError;

/// Bytes of a server's own text that are shown.
const SHOWN: usize = 1000;

/// The error of a request; the texts of servers are shown, no secret is part of them.
pub(super) fn failed(action: &str, cause: &object_store::Error) -> BlobError {
    if matches!(cause, object_store::Error::NotFound { .. }) && !names_bucket(cause) {
        return BlobError::NotFound;
    }
    BlobError::Io { action: action.to_owned(), cause: io::Error::other(describe(cause)) }
}

/// A missing bucket is a wrong setting, not a missing file.
fn names_bucket(cause: &object_store::Error) -> bool {
    cause.to_string().contains("NoSuchBucket")
}

/// `403 SignatureDoesNotMatch: The request …` where the server tells, else the innermost causes.
fn describe(cause: &object_store::Error) -> String {
    let whole = cause.to_string();
    if let Some((_, told)) = whole.split_once("non-2xx status code: ") {
        let status = told.split([' ', ':']).next().unwrap_or_default();
        return match (element(told, "Code"), element(told, "Message")) {
            (Some(code), message) => format!("{status} {code}: {}", message.unwrap_or_default()),
            (None, _) => cut(told).to_owned(),
        };
    }
    let mut texts: Vec<String> = Vec::new();
    let mut next: Option<&dyn Error> = cause.source();
    while let Some(error) = next {
        next = error.source();
        let text = error.to_string();
        // The URL and the times of all tries: too much for a line.
        if text.starts_with("Error performing") && next.is_some() {
            continue;
        }
        // What a cause repeats of its own causes is said once.
        if let Some(last) = texts.last_mut()
            && last.ends_with(&text)
        {
            last.truncate(last.len() - text.len());
            let kept = last.trim_end_matches([' ', ':', '-']).len();
            last.truncate(kept);
            if last.is_empty() {
                texts.pop();
            }
        }
        texts.push(text);
    }
    if texts.is_empty() { cut(&whole).to_owned() } else { cut(&texts.join(": ")).to_owned() }
}

/// The text of an XML element.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    Some(cut(text))
}

fn cut(text: &str) -> &str {
    let mut end = text.len().min(SHOWN);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generic(text: &str) -> object_store::Error {
        object_store::Error::Generic { store: "S3", source: text.into() }
    }

    #[test]
    fn what_servers_tell() {
        let refused = generic(
            "Error performing PUT http://x/y in 1ms - Server returned non-2xx status code: 403 Forbidden: \
             <Error><Code>AccessDenied</Code><Message>No.</Message></Error>",
        );
        assert_eq!(describe(&refused), "403 AccessDenied: No.");
        assert_eq!(describe(&generic("Server returned non-2xx status code: 502 : gone")), "502 : gone");
        assert_eq!(describe(&generic("nobody listens")), "nobody listens");
    }

    #[test]
    fn missing_files_and_buckets() {
        let missing =
            |text: &str| object_store::Error::NotFound { path: "a".to_owned(), source: text.into() };
        assert!(matches!(failed("x", &missing("NoSuchKey")), BlobError::NotFound));
        assert!(matches!(failed("x", &missing("<Code>NoSuchBucket</Code>")), BlobError::Io { .. }));
    }
}
