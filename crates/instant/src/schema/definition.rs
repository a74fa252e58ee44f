//! A schema as clients describe it: entities with their attrs, and links.

use std::collections::{BTreeMap, BTreeSet};

use ketch_model::attr::{
    Attr, Cardinality, CheckedType, Identity, has_custom_attrs, is_reserved, system_attr,
};
use ketch_model::{Object, Value};

use crate::invalid::{Expected, Invalid, Issue, Step as Place};

/// How many attrs and links a definition may have: its transaction keeps everybody else waiting.
const ATTRS_MAX: usize = 2000;

/// What a schema should hold at least. Nothing of it has an id yet.
#[derive(Debug, Clone)]
pub struct Definition {
    /// Namespaces in their order, without the server's own.
    pub(super) namespaces: Vec<String>,
    /// Attrs with empty ids; the system's are left out.
    pub(super) attrs: Vec<Attr>,
    /// Whether a namespace's JSON said something of an attr's metadata.
    pub(super) with_metadata: BTreeSet<(String, String)>,
}

type Parsed<T> = Result<T, Issue>;

impl Definition {
    /// Reads what `i.schema(…)` serialises to.
    ///
    /// # Errors
    /// `validation-failed` of the data type `schema`, with the first thing that does not hold.
    pub fn parse(input: &Value) -> Result<Self, Invalid> {
        // The whole of a large schema in an error would be of no use to anybody.
        let invalid = |issue: Issue| Invalid { data_type: "schema", input: Value::Null, issues: vec![issue] };
        read(input).map_err(invalid)
    }
}

fn read(input: &Value) -> Parsed<Definition> {
    let object = object(input, "a schema", &[])?;
    let mut definition =
        Definition { namespaces: Vec::new(), attrs: Vec::new(), with_metadata: BTreeSet::new() };
    if let Some(entities) = object.get("entities").filter(|entities| !entities.is_null()) {
        for (namespace, entity) in self::object(entities, "`entities`", &["entities"])? {
            entity_attrs(&mut definition, namespace, entity)?;
        }
    }
    if let Some(links) = object.get("links").filter(|links| !links.is_null()) {
        for (name, link) in self::object(links, "`links`", &["links"])? {
            definition.attrs.extend(read_link(name, link)?);
        }
    }
    if definition.attrs.len() > ATTRS_MAX {
        let message = format!(
            "The schema has {} attrs and links; up to {ATTRS_MAX} can be pushed at once. Push it in parts: nothing is deleted because a push lacks it.",
            definition.attrs.len()
        );
        return Err(issue(&[], message));
    }
    check_names(&definition)?;
    Ok(definition)
}

fn entity_attrs(definition: &mut Definition, namespace: &str, entity: &Value) -> Parsed<()> {
    let place = ["entities", namespace];
    let entity = object(entity, "An entity", &place)?;
    let is_own = is_reserved(namespace);
    if !is_own {
        definition.namespaces.push(namespace.to_owned());
    }
    let none = Object::new();
    let attrs = match entity.get("attrs") {
        None | Some(Value::Null) => &none,
        Some(attrs) => object(attrs, "`attrs`", &place)?,
    };
    for (label, described) in attrs {
        if label == "id" || (is_own && system_attr(namespace, label).is_some()) {
            continue;
        }
        let place = ["entities", namespace, "attrs", label];
        if is_own && !has_custom_attrs(namespace) {
            let message = format!("`{namespace}` is reserved: no attrs can be added to it.");
            return Err(issue(&place, message));
        }
        let described = object(described, "An attr", &place)?;
        if described.contains_key("metadata") {
            definition.with_metadata.insert((namespace.to_owned(), label.clone()));
        }
        definition.attrs.push(read_attr(namespace, label, described)?);
    }
    Ok(())
}

fn read_attr(namespace: &str, label: &str, described: &Object) -> Parsed<Attr> {
    let place = ["entities", namespace, "attrs", label];
    let checked_type = match described.get("valueType").and_then(Value::as_str) {
        Some("json" | "any") => None,
        Some(name) if CheckedType::from_name(name).is_some() => CheckedType::from_name(name),
        other => {
            let message = format!(
                "`{namespace}.{label}` has the value type {:?}: string, number, boolean, date, json and any are known.",
                other.unwrap_or_default()
            );
            return Err(issue(&place, message));
        }
    };
    let none = Object::new();
    let config = match described.get("config") {
        None | Some(Value::Null) => &none,
        Some(config) => object(config, "`config`", &place)?,
    };
    let attr = Attr {
        checked_type,
        unique: flag(config, "unique", &place)?,
        index: flag(config, "indexed", &place)? || flag(described, "isIndexed", &place)?,
        required: flag(described, "required", &place)?,
        metadata: described.get("metadata").filter(|metadata| !metadata.is_null()).cloned(),
        ..Attr::blob("", Identity::new("", namespace, label))
    };
    if attr.required && is_reserved(namespace) {
        return Err(issue(
            &place,
            format!("`{namespace}.{label}` cannot be required: `{namespace}` is the server's."),
        ));
    }
    Ok(attr)
}

/// One side of a link.
struct Side {
    identity: Identity,
    has_one: bool,
    required: bool,
    cascades: bool,
}

/// The link as an attr; `None` for one of the system's own.
fn read_link(name: &str, link: &Value) -> Parsed<Option<Attr>> {
    let link = object(link, "A link", &["links", name])?;
    let forward = read_side(name, link, "forward")?;
    let reverse = read_side(name, link, "reverse")?;
    if system_attr(&forward.identity.namespace, &forward.identity.label).is_some_and(|attr| attr.is_link()) {
        return Ok(None);
    }
    for (side, what, other) in [(&forward, "forward", "reverse"), (&reverse, "reverse", "forward")] {
        if side.cascades && !side.has_one {
            let message = format!(
                "The link `{name}` cannot cascade: `{what}.onDelete` needs `{what}.has` to be one, so that the {other} side owns it."
            );
            return Err(issue(&["links", name, what, "onDelete"], message));
        }
    }
    if reverse.required {
        let message = format!("The link `{name}` can only be required on its forward side.");
        return Err(issue(&["links", name, "reverse", "required"], message));
    }
    if forward.required && is_reserved(&forward.identity.namespace) {
        let message = format!("The link `{name}` cannot be required: its forward side is the server's.");
        return Err(issue(&["links", name, "forward", "required"], message));
    }
    Ok(Some(Attr {
        cardinality: if forward.has_one { Cardinality::One } else { Cardinality::Many },
        unique: reverse.has_one,
        required: forward.required,
        on_delete: forward.cascades,
        on_delete_reverse: reverse.cascades,
        ..Attr::link("", forward.identity, reverse.identity)
    }))
}

fn read_side(name: &str, link: &Object, side: &str) -> Parsed<Side> {
    let place = ["links", name, side];
    let missing = Value::Null;
    let object = object(link.get(side).unwrap_or(&missing), &format!("The {side} side of a link"), &place)?;
    let text = |key: &str| match object.get(key) {
        Some(Value::String(text)) => Ok(text.as_str()),
        _ => Err(issue(&place, format!("`{key}` of the {side} side of the link `{name}` must be a text."))),
    };
    let has_one = match text("has")? {
        "one" => true,
        "many" => false,
        other => {
            return Err(issue(
                &place,
                format!("`has` of the link `{name}` must be one or many, not {other:?}."),
            ));
        }
    };
    let cascades = match object.get("onDelete") {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) if text == "cascade" => true,
        Some(other) => {
            let message =
                format!("`onDelete` of the link `{name}` must be \"cascade\" or left out, not {other}.");
            return Err(issue(&place, message));
        }
    };
    Ok(Side {
        identity: Identity::new("", text("on")?, text("label")?),
        has_one,
        required: flag(object, "required", &place)?,
        cascades,
    })
}

/// One label means one thing in a namespace.
fn check_names(definition: &Definition) -> Parsed<()> {
    let mut seen: BTreeMap<(&str, &str), &Attr> = BTreeMap::new();
    for attr in &definition.attrs {
        let reverse = attr.reverse.as_ref();
        for identity in [Some(&attr.forward), reverse].into_iter().flatten() {
            let Some(other) = seen.insert((&identity.namespace, &identity.label), attr) else { continue };
            let is_turned = other.reverse.as_ref() == Some(&attr.forward) && reverse == Some(&other.forward);
            let message = if is_turned && other.name() != attr.name() {
                format!(
                    "The link between `{}` and `{}` is there twice, once in each direction: leave one out.",
                    other.name(),
                    attr.name()
                )
            } else {
                format!(
                    "`{}` has the label `{}` twice: each attr and each side of a link needs a label of its own.",
                    identity.namespace, identity.label
                )
            };
            return Err(issue(&[], message));
        }
    }
    Ok(())
}

fn object<'a>(value: &'a Value, what: &str, place: &[&str]) -> Parsed<&'a Object> {
    value.as_object().ok_or_else(|| issue(place, format!("{what} must be an object.")))
}

fn flag(object: &Object, key: &str, place: &[&str]) -> Parsed<bool> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(other) => Err(issue(place, format!("`{key}` must be true or false, not {other}."))),
    }
}

/// Something wrong at a place of the schema.
pub(super) fn issue(place: &[&str], message: String) -> Issue {
    let path = ["schema"].iter().chain(place).map(|key| Place::from(*key)).collect();
    Issue { expected: Expected::Shape("schema?"), path, message }
}
