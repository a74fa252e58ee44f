//! Checks that several field types share.

use super::host;
use crate::error::{FieldError, FieldErrors, Invalid};
use crate::pattern::{Pattern, compile};
use crate::{Value, time};

/// Byte length as the options count it.
pub(super) fn length(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}

pub(super) fn min_text(min: i64) -> Invalid {
    Invalid::new("validation_min_text_constraint", format!("Must be at least {min} character(s)."))
        .param("min", min)
}

pub(super) fn pattern(pattern: &Pattern, text: &str) -> Result<(), Invalid> {
    if pattern.allows(text) {
        Ok(())
    } else {
        Err(Invalid::new("validation_invalid_format", "Invalid value format"))
    }
}

/// Counts of selects and relations; 0 and 1 both allow one value.
pub(super) fn too_many_values(count: usize, max_select: i64) -> Result<(), Invalid> {
    let max_select = max_select.max(1);
    if i64::try_from(count).unwrap_or(i64::MAX) > max_select {
        return Err(Invalid::new("validation_too_many_values", format!("Select no more than {max_select}"))
            .param("maxSelect", max_select));
    }
    Ok(())
}

pub(super) fn domain_allowed(domain: &str, only: &[String], except: &[String]) -> bool {
    (only.is_empty() || only.iter().any(|allowed| allowed == domain))
        && !except.iter().any(|refused| refused == domain)
}

/// A date outside its bounds; `bound` is normalised.
pub(super) fn date_bound(code: &'static str, message: &str, bound: &str) -> Invalid {
    Invalid::new(code, format!("{message} {}", time::long_form(bound)))
        .param("threshold", time::rfc3339(bound))
}

/// Gathers the failed checks of options.
pub(super) fn options<const COUNT: usize>(
    checks: [(&'static str, Result<(), FieldError>); COUNT],
) -> FieldErrors {
    checks
        .into_iter()
        .filter_map(|(name, result)| result.err().map(|error| (name.to_owned(), error)))
        .collect()
}

/// The greatest integer that every JSON reader holds exactly.
const MAX_SAFE_INTEGER: i64 = 9_007_199_254_740_991;

/// The upper bound of counts and lengths.
pub(super) const MAX_COUNT: i64 = MAX_SAFE_INTEGER;

/// An integer option within bounds; 0 means unset and is never refused.
pub(super) fn between(number: i64, min: i64, max: i64) -> Result<(), FieldError> {
    if number == 0 {
        Ok(())
    } else if number < min {
        Err(at_least(min).into())
    } else if number > max {
        Err(Invalid::new("validation_max_less_equal_than_required", format!("must be no greater than {max}"))
            .param("threshold", max)
            .into())
    } else {
        Ok(())
    }
}

pub(super) fn at_least(min: impl Into<Value> + std::fmt::Display) -> Invalid {
    Invalid::new("validation_min_greater_equal_than_required", format!("must be no less than {min}"))
        .param("threshold", min)
}

/// A size or count that must not be negative.
pub(super) fn size(number: i64) -> Result<(), FieldError> {
    between(number, 0, MAX_SAFE_INTEGER)
}

/// At most one of the two lists may be filled, with domains.
pub(super) fn domain_lists(only: &[String], except: &[String]) -> FieldErrors {
    options([("onlyDomains", domain_list(only, except)), ("exceptDomains", domain_list(except, only))])
}

fn domain_list(list: &[String], other: &[String]) -> Result<(), FieldError> {
    if !list.is_empty() && !other.is_empty() {
        return Err(Invalid::new("validation_empty", "must be blank").into());
    }
    each(list, |domain| {
        if domain.is_empty() || host::is_domain(domain) {
            Ok(())
        } else {
            Err(Invalid::new("validation_is_domain", "must be a valid domain"))
        }
    })
}

/// Checks every item; errors are by decimal position.
pub(super) fn each(items: &[String], check: impl Fn(&str) -> Result<(), Invalid>) -> Result<(), FieldError> {
    let errors: FieldErrors = items
        .iter()
        .enumerate()
        .filter_map(|(index, item)| check(item).err().map(|error| (index.to_string(), error.into())))
        .collect();
    if errors.is_empty() { Ok(()) } else { Err(FieldError::Nested(errors)) }
}

/// Words with a meaning of their own in filters and record JSON.
const RESERVED_NAMES: [&str; 7] =
    ["null", "true", "false", "_rowid_", "collectionId", "collectionName", "expand"];

/// What every field's definition must satisfy.
pub(super) fn shared(id: &str, name: &str, help: &str) -> FieldErrors {
    options([
        ("id", required_length(id, 100)),
        ("name", field_name(name)),
        ("help", if help.is_empty() { Ok(()) } else { required_length(help, 300) }),
    ])
}

/// A text of 1 to `max` bytes.
fn required_length(text: &str, max: usize) -> Result<(), FieldError> {
    if text.is_empty() {
        return Err(Invalid::required().into());
    }
    if text.len() > max {
        return Err(Invalid::new(
            "validation_length_out_of_range",
            format!("the length must be between 1 and {max}"),
        )
        .param("min", 1)
        .param("max", max)
        .into());
    }
    Ok(())
}

fn field_name(name: &str) -> Result<(), FieldError> {
    required_length(name, 100)?;
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err(Invalid::new("validation_match_invalid", "must be in a valid format").into());
    }
    if RESERVED_NAMES.contains(&name) {
        return Err(Invalid::new("validation_not_in_invalid", "must not be in list").into());
    }
    if name.to_ascii_lowercase().contains("_via_") {
        return Err(Invalid::new("validation_found_via", "the value cannot contain \"_via_\"").into());
    }
    Ok(())
}

/// An expression that must compile; empty is fine.
pub(super) fn expression(text: &str) -> Result<(), FieldError> {
    if text.is_empty() {
        return Ok(());
    }
    compile(text).map(|_| ()).map_err(|error| Invalid::new("validation_invalid_regex", error).into())
}

pub(super) fn must_be_set(is_set: bool) -> Result<(), FieldError> {
    if is_set { Ok(()) } else { Err(Invalid::required().into()) }
}
