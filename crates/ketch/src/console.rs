//! Speaking to whoever started the process.

use std::io::{self, Write};

/// Writes lines to standard output. A closed terminal is no reason to fail.
pub(crate) fn say(text: &str) {
    let mut output = io::stdout().lock();
    let _ = writeln!(output, "{}", text.trim_end()).and_then(|()| output.flush());
}
