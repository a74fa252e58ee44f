//! Conditional and partial requests: what to send of a file, decided from headers alone.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderMap;
use http::header::{IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, RANGE};

/// A run of bytes: `start` included, `end` excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteRange {
    pub start: u64,
    pub end: u64,
}

impl ByteRange {
    pub fn len(self) -> u64 {
        self.end - self.start
    }

    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// `bytes 0-2/11`
    pub fn content_range(self, size: u64) -> String {
        // A suffix of no bytes is written as the original does, with an end before the start.
        format!("bytes {}-{}/{size}", self.start, self.end.wrapping_sub(1))
    }
}

/// What to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    NotModified,
    PreconditionFailed,
    Whole,
    Part(ByteRange),
    Parts(Vec<ByteRange>),
    /// The text of a 416; with `true` the answer also tells the size.
    Unsatisfiable(&'static str, bool),
}

/// Decides for a file of `size` bytes, changed last at `modified`, that has no entity tag.
pub fn plan(headers: &HeaderMap, size: u64, modified: Option<SystemTime>) -> Plan {
    // The wire has whole seconds.
    let modified = modified.and_then(whole_seconds);
    if let Some(precondition) = precondition(headers, modified) {
        return precondition;
    }
    let Some(range) = text(headers, RANGE.as_str()) else { return Plan::Whole };
    if let Some(since) = text(headers, IF_RANGE.as_str())
        && (modified.is_none() || httpdate::parse_http_date(since).ok() != modified)
    {
        return Plan::Whole;
    }
    match parse(range, size) {
        Err(refusal) => refusal,
        Ok(ranges) => {
            let wanted = ranges.iter().fold(0u64, |sum, range| sum.saturating_add(range.len()));
            match ranges.as_slice() {
                // More than everything is an attack or a mistake: the whole is cheaper.
                _ if wanted > size => Plan::Whole,
                [] => Plan::Whole,
                [only] => Plan::Part(*only),
                _ => Plan::Parts(ranges),
            }
        }
    }
}

fn precondition(headers: &HeaderMap, modified: Option<SystemTime>) -> Option<Plan> {
    if let Some(tags) = text(headers, IF_MATCH.as_str()) {
        if tags.trim() != "*" {
            return Some(Plan::PreconditionFailed);
        }
    } else if let (Some(since), Some(modified)) = (date(headers, IF_UNMODIFIED_SINCE.as_str()), modified)
        && modified > since
    {
        return Some(Plan::PreconditionFailed);
    }
    if let Some(tags) = text(headers, IF_NONE_MATCH.as_str()) {
        if tags.trim() == "*" {
            return Some(Plan::NotModified);
        }
    } else if let (Some(since), Some(modified)) = (date(headers, IF_MODIFIED_SINCE.as_str()), modified)
        && modified <= since
    {
        return Some(Plan::NotModified);
    }
    None
}

fn parse(text: &str, size: u64) -> Result<Vec<ByteRange>, Plan> {
    const INVALID: Plan = Plan::Unsatisfiable("invalid range", false);
    let list = text.strip_prefix("bytes=").ok_or(INVALID)?;
    let mut ranges = Vec::new();
    let mut missed = false;
    for item in list.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        let (start, end) = item.split_once('-').ok_or(INVALID)?;
        let (start, end) = (start.trim(), end.trim());
        if start.is_empty() {
            let last = number(end).ok_or(INVALID)?;
            ranges.push(ByteRange { start: size - last.min(size), end: size });
            continue;
        }
        let start = number(start).ok_or(INVALID)?;
        if start >= size {
            missed = true;
            continue;
        }
        let end = match end {
            "" => size,
            end => {
                let last = number(end).filter(|last| *last >= start).ok_or(INVALID)?;
                last.saturating_add(1).min(size)
            }
        };
        ranges.push(ByteRange { start, end });
    }
    if ranges.is_empty() && missed {
        // An empty file has no part to send, and its whole is nothing.
        if size == 0 {
            return Ok(ranges);
        }
        return Err(Plan::Unsatisfiable("invalid range: failed to overlap", true));
    }
    Ok(ranges)
}

fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().filter(|text| !text.is_empty())
}

fn date(headers: &HeaderMap, name: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(text(headers, name)?).ok()
}

fn whole_seconds(time: SystemTime) -> Option<SystemTime> {
    let seconds = time.duration_since(UNIX_EPOCH).ok()?.as_secs();
    Some(UNIX_EPOCH + Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    fn planned(pairs: &[(HeaderName, &str)], size: u64) -> Plan {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(name.clone(), HeaderValue::from_str(value).unwrap());
        }
        plan(&headers, size, Some(UNIX_EPOCH + Duration::from_millis(1_000_000_500)))
    }

    fn ranged(range: &str) -> Plan {
        planned(&[(RANGE, range)], 11)
    }

    fn part(start: u64, end: u64) -> Plan {
        Plan::Part(ByteRange { start, end })
    }

    #[test]
    fn ranges() {
        assert_eq!(ranged("bytes=0-2"), part(0, 3));
        assert_eq!(ranged("bytes=-3"), part(8, 11));
        assert_eq!(ranged("bytes=5-"), part(5, 11));
        assert_eq!(ranged("bytes=0-100"), part(0, 11));
        assert_eq!(ranged("bytes=-100"), part(0, 11));
        assert_eq!(ranged("bytes=-0"), part(11, 11));
        assert_eq!(ranged("bytes="), Plan::Whole);
        assert_eq!(ranged("bytes=0-10,0-10"), Plan::Whole);
        assert_eq!(ranged("bytes=20-"), Plan::Unsatisfiable("invalid range: failed to overlap", true));
        for text in ["bytes=x", "bytes=5-2", "items=0-1", "bytes=--1", "bytes=1-+2"] {
            assert_eq!(ranged(text), Plan::Unsatisfiable("invalid range", false), "{text}");
        }
        assert_eq!(
            ranged("bytes=0-0,-1,50-60"),
            Plan::Parts(vec![ByteRange { start: 0, end: 1 }, ByteRange { start: 10, end: 11 }])
        );
        assert_eq!(planned(&[(RANGE, "bytes=0-1")], 0), Plan::Whole);
    }

    #[test]
    fn conditions() {
        let at = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(1_000_000));
        let before = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(999_999));
        assert_eq!(planned(&[(IF_MODIFIED_SINCE, &at)], 11), Plan::NotModified);
        assert_eq!(planned(&[(IF_MODIFIED_SINCE, &before)], 11), Plan::Whole);
        assert_eq!(planned(&[(IF_MODIFIED_SINCE, "junk")], 11), Plan::Whole);
        assert_eq!(planned(&[(IF_UNMODIFIED_SINCE, &before)], 11), Plan::PreconditionFailed);
        assert_eq!(planned(&[(IF_NONE_MATCH, "*")], 11), Plan::NotModified);
        assert_eq!(planned(&[(IF_MATCH, "*")], 11), Plan::Whole);
        assert_eq!(planned(&[(IF_MATCH, "\"x\"")], 11), Plan::PreconditionFailed);
        assert_eq!(planned(&[(IF_RANGE, &at), (RANGE, "bytes=0-1")], 11), part(0, 2));
        assert_eq!(planned(&[(IF_RANGE, &before), (RANGE, "bytes=0-1")], 11), Plan::Whole);
    }

    proptest! {
        #[test]
        fn parts_lie_within(text in "(bytes=)?[-0-9, ]{0,24}", size in 0u64..50) {
            let ranges = parse(&text, size).unwrap_or_default();
            for range in ranges {
                prop_assert!(range.start <= range.end && range.end <= size);
            }
        }
    }
}
