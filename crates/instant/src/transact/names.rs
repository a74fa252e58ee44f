//! Attrs that steps name and nobody has: they are made, in the same transaction.

use ketch_model::Value;
use ketch_model::attr::{Attr, Identity, InferredTypes, random_uuid};
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
    let mut missing = Vec::new();
    for wanted in steps.iter().flat_map(wanted) {
        if transaction.schema().attrs().find(wanted.namespace, wanted.label).is_some() {
            let unplaced = unplaced(transaction, &wanted);
            if let Some(id) = unplaced {
                transaction.place_system_attr(&id).map_err(|error| refusal(transaction.schema(), error))?;
            }
            continue;
        }
        if strict {
            missing.push(format!("{}.{}", wanted.namespace, wanted.label));
            continue;
        }
        missing.extend(make(transaction, &wanted)?);
    }
    if strict {
        missing.dedup();
        return if missing.is_empty() { Ok(Vec::new()) } else { Err(absent(missing).into()) };
    }
    let attrs = transaction.schema().attrs();
    Ok(missing.iter().filter_map(|id| attrs.by_id(id)).map(|entry| Attr::clone(&entry.attr)).collect())
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

/// Makes an attr, after the `id` of its namespace; answers the ids of those that are new.
fn make(transaction: &mut Transaction<'_>, wanted: &Wanted<'_>) -> Result<Vec<String>, Failure> {
    let Wanted { namespace, label, .. } = *wanted;
    let mut made = Vec::new();
    if label != "id" && transaction.schema().attrs().find(namespace, "id").is_none() {
        made.push(add(transaction, &id_attr(namespace))?.attr.id.clone());
    }
    let identity = |namespace: &str, label: &str| Identity::new(random_uuid(), namespace, label);
    let forward = identity(namespace, label);
    let attr = match wanted.form {
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
            cardinality: ketch_model::attr::Cardinality::One,
            unique: true,
            index: true,
            ..Attr::link(random_uuid(), forward, identity(label, namespace))
        },
    };
    made.push(add(transaction, &attr)?.attr.id.clone());
    Ok(made)
}

fn id_attr(namespace: &str) -> Attr {
    let forward = Identity::new(random_uuid(), namespace, "id");
    Attr { unique: true, ..Attr::blob(random_uuid(), forward) }
}

fn add(transaction: &mut Transaction<'_>, attr: &Attr) -> Result<AttrEntry, Failure> {
    transaction.add_attr(attr).map_err(|error| refusal(transaction.schema(), error))
}

fn absent(names: Vec<String>) -> Error {
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
