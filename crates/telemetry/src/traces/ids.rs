//! Ids of traces and spans, and the header that carries them.

use ketch_model::ids::random_bytes;

/// What `traceparent` says of the request's place in a trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parent {
    /// 32 lower-case hexadecimal digits, not all zero.
    pub(super) trace: String,
    /// 16 of them.
    pub(super) span: String,
}

/// Reads `00-<trace>-<span>-<flags>`; later versions may append parts. `None` for anything else.
pub(super) fn parse(header: &str) -> Option<Parent> {
    let mut parts = header.trim().split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_last = parts.next().is_none();
    let sound = is_hex(version, 2) && version != "ff" && is_hex(flags, 2) && (is_last || version != "00");
    let has_ids = is_hex(trace, 32) && is_hex(span, 16) && !is_zero(trace) && !is_zero(span);
    (sound && has_ids).then(|| Parent { trace: trace.to_owned(), span: span.to_owned() })
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn is_zero(text: &str) -> bool {
    text.bytes().all(|byte| byte == b'0')
}

pub(super) fn new_trace() -> String {
    hex(&random_bytes::<16>())
}

pub(super) fn new_span() -> String {
    hex(&random_bytes::<8>())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    #[test]
    fn headers() {
        let parent = Some(Parent { trace: TRACE.to_owned(), span: SPAN.to_owned() });
        assert_eq!(parse(&format!("00-{TRACE}-{SPAN}-01")), parent);
        assert_eq!(parse(&format!("cc-{TRACE}-{SPAN}-01-what-the-future-brings")), parent);
        assert_eq!(parse(&format!("00-{TRACE}-{SPAN}-01-more")), None);
        assert_eq!(parse(&format!("ff-{TRACE}-{SPAN}-01")), None);
        assert_eq!(parse(&format!("00-{}-{SPAN}-01", "0".repeat(32))), None);
        assert_eq!(parse(&format!("00-{}-{SPAN}-01", TRACE.to_uppercase())), None);
        assert_eq!(parse(""), None);
    }

    proptest! {
        #[test]
        fn no_header_is_too_strange(header in ".{0,80}") {
            if let Some(parent) = parse(&header) {
                prop_assert!(header.contains(&parent.trace));
            }
        }

        #[test]
        fn own_ids_are_read(version in "[0-9a-e]{2}") {
            let (trace, span) = (new_trace(), new_span());
            let parent = parse(&format!("{version}-{trace}-{span}-00"));
            prop_assert_eq!(parent, Some(Parent { trace, span }));
        }
    }
}
