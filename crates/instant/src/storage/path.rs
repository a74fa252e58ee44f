//! Paths of stored files: any text that is not blank, taken as it is.

use ketch_model::Value;

use crate::error::{Error, Result};

/// Paths of the server's own: the pieces of streams.
pub(crate) const STREAMS: &str = "$stream/";

/// Refuses a path that nobody may store a file under. `place` is where it stood in the request.
///
/// # Errors
/// `param-malformed` for a blank one, `validation-failed` for one of the server's own.
pub(super) fn check(path: &str, place: &[&str]) -> Result<()> {
    if path.trim().is_empty() {
        return Err(Error::malformed(place, &path.into()));
    }
    if path.starts_with(STREAMS) {
        let message = format!("The path `{path}` begins with `{STREAMS}`, which is reserved for streams.");
        return Err(Error::validation("path", &Value::from(path), &message));
    }
    Ok(())
}
