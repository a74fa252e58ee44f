//! What holds where a document says nothing.

use std::sync::{Arc, LazyLock};

use super::{Action, Decision, Entry};
use crate::expression::Binds;
use crate::rule::CompiledRule;

/// A user's own row, and the rows of guests that became part of this user.
const OWN_ROW_TEXT: &str =
    "auth.id != null && (data.id == auth.id || auth.id in data.ref('linkedPrimaryUser.id'))";

static OWN_ROW: LazyLock<Entry> = LazyLock::new(|| {
    let variables = Action::View.variables();
    match CompiledRule::compile(OWN_ROW_TEXT, variables, Arc::new(Binds::default())) {
        Ok(rule) => Entry::Rule(Box::new(rule)),
        Err(_) => Entry::Constant(false),
    }
});

/// People see and change themselves; files and streams are closed, everything else is open until
/// there is a rule.
pub(super) fn decision<'a>(namespace: &str, action: Action) -> Decision<'a> {
    match (namespace, action) {
        ("$users", Action::View | Action::Update) => OWN_ROW.decision(),
        ("$users", Action::Create) => Decision::Constant(true),
        _ => Decision::Constant(!namespace.starts_with('$')),
    }
}
