//! Steps out of JSON. Their forms are checked here; names are looked up by whoever executes them.

use ketch_model::attr::Attr;
use ketch_model::{Object, Value, json};

use super::step::{AttrName, EntityRef, Mode, Step, TripleStep};
use crate::invalid::{Expected, Invalid, Issue, Step as Place};

/// Bytes of an id: links and indexes hold it again and again.
const ID_MAX: usize = 1024;
/// What stands before and between the parts of a lookup written as one text: `lookup__slug__"intro"`.
const LOOKUP: &str = "lookup__";
const LOOKUP_SEPARATOR: &str = "__";
/// What error messages repeat of a value at most, in characters.
const SHOWN_MAX: usize = 100;

type Parsed<T> = Result<T, Issue>;

/// Reads the steps of a transaction, high-level and low-level ones.
///
/// # Errors
/// `validation-failed` for the first step that has no known form: `in` is its position and that of the part.
pub fn parse(steps: &[Value]) -> Result<Vec<Step>, Invalid> {
    let mut parsed = Vec::with_capacity(steps.len());
    for (index, step) in steps.iter().enumerate() {
        let parts = Parts { index, parts: step.as_array().map_or(&[], Vec::as_slice) };
        match parts.step() {
            Ok(step) => parsed.push(step),
            Err(issue) => {
                return Err(Invalid { data_type: "steps", input: step.clone(), issues: vec![issue] });
            }
        }
    }
    Ok(parsed)
}

/// One step in its JSON form.
struct Parts<'a> {
    index: usize,
    parts: &'a [Value],
}

impl Parts<'_> {
    fn step(&self) -> Parsed<Step> {
        match self.text(0, "the kind of the step")? {
            "create" => self.write(Mode::Create),
            "update" => self.write(self.mode("upsert")?),
            "merge" => {
                let mode = self.mode("upsert")?;
                let (namespace, entity, values) = (self.namespace()?, self.entity()?, self.object(3)?);
                Ok(Step::Merge { namespace, entity, values: values.clone(), mode })
            }
            "link" => {
                let (namespace, entity, links) = (self.namespace()?, self.entity()?, self.links()?);
                Ok(Step::Link { namespace, entity, links })
            }
            "unlink" => {
                let (namespace, entity, links) = (self.namespace()?, self.entity()?, self.links()?);
                Ok(Step::Unlink { namespace, entity, links })
            }
            "delete" => Ok(Step::Delete { namespace: self.namespace()?, entity: self.entity()? }),
            "ruleParams" => Ok(Step::RuleParams {
                namespace: Some(self.namespace()?),
                entity: self.entity()?,
                params: self.object(3)?.clone(),
            }),
            "rule-params" => Ok(Step::RuleParams {
                entity: self.entity_at(1, AttrName::Id)?,
                namespace: self.optional_text(2)?,
                params: self.object(3)?.clone(),
            }),
            "add-attr" => {
                let attr = Attr::from_json(self.object(1)?).map_err(|why| self.issue(1, "attr?", why))?;
                Ok(Step::AddAttr(Box::new(attr)))
            }
            "update-attr" => {
                let attr = self.object(1)?;
                if !attr.get("id").is_some_and(Value::is_string) {
                    let message = "An attr is changed by its `id`, which is missing here.".to_owned();
                    return Err(self.issue(1, "attr?", message));
                }
                Ok(Step::UpdateAttr(attr.clone()))
            }
            "delete-attr" => Ok(Step::DeleteAttr(self.text(1, "the attr's id")?.to_owned())),
            "restore-attr" => Ok(Step::RestoreAttr(self.text(1, "the attr's id")?.to_owned())),
            "add-triple" => {
                self.triple(|entity, attr, value, mode| TripleStep::Add { entity, attr, value, mode })
            }
            "deep-merge-triple" => {
                self.triple(|entity, attr, value, mode| TripleStep::Merge { entity, attr, value, mode })
            }
            "retract-triple" => {
                self.triple(|entity, attr, value, _| TripleStep::Retract { entity, attr, value })
            }
            "delete-entity" => Ok(Step::Triple(TripleStep::Delete {
                entity: self.entity_at(1, AttrName::Id)?,
                namespace: self.optional_text(2)?,
            })),
            other => {
                let message = format!(
                    "`{}` is no kind of step: create, update, merge, link, unlink, delete and ruleParams are.",
                    shown(&other.into())
                );
                Err(self.issue(0, "op?", message))
            }
        }
    }

    fn write(&self, mode: Mode) -> Parsed<Step> {
        let (namespace, entity, values) = (self.namespace()?, self.entity()?, self.object(3)?);
        Ok(Step::Write { namespace, entity, values: values.clone(), mode })
    }

    fn triple(&self, make: fn(EntityRef, String, Value, Mode) -> TripleStep) -> Parsed<Step> {
        let entity = self.entity_at(1, AttrName::Id)?;
        let attr = self.text(2, "the attr's id")?.to_owned();
        let value = self.parts.get(3).cloned().unwrap_or_default();
        Ok(Step::Triple(make(entity, attr, value, self.triple_mode()?)))
    }

    /// `{"upsert": false}` in the last place.
    fn mode(&self, key: &str) -> Parsed<Mode> {
        match self.options()?.and_then(|options| options.get(key)) {
            None | Some(Value::Null | Value::Bool(true)) => Ok(Mode::Upsert),
            Some(Value::Bool(false)) => Ok(Mode::Update),
            Some(other) => {
                let message = format!("`{key}` is true or false, not {}.", shown(other));
                Err(self.issue(4, "boolean?", message))
            }
        }
    }

    /// `{"mode": "create"}` in the last place.
    fn triple_mode(&self) -> Parsed<Mode> {
        match self.options()?.and_then(|options| options.get("mode")) {
            None | Some(Value::Null) => Ok(Mode::Upsert),
            Some(Value::String(mode)) if mode == "upsert" => Ok(Mode::Upsert),
            Some(Value::String(mode)) if mode == "create" => Ok(Mode::Create),
            Some(Value::String(mode)) if mode == "update" => Ok(Mode::Update),
            Some(other) => {
                let message = format!("`mode` is create, update or upsert, not {}.", shown(other));
                Err(self.issue(4, "mode?", message))
            }
        }
    }

    fn options(&self) -> Parsed<Option<&Object>> {
        match self.parts.get(4) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(options)) => Ok(Some(options)),
            Some(other) => {
                Err(self.issue(4, "map?", format!("Options are an object, not {}.", shown(other))))
            }
        }
    }

    fn namespace(&self) -> Parsed<String> {
        self.text(1, "the namespace").map(str::to_owned)
    }

    fn entity(&self) -> Parsed<EntityRef> {
        self.entity_at(2, AttrName::Label)
    }

    fn entity_at(&self, position: usize, name: fn(String) -> AttrName) -> Parsed<EntityRef> {
        let value = self.parts.get(position).unwrap_or(&Value::Null);
        self.entity_ref(position, value, name)
    }

    fn entity_ref(&self, position: usize, value: &Value, name: fn(String) -> AttrName) -> Parsed<EntityRef> {
        let lookup = |attr: &str, value: &Value| EntityRef::Lookup {
            attr: name(attr.to_owned()),
            value: value.clone(),
        };
        match value {
            Value::String(text) => match text.strip_prefix(LOOKUP) {
                Some(lookup) => self.lookup(position, lookup),
                None if (1..=ID_MAX).contains(&text.len()) => Ok(EntityRef::Id(text.clone())),
                None => Err(self.invalid_entity(position, value)),
            },
            Value::Array(parts) => match parts.as_slice() {
                [Value::String(attr), value] => Ok(lookup(attr, value)),
                _ => Err(self.invalid_entity(position, value)),
            },
            Value::Object(object) if object.len() == 1 => match object.iter().next() {
                Some((attr, value)) => Ok(lookup(attr, value)),
                None => Err(self.invalid_entity(position, value)),
            },
            _ => Err(self.invalid_entity(position, value)),
        }
    }

    /// The part of `lookup__slug__"intro"` behind the first separator.
    fn lookup(&self, position: usize, text: &str) -> Parsed<EntityRef> {
        let parts = text.split_once(LOOKUP_SEPARATOR);
        let value = parts.and_then(|(_, value)| json::parse_strict(value.as_bytes()).ok());
        match (parts, value) {
            (Some((attr, _)), Some(value)) => {
                Ok(EntityRef::Lookup { attr: AttrName::Label(attr.to_owned()), value })
            }
            _ => {
                let message = format!("lookup value is invalid: `{}`", shown(&text.into()));
                Err(self.issue(position, "lookup?", message))
            }
        }
    }

    /// `{label: target}` or `{label: [targets]}` in the last place. An array of two is a list of
    /// targets: a lookup in a list of links is written as one text.
    fn links(&self) -> Parsed<Vec<(String, Vec<EntityRef>)>> {
        let mut links = Vec::new();
        for (label, value) in self.object(3)? {
            let targets = match value {
                Value::Array(targets) => targets
                    .iter()
                    .map(|target| self.entity_ref(3, target, AttrName::Label))
                    .collect::<Parsed<Vec<_>>>()?,
                target => vec![self.entity_ref(3, target, AttrName::Label)?],
            };
            links.push((label.clone(), targets));
        }
        Ok(links)
    }

    fn text(&self, position: usize, what: &str) -> Parsed<&str> {
        match self.parts.get(position) {
            Some(Value::String(text)) => Ok(text),
            Some(other) => {
                Err(self.issue(position, "string?", format!("{what} is a text, not {}.", shown(other))))
            }
            None => Err(self.issue(position, "string?", format!("{what} is missing."))),
        }
    }

    fn optional_text(&self, position: usize) -> Parsed<Option<String>> {
        match self.parts.get(position) {
            None | Some(Value::Null) => Ok(None),
            Some(_) => self.text(position, "the namespace").map(|text| Some(text.to_owned())),
        }
    }

    fn object(&self, position: usize) -> Parsed<&Object> {
        match self.parts.get(position) {
            Some(Value::Object(object)) => Ok(object),
            Some(other) => {
                let message = format!("An object is needed here, not {}.", shown(other));
                Err(self.issue(position, "map?", message))
            }
            None => Err(self.issue(position, "map?", "An object is needed here.".to_owned())),
        }
    }

    fn invalid_entity(&self, position: usize, value: &Value) -> Issue {
        let message = format!(
            "Invalid entity ID '{}'. Entity IDs must be texts of up to {ID_MAX} bytes or lookup references.",
            shown(value)
        );
        self.issue(position, "uuid?", message)
    }

    fn issue(&self, position: usize, expected: &'static str, message: String) -> Issue {
        let path = vec![Place::Index(self.index), Place::Index(position)];
        Issue { expected: Expected::Shape(expected), path, message }
    }
}

/// A value in an error message, cut where it is long.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => json::to_text(other),
    };
    match text.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn one(step: Value) -> Step {
        let mut steps = parse(&[step]).expect("a step");
        steps.remove(0)
    }

    fn id(text: &str) -> EntityRef {
        EntityRef::Id(text.to_owned())
    }

    fn slug(value: Value) -> EntityRef {
        EntityRef::Lookup { attr: AttrName::Label("slug".to_owned()), value }
    }

    #[test]
    fn entities_are_named_in_four_ways() {
        for (written, entity) in [
            (json!("todo-123"), id("todo-123")),
            (json!(["slug", "a"]), slug(json!("a"))),
            (json!({ "slug": 7 }), slug(json!(7))),
            (json!("lookup__slug__\"a__b\""), slug(json!("a__b"))),
        ] {
            let step = one(json!(["delete", "posts", written, null]));
            assert_eq!(step, Step::Delete { namespace: "posts".to_owned(), entity });
        }
        let triple = one(json!(["retract-triple", ["attr-id", 1], "x", 2]));
        let entity = EntityRef::Lookup { attr: AttrName::Id("attr-id".to_owned()), value: json!(1) };
        let step = TripleStep::Retract { entity, attr: "x".to_owned(), value: json!(2) };
        assert_eq!(triple, Step::Triple(step));
    }

    #[test]
    fn options_say_what_has_to_be_there() {
        let mode = |step: Value| match one(step) {
            Step::Write { mode, .. }
            | Step::Merge { mode, .. }
            | Step::Triple(TripleStep::Add { mode, .. }) => mode,
            other => panic!("{other:?}"),
        };
        assert_eq!(mode(json!(["update", "a", "1", {}])), Mode::Upsert);
        assert_eq!(mode(json!(["update", "a", "1", {}, null])), Mode::Upsert);
        assert_eq!(mode(json!(["update", "a", "1", {}, { "upsert": false }])), Mode::Update);
        assert_eq!(mode(json!(["merge", "a", "1", {}, { "upsert": true }])), Mode::Upsert);
        assert_eq!(mode(json!(["create", "a", "1", {}])), Mode::Create);
        assert_eq!(mode(json!(["add-triple", "1", "a", 1, { "mode": "create" }])), Mode::Create);
    }

    #[test]
    fn links_have_one_target_or_many() {
        let step = one(json!(["link", "a", "1", { "b": "2", "c": ["3", "lookup__slug__1"] }]));
        let links = vec![("b".to_owned(), vec![id("2")]), ("c".to_owned(), vec![id("3"), slug(json!(1))])];
        assert_eq!(step, Step::Link { namespace: "a".to_owned(), entity: id("1"), links });
    }

    #[test]
    fn what_is_no_step_is_named_by_its_place() {
        for (step, place, expected) in [
            (json!("update"), 0, "string?"),
            (json!([]), 0, "string?"),
            (json!(["drop", "a", "1", {}]), 0, "op?"),
            (json!(["update", 7, "1", {}]), 1, "string?"),
            (json!(["update", "a", "", {}]), 2, "uuid?"),
            (json!(["update", "a", 7, {}]), 2, "uuid?"),
            (json!(["update", "a", ["slug"], {}]), 2, "uuid?"),
            (json!(["update", "a", { "a": 1, "b": 2 }, {}]), 2, "uuid?"),
            (json!(["update", "a", "lookup__slug", {}]), 2, "lookup?"),
            (json!(["update", "a", "lookup__slug__{", {}]), 2, "lookup?"),
            (json!(["update", "a", "1", []]), 3, "map?"),
            (json!(["update", "a", "1"]), 3, "map?"),
            (json!(["update", "a", "1", {}, []]), 4, "map?"),
            (json!(["update", "a", "1", {}, { "upsert": 1 }]), 4, "boolean?"),
            (json!(["link", "a", "1", { "b": [7] }]), 3, "uuid?"),
            (json!(["add-triple", "1", "a", 1, { "mode": "x" }]), 4, "mode?"),
            (json!(["add-attr", 7]), 1, "map?"),
            (json!(["add-attr", {}]), 1, "attr?"),
            (json!(["update-attr", {}]), 1, "attr?"),
        ] {
            let steps = [json!(["delete", "a", "1"]), step.clone()];
            let invalid = parse(&steps).expect_err("no step");
            let hint = Value::Object(invalid.hint());
            assert_eq!(hint["errors"][0]["in"], json!([1, place]), "{step}");
            assert_eq!(hint["errors"][0]["expected"], expected, "{step}");
        }
        let long = "x".repeat(100_000);
        let invalid = parse(&[json!(["update", "a", [long], {}])]).expect_err("no step");
        assert!(invalid.issues[0].message.len() < 500);
    }
}
