//! Who may make attrs.

use std::sync::Arc;

use ketch_cel::{Action, Decision};
use ketch_model::attr::Attr;
use ketch_model::{Object, Schema, Value};
use serde_json::json;

use super::super::failure::Failure;
use super::super::step::Step;
use super::EXPECTED;
use crate::error::Error;
use crate::permissions::Inquiry;
use crate::permissions::entity::is_closed;
use crate::permissions::failure::broken;
use crate::permissions::references::References;
use crate::permissions::scene::{Scene, Subject};

/// The namespace of the rule in a rules document.
const ATTRS: &str = "attrs";

/// Attrs are changed, deleted and restored by admins alone.
pub(super) fn refuse_changes(inquiry: &Inquiry, steps: &[Step]) -> Result<(), Failure> {
    for step in steps {
        let id = match step {
            Step::UpdateAttr(attr) => attr.get("id").and_then(Value::as_str).unwrap_or_default(),
            Step::DeleteAttr(id) | Step::RestoreAttr(id) => id,
            _ => continue,
        };
        let namespace =
            inquiry.attrs().by_id(id).map_or(ATTRS, |entry| entry.attr.forward.namespace.as_str());
        return Err(Error::denied(&[namespace, "attr"], EXPECTED).into());
    }
    Ok(())
}

/// Why an attr may not be made.
pub(super) fn denial(inquiry: &Inquiry, attr: &Attr) -> Error {
    let mut error = Error::denied(&[&attr.forward.namespace, "attr"], EXPECTED);
    if !inquiry.attribute_decision().1 && !inquiry.makes_attrs_by_default() {
        error.message.push_str(
            ". Nobody has used this app through Instant yet: only its admin makes the first namespace, or sets \
             rules. An app that is made with `ketch app create`, or started with --app-id, is open from the start",
        );
    }
    error
}

/// Whether an attr may be made, and what is told of the question.
pub(super) fn ask(
    inquiry: &Inquiry,
    before: &Arc<Schema>,
    attr: &Attr,
    references: &References,
) -> Result<(bool, Value), Failure> {
    let object: Object = attr.to_json();
    let (decision, is_written) = inquiry.attribute_decision();
    let sides = [Some(&attr.forward), attr.reverse.as_ref()];
    let is_closed = sides
        .into_iter()
        .flatten()
        .any(|side| is_closed(&side.namespace, before.attrs().collection(&side.namespace)));
    let none = Object::new();
    let scene = Scene {
        inquiry,
        data: Subject { namespace: ATTRS, id: &attr.id, object: Some(&object) },
        new_data: Some(Some(&object)),
        linked: None,
        actions: None,
        params: &none,
        request: inquiry.request(),
        references,
    };
    let action = Action::Create.name();
    let (result, source) = match decision {
        Decision::Constant(allowed) => {
            let by_default = !is_closed && inquiry.makes_attrs_by_default();
            (Value::Bool(allowed && (is_written || by_default)), None)
        }
        Decision::Broken(problem) => return Err(broken(problem).into()),
        Decision::Rule(rule) => (inquiry.ask(rule, &[ATTRS, action], &scene)?, Some(rule.source())),
    };
    let passes = result == true;
    let mut program = json!({ "etype": ATTRS, "action": action });
    if let Some(source) = source {
        program["code"] = source.into();
        program["display-code"] = source.into();
    }
    let told = json!({
        "scope": "attr",
        "action": action,
        "etype": attr.forward.namespace,
        "eid": attr.id,
        "program": program,
        "bindings": { "data": object, "new-data": object, "rule-params": {} },
        "check-result": result,
        "check-pass?": passes,
    });
    Ok((passes, told))
}
