//! Why a filter, a rule or a sort was refused.

use std::borrow::Cow;

/// A filter text that cannot become a predicate: a syntax error, an unknown name, a limit.
///
/// The message is one sentence for the person who wrote the text; it may name what they wrote.
/// A rule that is being saved shows it, a list request hides it behind the generic 400.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct FilterError {
    pub message: Cow<'static, str>,
}

impl FilterError {
    pub fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self { message: message.into() }
    }
}

/// The generic 400 with the reason kept for the log.
impl From<FilterError> for ketch_model::Error {
    fn from(error: FilterError) -> Self {
        Self::bad_request("").with_cause(error.message)
    }
}
