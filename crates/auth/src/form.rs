//! Checks of what people fill in.

use ketch_model::error::Invalid;
use ketch_model::fields::host;
use ketch_model::{Error, FieldErrors, Result};

/// The longest address, in bytes.
const EMAIL_MAX: usize = 255;

/// The failed checks of a form: the first of each field.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    errors: FieldErrors,
}

impl Checks {
    pub fn fail(&mut self, field: &str, invalid: Invalid) {
        self.errors.entry(field.to_owned()).or_insert_with(|| invalid.into());
    }

    /// Whether the field has text of this many bytes.
    pub fn text(&mut self, field: &str, text: &str, min: usize, max: usize) -> bool {
        if text.is_empty() {
            self.fail(field, Invalid::required());
            return false;
        }
        if (min..=max).contains(&text.len()) {
            return true;
        }
        let invalid = Invalid::new(
            "validation_length_out_of_range",
            format!("the length must be between {min} and {max}"),
        );
        self.fail(field, invalid.param("min", min).param("max", max));
        false
    }

    /// Whether the field has an email address.
    pub fn email(&mut self, field: &str, text: &str) -> bool {
        if !self.text(field, text, 1, EMAIL_MAX) {
            return false;
        }
        let is_email = host::is_email(text);
        if !is_email {
            self.fail(field, Invalid::new("validation_is_email", "must be a valid email address"));
        }
        is_email
    }

    #[cfg(test)]
    pub fn into_fields(self) -> FieldErrors {
        self.errors
    }

    /// # Errors
    /// 400 with the failed fields, if any.
    pub fn finish(self) -> Result<()> {
        if self.errors.is_empty() {
            return Ok(());
        }
        let message = "An error occurred while validating the submitted data.";
        Err(Error::bad_request(message).with_fields(self.errors))
    }
}

/// A token that is broken, has ended, was revoked or is of another kind.
pub(crate) fn invalid_token() -> Invalid {
    Invalid::new("validation_invalid_token", "Invalid or expired token.")
}

/// A good token, for another collection than the one in the path.
pub(crate) fn foreign_token() -> Invalid {
    let message = "The provided token is for different auth collection.";
    Invalid::new("validation_token_collection_mismatch", message)
}
