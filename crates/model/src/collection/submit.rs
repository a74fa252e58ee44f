//! From submitted JSON to a collection: decoding, defaults, and what the server fills in by itself.

use super::auth::AuthOptions;
use super::defaults::token_secret;
use super::definition::{Collection, CollectionKind};
use super::schema::Schema;
use super::{field_list, scaffold};
use crate::document::{Document, Keys, mismatch};
use crate::error::Error;
use crate::fields::Field;
use crate::{Object, Value, ids, time};

/// Answered where the name or the type of a new collection has the wrong JSON type.
const BAD_HEAD: &str = "Failed to load the collection type data due to invalid formatting.";
/// Answered where any other key has.
const BAD_BODY: &str = "Failed to load the submitted data due to invalid formatting.";

impl Collection {
    /// Reads a new collection (`before` is none: defaults of its type are merged under) or a partial
    /// update: absent keys keep their value, nested objects merge, `fields` and `indexes` replace
    /// the lists, OAuth2 providers merge by name.
    ///
    /// Fills ids, system fields and needed indexes and sets `updated`. The result is not validated yet
    /// and the fields of a view are those of `before`. The error is ready to be answered.
    pub fn from_submitted(
        object: &Object,
        before: Option<&Collection>,
        schema: &Schema,
    ) -> Result<Collection, Error> {
        let mut collection = match before {
            Some(before) => before.clone(),
            None => start(object, schema)?,
        };
        merge(&mut collection, object, before.is_some())
            .map_err(|cause| Error::bad_request(BAD_BODY).with_cause(cause))?;
        match before {
            Some(before) if before.id != collection.id => return Err(Error::not_found("")),
            Some(before) => rotate_auth_secret(&mut collection, before),
            None if collection.id.is_empty() => {
                collection.id = free_id(collection.type_name(), &collection.name, schema);
            }
            None => {}
        }
        collection.complete();
        collection.updated = time::now();
        if before.is_none() {
            collection.created.clone_from(&collection.updated);
        }
        Ok(collection)
    }

    /// Restores what a collection always has: system fields, the indexes that sign-in needs, and the
    /// options that superusers cannot choose. Must follow changes that come from outside.
    pub fn complete(&mut self) {
        scaffold::ensure_system_fields(self);
        let is_superusers = self.is_superusers();
        let Self { kind, fields, .. } = self;
        if let CollectionKind::Auth(options) = kind {
            forget_missing_targets(options, fields);
            if is_superusers {
                restrict_superusers(options);
            }
        }
        let id = self.id.clone();
        scaffold::ensure_auth_indexes(self, &id);
        if !self.is_view() {
            scaffold::adopt_indexes(self);
        }
        self.index_fields();
    }
}

/// A new collection of the submitted type and name. These two keys match in any letter case.
fn start(object: &Object, schema: &Schema) -> Result<Collection, Error> {
    let bad = |cause: String| Error::bad_request(BAD_HEAD).with_cause(cause);
    let type_name = head_text(object, "type").map_err(bad)?;
    let name = head_text(object, "name").map_err(bad)?;
    let (kind, refused_type) = match type_name.as_str() {
        "" | "base" => (CollectionKind::Base, None),
        "auth" => (CollectionKind::auth(), None),
        "view" => (CollectionKind::view(), None),
        _ => (CollectionKind::Base, Some(type_name)),
    };
    let mut collection = Collection::blank(kind);
    collection.id = free_id(collection.type_name(), &name, schema);
    collection.name = name;
    collection.refused_type = refused_type;
    // The names of these indexes keep the default id even where another id is submitted.
    let id = collection.id.clone();
    scaffold::ensure_auth_indexes(&mut collection, &id);
    Ok(collection)
}

fn head_text(object: &Object, key: &str) -> Result<String, String> {
    let mut spellings = object.iter().filter(|(name, _)| name.eq_ignore_ascii_case(key));
    let value = spellings.next().map_or(&Value::Null, |(_, value)| value);
    if spellings.next().is_some() {
        return Err(format!("the key \"{key}\" is there twice"));
    }
    let mut text = String::new();
    text.merge(value, Keys::Exact).map_err(|error| format!("{key}: {error}"))?;
    Ok(text)
}

/// The default id of a new collection, with a counter from 2 if it is taken.
fn free_id(type_name: &str, name: &str, schema: &Schema) -> String {
    let first = ids::checksum_id("pbc_", &format!("{type_name}{name}"));
    if schema.by_id(&first).is_none() {
        return first;
    }
    let mut numbered = (2..).map(|counter: u32| format!("{first}{counter}"));
    numbered.find(|id| schema.by_id(id).is_none()).unwrap_or(first)
}

/// Merges every key of the JSON; keys of other types than the collection's own are read and forgotten.
fn merge(collection: &mut Collection, object: &Object, is_update: bool) -> Result<(), String> {
    let mut reader = Reader { object };
    reader.merge("id", &mut collection.id)?;
    reader.merge("name", &mut collection.name)?;
    reader.merge("system", &mut collection.system)?;
    reader.merge("listRule", &mut collection.list_rule)?;
    reader.merge("viewRule", &mut collection.view_rule)?;
    reader.merge("createRule", &mut collection.create_rule)?;
    reader.merge("updateRule", &mut collection.update_rule)?;
    reader.merge("deleteRule", &mut collection.delete_rule)?;
    reader.merge("indexes", &mut collection.indexes)?;
    let (mut created, mut updated, mut type_name) = (String::new(), String::new(), String::new());
    reader.merge("created", &mut created)?;
    reader.merge("updated", &mut updated)?;
    reader.merge("type", &mut type_name)?;
    if is_update {
        if object.contains_key("created") {
            collection.created = time::parse_date(&created);
        }
        collection.refused_type =
            (!type_name.is_empty() && type_name != collection.type_name()).then_some(type_name);
    }
    if let Some(value) = object.get("fields") {
        let mut fields = fields(value)?;
        field_list::keep_attrs(&mut fields, &collection.fields);
        // A view's fields follow from its query alone.
        if !collection.is_view() {
            collection.fields = fields;
        }
    }
    let submitted = Value::Object(object.clone());
    let (mut other_query, mut other_auth) = (String::new(), AuthOptions::default());
    let (query, auth) = match &mut collection.kind {
        CollectionKind::Base => (&mut other_query, &mut other_auth),
        CollectionKind::Auth(auth) => (&mut other_query, &mut **auth),
        CollectionKind::View { query } => (query, &mut other_auth),
    };
    reader.merge("viewQuery", query)?;
    auth.merge(&submitted, Keys::Exact)
}

struct Reader<'a> {
    object: &'a Object,
}

impl Reader<'_> {
    fn merge(&mut self, key: &str, target: &mut impl Document) -> Result<(), String> {
        match self.object.get(key) {
            Some(value) => target.merge(value, Keys::Exact).map_err(|error| format!("{key}: {error}")),
            None => Ok(()),
        }
    }
}

fn fields(value: &Value) -> Result<Vec<Field>, String> {
    let items = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Array(items) => items,
        other => return Err(format!("fields: {}", mismatch("an array", other))),
    };
    let mut fields = Vec::with_capacity(items.len());
    for item in items {
        let Value::Object(object) = item else {
            return Err(format!("fields: {}", mismatch("an object", item)));
        };
        field_list::add(&mut fields, Field::from_json(object)?);
    }
    Ok(fields)
}

/// A changed condition for signing in ends every session.
fn rotate_auth_secret(collection: &mut Collection, before: &Collection) {
    let old_rule =
        before.auth().and_then(|options| options.auth_rule.as_deref()).unwrap_or_default().to_owned();
    if let CollectionKind::Auth(options) = &mut collection.kind
        && options.auth_rule.as_deref().unwrap_or_default() != old_rule
    {
        options.auth_token.secret = token_secret();
    }
}

/// Provider data has nowhere to go when its field is gone.
fn forget_missing_targets(options: &mut AuthOptions, fields: &[Field]) {
    let mapped = &mut options.oauth2.mapped_fields;
    for target in [&mut mapped.id, &mut mapped.name, &mut mapped.username, &mut mapped.avatar_url] {
        if !fields.iter().any(|field| field.name == *target) {
            target.clear();
        }
    }
}

/// Superusers always have a password, never an outside provider, and a one-time password alone is not enough.
fn restrict_superusers(options: &mut AuthOptions) {
    options.password_auth.enabled = true;
    options.oauth2.enabled = false;
    options.oauth2.providers.clear();
    if options.otp.enabled {
        options.mfa.enabled = true;
    }
}
