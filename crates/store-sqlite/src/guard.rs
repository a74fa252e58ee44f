//! What statements may not do, asked by the engine while it prepares them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use rusqlite::hooks::{AuthAction, AuthContext, Authorization};

use crate::counts;

/// What an operator learns whose statement was refused.
pub(crate) const REFUSED: &str = "not authorized: statements cannot begin or end transactions, attach databases, \
     make temporary tables or change settings of the engine";

/// What the authorizer looks at and notes.
#[derive(Debug, Default)]
pub(crate) struct Guard {
    /// Set while the driver itself begins or ends a transaction, which statements may not do.
    pub internal: AtomicBool,
    /// Set while statements run that an operator typed.
    pub typed: AtomicBool,
    /// A function was named whose answer changes though the data does not.
    pub unsteady: AtomicBool,
}

/// Keeps statements from ending the driver's transactions, which may hold the writes of others,
/// and from reaching other files; notes which functions they name. What is typed must leave the
/// connection as it was.
pub(crate) fn install(raw: &mut rusqlite::Connection, guard: &Arc<Guard>) -> rusqlite::Result<()> {
    let guard = Arc::clone(guard);
    raw.authorizer(Some(move |context: AuthContext<'_>| {
        if guard.allows(&context.action) { Authorization::Allow } else { Authorization::Deny }
    }))
}

impl Guard {
    fn allows(&self, action: &AuthAction<'_>) -> bool {
        match *action {
            AuthAction::Transaction { .. } | AuthAction::Savepoint { .. } => self.internal.load(Relaxed),
            AuthAction::Attach { .. } | AuthAction::Detach { .. } => false,
            AuthAction::CreateTempTable { .. }
            | AuthAction::CreateTempIndex { .. }
            | AuthAction::CreateTempTrigger { .. }
            | AuthAction::CreateTempView { .. } => !self.typed.load(Relaxed),
            AuthAction::Pragma { pragma_name, pragma_value } => {
                !self.typed.load(Relaxed) || only_tells(pragma_name, pragma_value)
            }
            AuthAction::Function { function_name } => {
                if !counts::is_steady_function(function_name) {
                    self.unsteady.store(true, Relaxed);
                }
                true
            }
            _ => true,
        }
    }
}

/// Whether a pragma answers and changes nothing.
fn only_tells(name: &str, value: Option<&str>) -> bool {
    /// With a value these tell about a table, an index or a number of faults.
    const OF_SOMETHING: [&str; 9] = [
        "table_info",
        "table_xinfo",
        "table_list",
        "index_list",
        "index_info",
        "index_xinfo",
        "foreign_key_list",
        "integrity_check",
        "quick_check",
    ];
    /// Without a value these act.
    const ACTS: [&str; 4] = ["incremental_vacuum", "optimize", "shrink_memory", "wal_checkpoint"];
    let is_in = |names: &[&str]| names.iter().any(|other| name.eq_ignore_ascii_case(other));
    if value.is_some() { is_in(&OF_SOMETHING) } else { !is_in(&ACTS) }
}
