//! From what is there to what a definition asks for, in steps. Nothing is planned away.

use std::collections::BTreeSet;

use ketch_model::attr::{Attr, CheckedType, Identity, random_uuid};
use ketch_model::collection::Direction;
use ketch_model::{Object, Schema, Value};
use serde_json::json;

use super::definition::{Definition, issue};
use super::pulled::{Keys, described};
use crate::invalid::{Invalid, Issue};

/// What the sender of a definition can do.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// Value types are enforced.
    pub(super) check_types: bool,
    /// Changes that look at all data come as jobs, and one that fails leaves the rest standing.
    pub(super) jobs: bool,
}

/// The steps to a definition, as `[kind, payload]`.
///
/// # Errors
/// `validation-failed` where the definition contradicts what is there.
pub(super) fn plan(schema: &Schema, definition: &Definition, style: Style) -> Result<Vec<Value>, Invalid> {
    let mut planner = Planner { schema, style, new: BTreeSet::new(), adds: Vec::new(), changes: Vec::new() };
    planner.run(definition).map_err(|issue| Invalid {
        data_type: "schema",
        input: Value::Null,
        issues: vec![issue],
    })?;
    planner.adds.append(&mut planner.changes);
    Ok(planner.adds)
}

/// What the definition asks for, as a pulled schema without ids.
pub(super) fn new_schema(definition: &Definition) -> Value {
    let ids = definition.namespaces.iter().map(|namespace| id_attr(namespace)).collect::<Vec<_>>();
    let all = ids.iter().chain(&definition.attrs);
    described(
        all.map(|attr| {
            let mut json = attr.to_json();
            json.insert("id".to_owned(), Value::Null);
            for key in ["forward-identity", "reverse-identity"] {
                if let Some(Value::Array(parts)) = json.get_mut(key) {
                    parts[0] = Value::Null;
                }
            }
            (attr, json.into())
        }),
        Keys::Vector,
    )
}

fn id_attr(namespace: &str) -> Attr {
    Attr { unique: true, ..Attr::blob("", Identity::new("", namespace, "id")) }
}

struct Planner<'a> {
    schema: &'a Schema,
    style: Style,
    /// Namespaces that the steps make.
    new: BTreeSet<&'a str>,
    adds: Vec<Value>,
    /// What comes after everything has been added.
    changes: Vec<Value>,
}

impl<'a> Planner<'a> {
    fn run(&mut self, definition: &'a Definition) -> Result<(), Issue> {
        for namespace in &definition.namespaces {
            self.add_namespace(namespace);
        }
        for attr in &definition.attrs {
            if let Some(reverse) = &attr.reverse {
                self.add_namespace(&attr.forward.namespace);
                self.add_namespace(&reverse.namespace);
            }
        }
        for attr in &definition.attrs {
            let has_metadata = definition
                .with_metadata
                .contains(&(attr.forward.namespace.clone(), attr.forward.label.clone()));
            self.attr(attr, has_metadata)?;
        }
        Ok(())
    }

    /// The `id` of a namespace that has none.
    fn add_namespace(&mut self, namespace: &'a str) {
        if self.new.contains(namespace) || self.schema.attrs().forward(namespace, "id").is_some() {
            return;
        }
        self.new.insert(namespace);
        self.add(&id_attr(namespace));
    }

    /// Plans a new attr; answers it with its ids.
    fn add(&mut self, attr: &Attr) -> Attr {
        let with_id = |identity: &Identity| Identity { id: random_uuid(), ..identity.clone() };
        let attr = Attr {
            id: random_uuid(),
            forward: with_id(&attr.forward),
            reverse: attr.reverse.as_ref().map(with_id),
            ..attr.clone()
        };
        self.adds.push(json!(["add-attr", attr.to_json()]));
        attr
    }

    fn attr(&mut self, wanted: &Attr, has_metadata: bool) -> Result<(), Issue> {
        let forward = &wanted.forward;
        let checked_type = wanted.checked_type.filter(|_| self.style.check_types);
        let wanted = Attr { checked_type, ..wanted.clone() };
        let found = self.schema.attrs().find(&forward.namespace, &forward.label);
        let Some((entry, direction)) = found else {
            if let Some(reverse) = &wanted.reverse
                && self.schema.attrs().find(&reverse.namespace, &reverse.label).is_some()
            {
                return Err(contradiction(
                    &wanted,
                    &format!("`{}.{}` is taken already", reverse.namespace, reverse.label),
                ));
            }
            return self.add_wanted(&wanted);
        };
        let known = &entry.attr;
        if direction == Direction::Reverse {
            let why =
                format!("it is the reverse side of `{}` already: declare it in that direction", known.name());
            return Err(contradiction(&wanted, &why));
        }
        if known.is_link() != wanted.is_link() {
            let (is, becomes) = if known.is_link() { ("link", "value") } else { ("value", "link") };
            return Err(contradiction(
                &wanted,
                &format!("it is a {is} and cannot become a {becomes}: delete it first"),
            ));
        }
        if let (Some(known), Some(new)) = (&known.reverse, &wanted.reverse)
            && (&known.namespace, &known.label) != (&new.namespace, &new.label)
        {
            let why = format!(
                "its reverse side is `{}.{}` already: rename or delete it first",
                known.namespace, known.label
            );
            return Err(contradiction(&wanted, &why));
        }
        self.change(known, &wanted, has_metadata);
        Ok(())
    }

    fn add_wanted(&mut self, wanted: &Attr) -> Result<(), Issue> {
        let namespace = wanted.forward.namespace.as_str();
        if !wanted.required || self.new.contains(namespace) {
            self.add(wanted);
            return Ok(());
        }
        // Entities may be there that lack it: that is found out after it has been added.
        let added = self.add(&Attr { required: false, ..wanted.clone() });
        if self.style.jobs {
            self.job("required", &added, None);
        } else {
            self.update(&added, Object::from_iter([("required?".to_owned(), true.into())]));
        }
        Ok(())
    }

    fn change(&mut self, known: &Attr, wanted: &Attr, has_metadata: bool) {
        let mut changed = Object::new();
        let mut put = |key: &str, value: Value| changed.insert(key.to_owned(), value);
        if known.cardinality != wanted.cardinality {
            put("cardinality", if wanted.is_many() { "many" } else { "one" }.into());
        }
        if wanted.is_link() && known.unique != wanted.unique {
            put("unique?", wanted.unique.into());
        }
        if has_metadata && known.metadata != wanted.metadata {
            put("metadata", wanted.metadata.clone().unwrap_or_default());
        }
        let mut jobs: Vec<(&str, Option<CheckedType>)> = Vec::new();
        if self.style.check_types && !known.is_link() && known.checked_type != wanted.checked_type {
            jobs.push(match wanted.checked_type {
                Some(checked) => ("check-data-type", Some(checked)),
                None => ("remove-data-type", None),
            });
        }
        let mut flag = |was: bool, is: bool, on: &'static str, off: &'static str| {
            if was != is {
                jobs.push((if is { on } else { off }, None));
            }
        };
        if !known.is_link() {
            flag(known.index, wanted.index, "index", "remove-index");
            flag(known.unique, wanted.unique, "unique", "remove-unique");
        }
        flag(known.required, wanted.required, "required", "remove-required");
        if !self.style.jobs {
            for (job, checked) in jobs.drain(..) {
                match job {
                    "check-data-type" | "remove-data-type" => {
                        put("checked-data-type", checked.map_or(Value::Null, |checked| checked.name().into()))
                    }
                    "index" | "remove-index" => put("index?", wanted.index.into()),
                    "unique" | "remove-unique" => put("unique?", wanted.unique.into()),
                    _ => put("required?", wanted.required.into()),
                };
            }
        }
        let cascades = |attr: &Attr| (attr.on_delete, attr.on_delete_reverse);
        if !changed.is_empty() || cascades(known) != cascades(wanted) {
            let attr = Attr {
                on_delete: wanted.on_delete,
                on_delete_reverse: wanted.on_delete_reverse,
                ..known.clone()
            };
            self.update(&attr, changed);
        }
        for (job, checked) in jobs {
            self.job(job, known, checked);
        }
    }

    /// Cascades are always said: left out, they would end.
    fn update(&mut self, attr: &Attr, changed: Object) {
        let json = attr.to_json();
        let mut payload = Object::new();
        for key in ["id", "forward-identity", "reverse-identity", "on-delete", "on-delete-reverse"] {
            if let Some(value) = json.get(key) {
                payload.insert(key.to_owned(), value.clone());
            }
        }
        payload.extend(changed);
        self.changes.push(json!(["update-attr", payload]));
    }

    fn job(&mut self, kind: &str, attr: &Attr, checked: Option<CheckedType>) {
        let identity = attr.to_json().remove("forward-identity").unwrap_or_default();
        let mut payload = Object::from_iter([
            ("attr-id".to_owned(), attr.id.as_str().into()),
            ("forward-identity".to_owned(), identity),
        ]);
        if let Some(checked) = checked {
            payload.insert("checked-data-type".to_owned(), checked.name().into());
        }
        self.changes.push(json!([kind, payload]));
    }
}

fn contradiction(wanted: &Attr, why: &str) -> Issue {
    issue(&[], format!("`{}` cannot be as the schema says: {why}.", wanted.name()))
}
