//! Attrs that steps name and nobody has: they are made, in the same transaction.

use std::collections::HashSet;

use ketch_model::Value;
use ketch_model::attr::{Attr, Cardinality, Identity, InferredTypes, random_uuid};
use ketch_model::collection::{AttrEntry, Direction};
use ketch_records::Transaction;
use serde_json::json;

use super::failure::{Failure, refusal};
use super::step::{AttrName, EntityRef, Step};
use crate::error::{Error, Kind};

/// Makes what is missing. Answers the attrs that were made.
///
/// # Errors
/// With `strict`, a validation error that names everything missing.
pub(super) fn complete(
    transaction: &mut Transaction<'_>,
    steps: &[Step],
    strict: bool,
) -> Result<Vec<Attr>, Failure> {
    let mut missing = Missing::default();
    let mut absent = Vec::new();
    for wanted in steps.iter().flat_map(wanted) {
        if transaction.schema().attrs().find(wanted.namespace, wanted.label).is_some() {
            let unplaced = unplaced(transaction, &wanted);
            if let Some(id) = unplaced {
                transaction.place_system_attr(&id).map_err(|error| refusal(transaction.schema(), error))?;
            }
        } else if strict {
            absent.push(format!("{}.{}", wanted.namespace, wanted.label));
        } else {
            missing.note(transaction, &wanted);
        }
    }
    if !absent.is_empty() {
        absent.dedup();
        return Err(absence(absent).into());
    }
    if missing.attrs.is_empty() {
        return Ok(Vec::new());
    }
    let added: Vec<&Attr> = missing.attrs.iter().collect();
    transaction.add_attrs(&added).map_err(|error| refusal(transaction.schema(), error))?;
    let attrs = transaction.schema().attrs();
    let made = missing.attrs.iter().filter_map(|attr| attrs.by_id(&attr.id));
    Ok(made.map(|entry| Attr::clone(&entry.attr)).collect())
}

/// A label that a step names in a namespace.
struct Wanted<'a> {
    namespace: &'a str,
    label: &'a str,
    /// What would be made of it.
    form: Form<'a>,
}

enum Form<'a> {
    Blob(&'a Value),
    Link,
    /// A blob to look entities up by.
    UniqueBlob,
    /// A link to one, to look entities up by.
    UniqueLink,
}

fn wanted(step: &Step) -> Vec<Wanted<'_>> {
    let mut all = Vec::new();
    match step {
        Step::Write { namespace, entity, values, .. } | Step::Merge { namespace, entity, values, .. } => {
            all.push(Wanted { namespace, label: "id", form: Form::Blob(&Value::Null) });
            all.extend(looked_up(namespace, entity));
            for (label, value) in values.iter().filter(|(label, _)| *label != "id") {
                all.push(Wanted { namespace, label, form: Form::Blob(value) });
            }
        }
        Step::Link { namespace, entity, links } | Step::Unlink { namespace, entity, links } => {
            all.extend(looked_up(namespace, entity));
            all.extend(links.iter().map(|(label, _)| Wanted { namespace, label, form: Form::Link }));
        }
        Step::Delete { namespace, entity } => all.extend(looked_up(namespace, entity)),
        Step::RuleParams { .. }
        | Step::AddAttr(_)
        | Step::UpdateAttr(_)
        | Step::DeleteAttr(_)
        | Step::RestoreAttr(_)
        | Step::Triple(_) => {}
    }
    all
}

fn looked_up<'a>(namespace: &'a str, entity: &'a EntityRef) -> Option<Wanted<'a>> {
    let EntityRef::Lookup { attr: AttrName::Label(label), .. } = entity else { return None };
    Some(match label.split_once('.') {
        Some((link, _)) => Wanted { namespace, label: link, form: Form::UniqueLink },
        None => Wanted { namespace, label, form: Form::UniqueBlob },
    })
}

/// The id of a system attr that has no field yet.
fn unplaced(transaction: &Transaction<'_>, wanted: &Wanted<'_>) -> Option<String> {
    let attrs = transaction.schema().attrs();
    let (entry, _) = attrs.find(wanted.namespace, wanted.label)?;
    entry.place.is_none().then(|| entry.attr.id.clone())
}

/// Attrs that are going to be made, all at once.
#[derive(Default)]
struct Missing {
    attrs: Vec<Attr>,
    /// Namespaces and labels of them.
    names: HashSet<(String, String)>,
}

impl Missing {
    /// Notes an attr, behind the `id` of its namespace.
    fn note(&mut self, transaction: &Transaction<'_>, wanted: &Wanted<'_>) {
        let Wanted { namespace, label, .. } = *wanted;
        if self.has(namespace, label) {
            return;
        }
        let attrs = transaction.schema().attrs();
        if label != "id" && attrs.find(namespace, "id").is_none() && !self.has(namespace, "id") {
            self.push(id_attr(namespace));
        }
        let identity = |namespace: &str, label: &str| Identity::new(random_uuid(), namespace, label);
        let forward = identity(namespace, label);
        self.push(match wanted.form {
            Form::Blob(_) if label == "id" => id_attr(namespace),
            Form::Blob(value) => {
                let types = InferredTypes::of(value);
                let inferred_types = (!types.is_empty()).then_some(types);
                Attr { inferred_types, ..Attr::blob(random_uuid(), forward) }
            }
            Form::UniqueBlob => Attr { unique: true, index: true, ..Attr::blob(random_uuid(), forward) },
            // The target is taken to be called like the label.
            Form::Link => Attr::link(random_uuid(), forward, identity(label, namespace)),
            Form::UniqueLink => Attr {
                cardinality: Cardinality::One,
                unique: true,
                index: true,
                ..Attr::link(random_uuid(), forward, identity(label, namespace))
            },
        });
    }

    fn has(&self, namespace: &str, label: &str) -> bool {
        self.names.contains(&(namespace.to_owned(), label.to_owned()))
    }

    fn push(&mut self, attr: Attr) {
        let reverse = attr.reverse.as_ref();
        for identity in [Some(&attr.forward), reverse].into_iter().flatten() {
            self.names.insert((identity.namespace.clone(), identity.label.clone()));
        }
        self.attrs.push(attr);
    }
}

fn id_attr(namespace: &str) -> Attr {
    let forward = Identity::new(random_uuid(), namespace, "id");
    Attr { unique: true, ..Attr::blob(random_uuid(), forward) }
}

fn absence(names: Vec<String>) -> Error {
    let message = format!("Attributes are missing in your schema: {}", names.join(", "));
    let hint = json!({
        "data-type": "steps",
        "input": null,
        "errors": [{ "message": message, "hint": { "attributes": names } }],
    });
    Error::new(Kind::ValidationFailed, format!("Validation failed for steps: {message}"), hint)
}

/// The attr of a name, from either side.
pub(super) fn find(
    transaction: &Transaction<'_>,
    namespace: &str,
    label: &str,
) -> Result<(AttrEntry, Direction), Failure> {
    let found = transaction.schema().attrs().find(namespace, label);
    found.map(|(entry, direction)| (entry.clone(), direction)).ok_or_else(|| {
        let message = format!("There is no attribute `{label}` on `{namespace}`.");
        Failure::Failed(Error::validation("tx-step", &Value::Null, &message))
    })
}

/// The attr of an id.
pub(super) fn by_id(transaction: &Transaction<'_>, id: &str) -> Result<AttrEntry, Failure> {
    transaction.schema().attrs().by_id(id).cloned().ok_or_else(|| {
        let message = format!("Raised Exception: There is no attribute with the id {id}.");
        Failure::Failed(Error::new(Kind::SqlRaise, message, json!({ "attr-id": id })))
    })
}
