//! An attr's JSON on the wire.

use super::definition::{Attr, Cardinality, Catalog, CheckedType, Identity, InferredTypes, ValueType};
use super::ids::is_uuid;
use crate::{Object, Value};

impl Attr {
    /// The JSON that clients get; keys that say nothing are left out.
    pub fn to_json(&self) -> Object {
        let mut object = Object::new();
        let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
        put("id", self.id.clone().into());
        put("value-type", if self.is_link() { "ref" } else { "blob" }.into());
        put("cardinality", if self.is_many() { "many" } else { "one" }.into());
        put("forward-identity", identity_json(&self.forward));
        if let Some(reverse) = &self.reverse {
            put("reverse-identity", identity_json(reverse));
        }
        put("unique?", self.unique.into());
        put("index?", self.index.into());
        put("required?", self.required.into());
        let inferred = self.inferred_types.filter(|types| !types.is_empty());
        put("inferred-types", inferred.map_or(Value::Null, |types| types.names().collect::<Vec<_>>().into()));
        put("catalog", if self.catalog == Catalog::System { "system" } else { "user" }.into());
        if self.on_delete {
            put("on-delete", "cascade".into());
        }
        if self.on_delete_reverse {
            put("on-delete-reverse", "cascade".into());
        }
        if let Some(checked) = self.checked_type {
            put("checked-data-type", checked.name().into());
        }
        if let Some(deleted) = &self.deleted {
            put("deletion-marked-at", deleted.clone().into());
        }
        if let Some(metadata) = &self.metadata {
            put("metadata", metadata.clone());
        }
        object
    }

    /// Reads a client's attr. Flags may be null, unknown keys are passed over, and a client cannot
    /// make an attr the system's. The error is one sentence.
    pub fn from_json(object: &Object) -> Result<Self, String> {
        let id = uuid(object, "id")?;
        let forward = identity(object, "forward-identity")?.ok_or("\"forward-identity\" is missing")?;
        let reverse = identity(object, "reverse-identity")?;
        let value_type = match object.get("value-type").and_then(Value::as_str) {
            Some("blob") => ValueType::Blob,
            Some("ref") => ValueType::Ref,
            _ => return Err("\"value-type\" must be \"blob\" or \"ref\"".to_owned()),
        };
        if value_type == ValueType::Ref && reverse.is_none() {
            return Err("\"reverse-identity\" is missing: a link needs a name on both sides".to_owned());
        }
        let attr = Self {
            value_type,
            reverse: reverse.filter(|_| value_type == ValueType::Ref),
            ..Self::blob(id, forward)
        };
        attr.changed(object)
    }

    /// The attr as a client's partial JSON (`update-attr`) makes it. Keys that are left out stay as
    /// they are, except `on-delete` and `on-delete-reverse`, which end; the id and the value type
    /// cannot change. The error is one sentence.
    pub fn changed(&self, object: &Object) -> Result<Self, String> {
        let mut attr = self.clone();
        if let Some(forward) = identity(object, "forward-identity")? {
            attr.forward = forward;
        }
        if let Some(reverse) = identity(object, "reverse-identity")?
            && attr.is_link()
        {
            attr.reverse = Some(reverse);
        }
        match object.get("cardinality").and_then(Value::as_str) {
            Some("one") => attr.cardinality = Cardinality::One,
            Some("many") if attr.is_link() => attr.cardinality = Cardinality::Many,
            Some("many") => return Err("a \"blob\" has cardinality \"one\"".to_owned()),
            Some(other) => return Err(format!("\"cardinality\" must be \"one\" or \"many\", not {other:?}")),
            None => {}
        }
        set_flag(object, "unique?", &mut attr.unique)?;
        set_flag(object, "index?", &mut attr.index)?;
        set_flag(object, "required?", &mut attr.required)?;
        if let Some(Value::Array(names)) = object.get("inferred-types") {
            attr.inferred_types = Some(InferredTypes::from_names(names.iter().filter_map(Value::as_str)));
        }
        attr.on_delete = cascades(object, "on-delete")?;
        attr.on_delete_reverse = cascades(object, "on-delete-reverse")?;
        match object.get("checked-data-type") {
            None => {}
            Some(Value::Null) => attr.checked_type = None,
            Some(name) => {
                let checked = name.as_str().and_then(CheckedType::from_name);
                attr.checked_type = Some(checked.ok_or_else(|| {
                    format!("\"checked-data-type\" must be string, number, boolean or date, not {name}")
                })?);
            }
        }
        if let Some(metadata) = object.get("metadata") {
            attr.metadata = Some(metadata.clone()).filter(|metadata| !metadata.is_null());
        }
        Ok(attr)
    }
}

fn identity_json(identity: &Identity) -> Value {
    vec![identity.id.as_str(), &identity.namespace, &identity.label].into()
}

fn uuid(object: &Object, key: &str) -> Result<String, String> {
    match object.get(key).and_then(Value::as_str) {
        Some(text) if is_uuid(text) => Ok(text.to_ascii_lowercase()),
        _ => Err(format!("{key:?} must be a uuid")),
    }
}

fn identity(object: &Object, key: &str) -> Result<Option<Identity>, String> {
    let parts = match object.get(key) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(parts)) => parts,
        Some(_) => return Err(format!("{key:?} must be [id, namespace, label]")),
    };
    let texts: Vec<&str> = parts.iter().filter_map(Value::as_str).collect();
    match texts.as_slice() {
        [id, namespace, label] if parts.len() == 3 && is_uuid(id) => {
            Ok(Some(Identity::new(id.to_ascii_lowercase(), *namespace, *label)))
        }
        _ => Err(format!("{key:?} must be [id, namespace, label], its id a uuid")),
    }
}

fn set_flag(object: &Object, key: &str, flag: &mut bool) -> Result<(), String> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(()),
        Some(Value::Bool(value)) => {
            *flag = *value;
            Ok(())
        }
        Some(other) => Err(format!("{key:?} must be true or false, not {other}")),
    }
}

fn cascades(object: &Object, key: &str) -> Result<bool, String> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(false),
        Some(Value::String(text)) if text == "cascade" => Ok(true),
        Some(other) => Err(format!("{key:?} must be \"cascade\" or left out, not {other}")),
    }
}
