//! Which questions a link raises.

use ketch_cel::{Action, LinkAction};
use ketch_model::Schema;

use super::super::plan::{Operation, Plan, Task};
use super::check::{Check, Of};
use super::touched::{Key, Touched, link_ends};
use crate::permissions::Inquiry;

/// Sides that have a rule for the link are asked that, and no other question. Where neither has, the
/// forward side must be one to update, or to make, and the reverse side one to see.
pub(super) fn checks(
    inquiry: &Inquiry,
    schema: &Schema,
    plan: &Plan,
    touched: &Touched,
    now: &mut Vec<Check>,
    later: &mut Vec<Check>,
) {
    for (task, operations) in &plan.groups {
        let action = match task {
            Task::Retract => LinkAction::Unlink,
            _ => LinkAction::Link,
        };
        for operation in operations {
            let Operation::Links { collection, field, links } = operation else { continue };
            let Some(ends) = link_ends(schema, collection, *field) else { continue };
            for (source, target) in links {
                let forward: Key = (collection.id.clone(), source.clone());
                let reverse: Key = (ends.target.id.clone(), target.clone());
                let mut ask = |check: Check| {
                    let is_new = |key: &Key| !touched.exists(key) && touched.is_made(key);
                    let waits = is_new(&check.key)
                        || check.other.as_ref().is_some_and(is_new)
                        || check.of == Of::Object(Action::Create);
                    if waits { later.push(check) } else { now.push(check) }
                };
                let mut has_rule = false;
                for (namespace, label, key, other) in [
                    (&ends.forward.namespace, &ends.forward.label, &forward, &reverse),
                    (&ends.reverse.namespace, &ends.reverse.label, &reverse, &forward),
                ] {
                    if inquiry.link_decision(namespace, label, action).is_some() {
                        has_rule = true;
                        let of = Of::Link(action, label.clone());
                        ask(Check { of, key: key.clone(), other: Some(other.clone()) });
                    }
                }
                if !has_rule {
                    let write = if touched.exists(&forward) { Action::Update } else { Action::Create };
                    ask(Check::object(write, &forward));
                    ask(Check::object(Action::View, &reverse));
                }
            }
        }
    }
}
