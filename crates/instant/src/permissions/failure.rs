//! Rules that raise, as errors.

use ketch_cel::{EvaluationError, FailureKind, RuleProblem};
use ketch_model::Value;
use serde_json::json;

use crate::error::{Error, Kind};

/// A rule that raised. Its own words are for whoever writes the rules.
pub(crate) fn raised(rule: &[&str], error: &EvaluationError, to_author: bool) -> Error {
    let why = match error.kind {
        FailureKind::TooExpensive => error.message.as_str(),
        _ if to_author => error.message.as_str(),
        _ => "You may have a typo in this rule, or it compares values that cannot be compared.",
    };
    let message = format!("Could not evaluate permission rule for `{}`. {why}", rule.join("."));
    let hint = json!({
        "rule": rule,
        "error": { "type": "evaluation", "message": why, "hint": Value::Null },
    });
    Error::new(Kind::PermissionEvaluationFailed, message, hint)
}

/// A rule that was stored but cannot be compiled.
pub(crate) fn broken(problem: &RuleProblem) -> Error {
    let message =
        format!("Validation failed for permission: {}: {}", problem.path.join("."), problem.message);
    let hint = json!({
        "data-type": "permission",
        "input": problem.path,
        "errors": [{ "message": problem.message, "in": problem.path }],
    });
    Error::new(Kind::ValidationFailed, message, hint)
}

/// A bucket of the rules is empty.
pub(crate) fn limited(hint: Value) -> Error {
    let after = hint["retry-after"].as_i64().unwrap_or_default();
    let message = format!("A rate limit of this app's rules is exhausted. Try again in {after} seconds.");
    Error::new(Kind::RateLimited, message, hint)
}
