//! What can be wrong with a rule, before and while it is asked.

use thiserror::Error;

/// A rule text that cannot be compiled. Line and column count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("ERROR: <input>:{line}:{column}: {message}")]
pub struct RuleError {
    pub message: String,
    pub line: u32,
    pub column: u32,
}

impl RuleError {
    /// The error for a byte offset of the source.
    pub(crate) fn at(source: &str, offset: usize, message: impl Into<String>) -> Self {
        let before = source.get(..offset).unwrap_or(source);
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let column = before[start..].chars().count() + 1;
        Self { message: message.into(), line: clamp(line), column: clamp(column) }
    }
}

fn clamp(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// What kind of failure ended an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The expression has no value: a missing overload, an overflow, an index out of range.
    Failed,
    /// The rule does more work than a rule may.
    TooExpensive,
    /// A rate limit of the rules is exhausted.
    RateLimited,
    /// Something that the environment does not know yet. Only partial evaluation acts on it.
    Unknown,
}

/// A rule that raised instead of answering.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct EvaluationError {
    pub kind: FailureKind,
    pub message: String,
}

impl EvaluationError {
    pub fn failed(message: impl Into<String>) -> Self {
        Self { kind: FailureKind::Failed, message: message.into() }
    }

    /// The answer of [`crate::Environment::limit`] when nothing is left.
    pub fn rate_limited(bucket: &str) -> Self {
        Self { kind: FailureKind::RateLimited, message: format!("rate limit '{bucket}' is exhausted") }
    }

    pub(crate) fn unknown(what: &str) -> Self {
        Self { kind: FailureKind::Unknown, message: format!("'{what}' is not known here") }
    }

    pub(crate) fn too_expensive() -> Self {
        Self {
            kind: FailureKind::TooExpensive,
            message: "the rule does more work than a rule may: shorten the lists it walks".to_owned(),
        }
    }
}
