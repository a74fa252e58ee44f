//! Regular expressions in time linear in the text: a hostile pattern cannot stall a rule.

use regex::{Regex, RegexBuilder};

/// Memory of a compiled pattern, in bytes.
const SIZE_MAX: usize = 256 * 1024;
const PATTERN_MAX: usize = 1024;

pub(crate) fn compile(pattern: &str) -> Result<Regex, String> {
    if pattern.len() > PATTERN_MAX {
        return Err(format!("the regular expression is longer than {PATTERN_MAX} bytes"));
    }
    RegexBuilder::new(pattern).size_limit(SIZE_MAX).dfa_size_limit(SIZE_MAX).build().map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        format!("'{pattern}' is no regular expression: {reason}")
    })
}
