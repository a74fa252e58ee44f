//! The schema as clients read it.

use ketch_model::attr::{Attr, Catalog, FILES, STREAMS, USERS, is_reserved};
use ketch_model::{Object, Schema, Value, json};

/// System labels that only the server has a use for.
const HIDDEN: [(&str, &str); 7] = [
    (FILES, "content-type"),
    (FILES, "content-disposition"),
    (FILES, "size"),
    (FILES, "location-id"),
    (FILES, "key-version"),
    (STREAMS, "machineId"),
    (STREAMS, "hashedReconnectToken"),
];

/// How links are keyed. Clients sort by the key and read nothing out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// `["comments" "post" "posts" "comments"]`
    Vector,
    /// `comments-post-posts-comments`
    Hyphens,
}

/// `{"refs": …, "blobs": {namespace: {label: attr}}}`, without the server's own parts.
pub(super) fn schema_json(schema: &Schema, keys: Keys) -> Value {
    let shown = schema.attrs().iter().map(|entry| &*entry.attr).filter(|attr| is_shown(attr));
    described(shown.map(|attr| (attr, attr_json(attr))), keys)
}

/// All attrs, the system's too.
pub(super) fn attrs_json(schema: &Schema) -> Value {
    schema.attrs().iter().map(|entry| Value::Object(entry.attr.to_json())).collect()
}

/// Attrs with their JSON, sorted into links and values.
pub(super) fn described<'a>(attrs: impl Iterator<Item = (&'a Attr, Value)>, keys: Keys) -> Value {
    let (mut refs, mut blobs) = (Object::new(), Object::new());
    for (attr, json) in attrs {
        match attr.reverse.as_ref().filter(|_| attr.is_link()) {
            Some(reverse) => {
                let forward = &attr.forward;
                let names = [&*forward.namespace, &*forward.label, &*reverse.namespace, &*reverse.label];
                refs.insert(key(names, keys), json);
            }
            None => {
                let labels =
                    blobs.entry(attr.forward.namespace.clone()).or_insert_with(|| Object::new().into());
                labels[attr.forward.label.as_str()] = json;
            }
        }
    }
    Value::Object(Object::from_iter([("refs".to_owned(), refs.into()), ("blobs".to_owned(), blobs.into())]))
}

fn key(names: [&str; 4], keys: Keys) -> String {
    match keys {
        Keys::Hyphens => names.join("-"),
        Keys::Vector => format!("[{}]", names.map(|name| json::to_text(&name.into())).join(" ")),
    }
}

fn is_shown(attr: &Attr) -> bool {
    let is_open = |namespace: &str| !is_reserved(namespace) || matches!(namespace, USERS | FILES | STREAMS);
    let is_hidden = attr.catalog == Catalog::System
        && HIDDEN.contains(&(attr.forward.namespace.as_str(), attr.forward.label.as_str()));
    is_open(&attr.forward.namespace)
        && attr.reverse.as_ref().is_none_or(|reverse| is_open(&reverse.namespace))
        && !is_hidden
}

fn attr_json(attr: &Attr) -> Value {
    let mut json = attr.to_json();
    // A file has an address, though nobody writes it.
    if attr.forward.namespace == FILES && attr.forward.label == "url" {
        json.insert("required?".to_owned(), true.into());
    }
    Value::Object(json)
}
