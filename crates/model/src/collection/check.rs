//! Small checks of collection options, with the codes and messages that clients know.

use crate::Value;
use crate::error::{FieldError, FieldErrors, Invalid};

/// Puts an error under a key unless there is one already.
pub(super) fn put(errors: &mut FieldErrors, key: &str, error: impl Into<FieldError>) {
    errors.entry(key.to_owned()).or_insert_with(|| error.into());
}

/// Puts nested errors under a key if there are any.
pub(super) fn nest(errors: &mut FieldErrors, key: &str, nested: FieldErrors) {
    if !nested.is_empty() {
        put(errors, key, FieldError::Nested(nested));
    }
}

/// Puts the error of a failed check under a key.
pub(super) fn check(errors: &mut FieldErrors, key: &str, result: Result<(), Invalid>) {
    if let Err(invalid) = result {
        put(errors, key, invalid);
    }
}

pub(super) fn required(text: &str) -> Result<(), Invalid> {
    if text.is_empty() { Err(Invalid::required()) } else { Ok(()) }
}

/// A text that is there and whose length in bytes is within bounds.
pub(super) fn length(text: &str, min: usize, max: usize) -> Result<(), Invalid> {
    required(text)?;
    if (min..=max).contains(&text.len()) {
        return Ok(());
    }
    Err(Invalid::new("validation_length_out_of_range", format!("the length must be between {min} and {max}"))
        .param("min", min)
        .param("max", max))
}

/// Letters, digits and underscores only.
pub(super) fn word(text: &str) -> Result<(), Invalid> {
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        Ok(())
    } else {
        Err(Invalid::new("validation_match_invalid", "must be in a valid format"))
    }
}

/// The marker of back-relations must not occur in names.
pub(super) fn no_via(text: &str) -> Result<(), Invalid> {
    if text.to_ascii_lowercase().contains("_via_") {
        Err(Invalid::new("validation_found_via", "The value cannot contain \"_via_\"."))
    } else {
        Ok(())
    }
}

pub(super) fn not_zero(number: i64) -> Result<(), Invalid> {
    if number == 0 { Err(Invalid::required()) } else { Ok(()) }
}

pub(super) fn at_least(number: i64, min: i64) -> Result<(), Invalid> {
    if number >= min {
        return Ok(());
    }
    Err(bound("validation_min_greater_equal_than_required", "must be no less than", min))
}

pub(super) fn at_most(number: i64, max: i64) -> Result<(), Invalid> {
    if number <= max {
        return Ok(());
    }
    Err(bound("validation_max_less_equal_than_required", "must be no greater than", max))
}

fn bound(code: &'static str, message: &str, bound: i64) -> Invalid {
    Invalid::new(code, format!("{message} {bound}")).param("threshold", Value::from(bound))
}

pub(super) fn in_list(is_known: bool) -> Result<(), Invalid> {
    if is_known { Ok(()) } else { Err(Invalid::new("validation_in_invalid", "must be a valid value")) }
}

/// An absolute web address, or none.
pub(super) fn url(text: &str) -> Result<(), Invalid> {
    if text.is_empty() || crate::fields::host::is_url(text) {
        Ok(())
    } else {
        Err(Invalid::new("validation_is_url", "must be a valid URL"))
    }
}
