//! Why a schema change failed, before an operation gives it its own message.

use ketch_model::error::Invalid;
use ketch_model::{Error, FieldError, FieldErrors};
use ketch_store::StoreError;

/// Why a collection could not be saved or deleted.
#[derive(Debug)]
pub(super) enum Failure {
    /// Checks that failed, by key of the collection's JSON.
    Fields(FieldErrors),
    /// The database refused; the text is for the superuser.
    Refused(String),
    /// An error with a message of its own.
    Whole(Error),
}

impl Failure {
    /// The error of an operation whose messages begin with `message`: `Failed to create collection`.
    pub fn with_message(self, message: &str) -> Error {
        match self {
            Self::Fields(fields) => Error::bad_request(format!("{message}.")).with_fields(fields),
            Self::Refused(reason) => Error::bad_request(format!("{message}. Raw error: \n{reason}")),
            Self::Whole(error) => error,
        }
    }

    /// A refused statement; faults of the server stay what they are.
    pub fn refused(context: &str, error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Closed | StoreError::Panicked => {
                Self::Whole(Error::internal(error))
            }
            _ if context.is_empty() => Self::Refused(engine_text(&error)),
            _ => Self::Refused(format!("{context} - {}", engine_text(&error))),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::refused("", error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Whole(error)
    }
}

/// A database error as the original words it: the class, the message and the class's number.
pub(super) fn engine_text(error: &StoreError) -> String {
    match error {
        StoreError::Unique { table, columns } => {
            let columns: Vec<String> = columns.iter().map(|column| format!("{table}.{column}")).collect();
            format!("constraint failed: UNIQUE constraint failed: {} (2067)", columns.join(", "))
        }
        StoreError::Constraint(message) => format!("constraint failed: {message} (19)"),
        StoreError::Timeout => "interrupted (9)".to_owned(),
        StoreError::Sql(message) => format!("SQL logic error: {message} (1)"),
        StoreError::Unavailable(message) => message.clone(),
        StoreError::ReadOnly | StoreError::Closed | StoreError::Panicked => error.to_string(),
    }
}

/// Field errors in one line, as the texts of bigger errors quote them: `name: cannot be blank.`
pub(super) fn one_line(errors: &FieldErrors) -> String {
    let items: Vec<String> = errors
        .iter()
        .map(|(name, error)| match error {
            FieldError::Invalid(invalid) => format!("{name}: {}", bare_message(invalid)),
            FieldError::Nested(nested) => format!("{name}: ({})", one_line(nested)),
        })
        .collect();
    format!("{}.", items.join("; "))
}

/// Field errors as indented JSON text of messages.
pub(super) fn indented(errors: &FieldErrors) -> String {
    let text = serde_json::to_string_pretty(&messages(errors));
    // A map of strings can always be written.
    text.unwrap_or_default()
}

fn messages(errors: &FieldErrors) -> serde_json::Value {
    errors
        .iter()
        .map(|(name, error)| {
            let message = match error {
                FieldError::Invalid(invalid) => bare_message(invalid).into(),
                FieldError::Nested(nested) => messages(nested),
            };
            (name.clone(), message)
        })
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Codes whose messages begin with a small letter where no front has made them sentences.
const PLAIN_CODES: [&str; 24] = [
    "validation_required",
    "validation_nil_or_not_empty_required",
    "validation_nil",
    "validation_empty",
    "validation_length_too_long",
    "validation_length_too_short",
    "validation_length_invalid",
    "validation_length_out_of_range",
    "validation_in_invalid",
    "validation_not_in_invalid",
    "validation_match_invalid",
    "validation_min_greater_equal_than_required",
    "validation_max_less_equal_than_required",
    "validation_is_email",
    "validation_is_url",
    "validation_is_domain",
    "validation_is_host",
    "validation_date_invalid",
    "validation_date_out_of_range",
    "validation_not_nil_required",
    "validation_min_greater_than_required",
    "validation_max_less_than_required",
    "validation_key_missing",
    "validation_multiple_of_invalid",
];

/// The message as it is before a front makes it a sentence.
fn bare_message(invalid: &Invalid) -> String {
    let message = invalid.message.as_ref();
    let is_plain = PLAIN_CODES.contains(&invalid.code.as_ref());
    let message = if is_plain { message.strip_suffix('.').unwrap_or(message) } else { message };
    let mut characters = message.chars();
    match characters.next() {
        Some(first) if is_plain => first.to_lowercase().chain(characters).collect(),
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_messages_as_they_are_before_they_become_sentences() {
        let rule = Invalid::new("validation_invalid_rule", "Invalid rule. Raw error: a.");
        let name = FieldErrors::from([("name".to_owned(), Invalid::required().into())]);
        let mut errors = FieldErrors::from([("listRule".to_owned(), rule.into())]);
        errors.insert("fields".to_owned(), FieldError::Nested(name));
        assert_eq!(
            one_line(&errors),
            "fields: (name: cannot be blank.); listRule: Invalid rule. Raw error: a.."
        );
        assert_eq!(
            indented(&errors),
            "{\n  \"fields\": {\n    \"name\": \"cannot be blank\"\n  },\n  \"listRule\": \"Invalid rule. Raw error: a.\"\n}"
        );
    }

    #[test]
    fn words_database_errors_as_the_original() {
        let unique =
            StoreError::Unique { table: "posts".to_owned(), columns: vec!["a".to_owned(), "b".to_owned()] };
        assert_eq!(
            engine_text(&unique),
            "constraint failed: UNIQUE constraint failed: posts.a, posts.b (2067)"
        );
        let refused = Failure::refused("failed to drop column a", StoreError::Sql("no".to_owned()));
        assert_eq!(
            refused.with_message("Failed to update collection").message,
            "Failed to update collection. Raw error: \nfailed to drop column a - SQL logic error: no (1)"
        );
    }
}
