//! Content types by content, as the original finds them.
//!
//! Only the first bytes are looked at. Signatures come first, then containers whose kind lies
//! deeper, then text; what is none of these is unknown.

mod audio_video;
mod container;
mod font;
mod json;
mod magic;
mod text;

use std::borrow::Cow;

use crate::mime::UNKNOWN;

/// How many bytes from the start of a file decide.
pub const HEAD: usize = 4096;

/// The content type of a file that starts with these bytes.
pub fn content_type(bytes: &[u8]) -> Cow<'static, str> {
    let head = &bytes[..bytes.len().min(HEAD)];
    if head.is_empty() {
        return Cow::Borrowed("text/plain");
    }
    let found = container::content_type(head)
        .or_else(|| magic::content_type(head))
        .or_else(|| audio_video::content_type(head))
        .or_else(|| font::content_type(head));
    if let Some(found) = found {
        return Cow::Borrowed(found);
    }
    text::content_type(head, head.len() == HEAD).unwrap_or(Cow::Borrowed(UNKNOWN))
}

#[cfg(test)]
mod tests;
