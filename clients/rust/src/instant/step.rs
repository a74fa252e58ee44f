//! The steps of a transaction.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::error::{Error, Result};

/// A new id for an entity.
pub fn new_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// The entity whose unique attribute has this value, in place of an id.
///
/// ```
/// use ketch_client::instant::{Step, lookup};
/// let step = Step::update("profiles", lookup("handle", "ada"), serde_json::json!({"name": "Ada"}));
/// assert_eq!(step.to_json()?.to_string(), r#"["update","profiles",["handle","ada"],{"name":"Ada"}]"#);
/// # Ok::<(), ketch_client::Error>(())
/// ```
pub fn lookup(attribute: &str, value: impl Into<Value>) -> EntityId {
    EntityId::Lookup(attribute.to_owned(), value.into())
}

/// Which entity.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum EntityId {
    /// The one with this id.
    Id(String),
    /// The one whose unique attribute has this value.
    Lookup(String, Value),
}

impl EntityId {
    /// As the subject of a step.
    fn subject(self) -> Value {
        match self {
            Self::Id(id) => id.into(),
            Self::Lookup(attribute, value) => json!([attribute, value]),
        }
    }

    /// As the target of a link, where a list would be several targets.
    fn target(self) -> Value {
        match self {
            Self::Id(id) => id.into(),
            Self::Lookup(attribute, value) => format!("lookup__{attribute}__{value}").into(),
        }
    }
}

impl From<&str> for EntityId {
    fn from(id: &str) -> Self {
        Self::Id(id.to_owned())
    }
}

impl From<String> for EntityId {
    fn from(id: String) -> Self {
        Self::Id(id)
    }
}

impl From<&String> for EntityId {
    fn from(id: &String) -> Self {
        Self::Id(id.clone())
    }
}

/// A step of a transaction.
#[derive(Debug)]
pub struct Step(Result<Vec<Value>>);

impl Step {
    /// Makes an entity; fails if it is there.
    pub fn create(namespace: &str, id: impl Into<EntityId>, fields: impl Serialize) -> Self {
        Self::new("create", namespace, id, fields)
    }

    /// Sets fields of an entity, which is made if it is not there; see [`upsert`](Self::upsert).
    pub fn update(namespace: &str, id: impl Into<EntityId>, fields: impl Serialize) -> Self {
        Self::new("update", namespace, id, fields)
    }

    /// As [`update`](Self::update), but objects are merged into those that are there; null takes a key out.
    pub fn merge(namespace: &str, id: impl Into<EntityId>, fields: impl Serialize) -> Self {
        Self::new("merge", namespace, id, fields)
    }

    /// Links an entity to others; several targets under one label are several pairs.
    pub fn link<L: Into<String>, T: Into<EntityId>>(
        namespace: &str,
        id: impl Into<EntityId>,
        links: impl IntoIterator<Item = (L, T)>,
    ) -> Self {
        Self::new("link", namespace, id, targets(links))
    }

    /// Takes links away.
    pub fn unlink<L: Into<String>, T: Into<EntityId>>(
        namespace: &str,
        id: impl Into<EntityId>,
        links: impl IntoIterator<Item = (L, T)>,
    ) -> Self {
        Self::new("unlink", namespace, id, targets(links))
    }

    /// Deletes an entity.
    pub fn delete(namespace: &str, id: impl Into<EntityId>) -> Self {
        Self(Ok(vec!["delete".into(), namespace.into(), id.into().subject()]))
    }

    /// Parameters that the rules for an entity see in this transaction.
    pub fn rule_params(namespace: &str, id: impl Into<EntityId>, params: impl Serialize) -> Self {
        Self::new("ruleParams", namespace, id, params)
    }

    /// A step as it is on the wire: `["update", "goals", "ID", {"title": "…"}]`.
    pub fn raw(parts: impl Serialize) -> Self {
        let parts = serde_json::to_value(parts).map_err(|error| {
            Error::input(format!("the step cannot be written as JSON: {error}")).with_source(error)
        });
        Self(parts.and_then(|parts| match parts {
            Value::Array(parts) => Ok(parts),
            other => Err(Error::input(format!("a step is a list, not {other}"))),
        }))
    }

    /// For an update or a merge: whether an entity that is not there is made.
    #[must_use]
    pub fn upsert(mut self, makes: bool) -> Self {
        if let Ok(parts) = &mut self.0 {
            parts.push(json!({ "upsert": makes }));
        }
        self
    }

    /// The step as it is on the wire.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Input`](crate::ErrorKind::Input) if its fields cannot be written as a JSON object.
    pub fn to_json(self) -> Result<Value> {
        self.0.map(Value::Array)
    }

    /// All steps as they are on the wire.
    pub(crate) fn all(steps: impl IntoIterator<Item = Self>) -> Result<Vec<Value>> {
        steps.into_iter().map(Self::to_json).collect()
    }

    fn new(action: &str, namespace: &str, id: impl Into<EntityId>, fields: impl Serialize) -> Self {
        let fields = serde_json::to_value(fields).map_err(|error| {
            Error::input(format!("the fields cannot be written as JSON: {error}")).with_source(error)
        });
        Self(fields.and_then(|fields| match fields.is_object() {
            true => Ok(vec![action.into(), namespace.into(), id.into().subject(), fields]),
            false => Err(Error::input(format!("the fields of a step are an object, not {fields}"))),
        }))
    }
}

/// Links as an object: one target under its label as it is, several as a list.
fn targets<L: Into<String>, T: Into<EntityId>>(
    links: impl IntoIterator<Item = (L, T)>,
) -> Map<String, Value> {
    let mut all = Map::new();
    for (label, target) in links {
        let (label, target) = (label.into(), target.into().target());
        match all.get_mut(&label) {
            None => {
                all.insert(label, target);
            }
            Some(Value::Array(targets)) => targets.push(target),
            Some(one) => *one = json!([one.take(), target]),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_lists() {
        for (step, expected) in [
            (Step::create("g", "1", json!({"a": 1})), json!(["create", "g", "1", {"a": 1}])),
            (
                Step::update("g", "1", json!({})).upsert(false),
                json!(["update", "g", "1", {}, {"upsert": false}]),
            ),
            (Step::merge("g", lookup("slug", "s"), json!({})), json!(["merge", "g", ["slug", "s"], {}])),
            (Step::link("g", "1", [("one", "2")]), json!(["link", "g", "1", {"one": "2"}])),
            (
                Step::unlink("g", "1", [("m", "2".into()), ("m", lookup("slug", "s")), ("m", "3".into())]),
                json!(["unlink", "g", "1", {"m": ["2", "lookup__slug__\"s\"", "3"]}]),
            ),
            (Step::delete("g", "1"), json!(["delete", "g", "1"])),
            (Step::rule_params("g", "1", json!({"k": 1})), json!(["ruleParams", "g", "1", {"k": 1}])),
            (Step::raw(json!(["delete", "g", "1", null])), json!(["delete", "g", "1", null])),
        ] {
            assert_eq!(step.to_json().unwrap(), expected);
        }
        assert!(Step::raw("x").to_json().is_err() && Step::create("g", "1", 7).to_json().is_err());
    }
}
