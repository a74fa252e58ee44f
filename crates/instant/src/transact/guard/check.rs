//! One question to the rules.

use ketch_cel::{Action, LinkAction};
use ketch_model::{Object, Schema, Value};
use serde_json::json;

use super::touched::{Key, Touched};

/// What is asked, and of whom.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Check {
    pub(super) of: Of,
    pub(super) key: Key,
    /// The entity at the other end of a link.
    pub(super) other: Option<Key>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Of {
    Object(Action),
    /// A link, by its label on this side.
    Link(LinkAction, String),
}

/// The namespaces of a check.
pub(super) struct Names {
    pub(super) namespace: String,
    pub(super) linked: Option<String>,
}

/// What the variables of a check hold.
pub(super) struct Ends {
    pub(super) data: Option<Object>,
    pub(super) new_data: Option<Object>,
    pub(super) linked: Option<Object>,
    pub(super) modified: Option<Vec<Value>>,
    pub(super) actions: Option<Object>,
    pub(super) params: Object,
}

impl Check {
    pub(super) fn object(action: Action, key: &Key) -> Self {
        Self { of: Of::Object(action), key: key.clone(), other: None }
    }

    pub(super) fn names(&self, schema: &Schema) -> Names {
        let namespace = |key: &Key| schema.attrs().namespace(&key.0).unwrap_or("$system").to_owned();
        Names { namespace: namespace(&self.key), linked: self.other.as_ref().map(namespace) }
    }

    /// Where the rule is in its namespace.
    pub(super) fn rule_name(&self) -> Vec<String> {
        match &self.of {
            Of::Object(action) => vec![action.name().to_owned()],
            Of::Link(action, label) => vec![action.name().to_owned(), label.clone()],
        }
    }

    fn action(&self) -> &'static str {
        match &self.of {
            Of::Object(action) => action.name(),
            Of::Link(action, _) => action.name(),
        }
    }

    pub(super) fn has_new_data(&self) -> bool {
        !matches!(self.of, Of::Object(Action::View | Action::Delete))
    }

    /// `actions` of a link rule.
    pub(super) fn actions(&self, touched: &Touched) -> Option<Object> {
        let (Of::Link(LinkAction::Link, _), Some(other)) = (&self.of, &self.other) else { return None };
        let name = |key: &Key| if touched.exists(key) { "update" } else { "create" };
        Some(Object::from_iter([
            ("data".to_owned(), name(&self.key).into()),
            ("linkedData".to_owned(), name(other).into()),
        ]))
    }

    /// The check as whoever tries a transaction is told of it.
    pub(super) fn told(
        &self,
        names: &Names,
        source: Option<&str>,
        ends: &Ends,
        result: Value,
        passes: bool,
    ) -> Value {
        let mut program = json!({ "etype": names.namespace, "action": self.action() });
        if let Some(source) = source {
            program["code"] = source.into();
            program["display-code"] = source.into();
        }
        let object = |object: &Option<Object>| object.clone().map_or(Value::Null, Value::Object);
        let mut bindings = json!({
            "data": object(&ends.data),
            "new-data": if self.has_new_data() { object(&ends.new_data) } else { Value::Null },
            "rule-params": ends.params,
        });
        if let Some(modified) = &ends.modified {
            bindings["modified-fields"] = modified.clone().into();
        }
        if let Some(linked) = &names.linked {
            bindings["linked-data"] = object(&ends.linked);
            bindings["linked-etype"] = linked.as_str().into();
        }
        if let Some(actions) = &ends.actions {
            bindings["actions"] = Value::Object(actions.clone());
        }
        json!({
            "scope": "object",
            "action": self.action(),
            "etype": names.namespace,
            "eid": self.key.1,
            "program": program,
            "bindings": bindings,
            "check-result": result,
            "check-pass?": passes,
        })
    }
}
