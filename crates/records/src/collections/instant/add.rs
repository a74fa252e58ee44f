//! New namespaces and attrs.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use ketch_model::attr::{Attr, Catalog, FILES, STREAMS, is_reserved, system_attr};
use ketch_model::collection::{AttrEntry, InstantProperties};
use ketch_model::{Collection, CollectionKind, Field, Schema, time};
use ketch_store::{Connection, sql};

use super::fields;
use super::names::{self, refused};
use crate::collections::draft::Draft;
use crate::collections::save::{self, Checked};
use crate::transaction_error::TransactionError;

/// How many fields a collection can have. An engine has a limit of its own, which is higher.
const FIELDS_MAX: usize = 1000;

/// The collection of a namespace, made if it is missing. It has no `id` attr before one is added.
pub(crate) fn create_collection(
    connection: &mut dyn Connection,
    draft: &mut Draft,
    namespace: &str,
) -> Result<Arc<Collection>, TransactionError> {
    if let Some(collection) = draft.schema().attrs().collection(namespace) {
        return Ok(collection.clone());
    }
    let collection = blank(draft.schema(), namespace)?;
    store(connection, draft, None, collection)
}

/// The collection of a namespace that has none, before it is stored.
fn blank(schema: &Schema, namespace: &str) -> Result<Collection, TransactionError> {
    names::check_namespace(namespace)?;
    let mut collection = Collection::blank(CollectionKind::Base);
    if is_reserved(namespace) {
        complete_reserved(&mut collection, namespace)?;
    } else {
        collection.name = names::collection_name(schema, namespace);
        let namespace = (collection.name != namespace).then(|| namespace.to_owned());
        collection.instant = Some(InstantProperties { namespace });
        collection.fields = vec![fields::id_field(), fields::created_field()];
    }
    collection.id = names::collection_id(schema, &collection.name);
    collection.created = time::now();
    collection.updated.clone_from(&collection.created);
    collection.index_fields();
    Ok(collection)
}

/// The server's own namespaces of which records are kept as everywhere.
fn complete_reserved(collection: &mut Collection, namespace: &str) -> Result<(), TransactionError> {
    if !matches!(namespace, FILES | STREAMS) {
        return Err(refused(format!("the app has no collection of users that could be `{namespace}`")));
    }
    namespace.clone_into(&mut collection.name);
    collection.system = true;
    collection.fields = vec![fields::id_field()];
    for attr in ketch_model::attr::system_attrs() {
        if attr.forward.namespace != namespace || attr.is_id() || attr.is_link() {
            continue;
        }
        let mut field = fields::of_attr(attr, None);
        field.system = true;
        collection.fields.push(field);
    }
    collection.fields.push(fields::created_field());
    let ids: Vec<String> = collection.fields.iter().map(|field| field.id.clone()).collect();
    for id in ids {
        fields::place_indexes(collection, &id)?;
    }
    Ok(())
}

/// Adds an attr, with the collections that it names. One that is there already with the same id and
/// content stays as it is.
pub(crate) fn add_attr(
    connection: &mut dyn Connection,
    draft: &mut Draft,
    attr: &Attr,
) -> Result<AttrEntry, TransactionError> {
    add_attrs(connection, draft, &[attr])?;
    found(draft.schema(), &attr.id)
}

/// Adds attrs as [`add_attr`] does, each collection changed once.
pub(crate) fn add_attrs(
    connection: &mut dyn Connection,
    draft: &mut Draft,
    attrs: &[&Attr],
) -> Result<(), TransactionError> {
    // The names of what is there are looked up in this state alone: to list all attrs after each
    // collection that changes would take longer than the changes.
    let known = draft.schema().clone();
    let mut new: Vec<&Attr> = Vec::with_capacity(attrs.len());
    let mut ids = HashSet::new();
    let mut names = HashSet::new();
    for &attr in attrs {
        if is_known(&known, attr)? || !ids.insert(attr.id.as_str()) {
            continue;
        }
        check(&known, attr)?;
        let reverse = attr.reverse.as_ref().filter(|_| attr.is_link());
        for identity in [Some(&attr.forward), reverse].into_iter().flatten() {
            if !names.insert((identity.namespace.as_str(), identity.label.as_str())) {
                let (namespace, label) = (identity.namespace.clone(), identity.label.clone());
                return Err(TransactionError::Taken { namespace, label });
            }
        }
        new.push(attr);
    }
    let mut touched = Touched { collections: HashMap::new(), order: Vec::new() };
    for attr in &new {
        touched.take(draft, &known, &attr.forward.namespace)?;
    }
    let mut by_namespace: HashMap<&str, Vec<&Attr>> = HashMap::new();
    for attr in &new {
        by_namespace.entry(attr.forward.namespace.as_str()).or_default().push(attr);
        if let Some(reverse) = attr.reverse.as_ref().filter(|_| attr.is_link()) {
            touched.take(draft, &known, &reverse.namespace)?;
        }
    }
    for namespace in touched.order {
        let added = by_namespace.remove(namespace).unwrap_or_default();
        let (before, current) = &touched.collections[namespace];
        if before.is_some() && added.is_empty() {
            continue;
        }
        let after =
            with_attrs(connection, before.as_ref(), current, namespace, &added, &touched.collections)?;
        store(connection, draft, before.as_deref(), after)?;
    }
    Ok(())
}

/// The collections that new attrs name, by namespace: as each is stored, if it is, and as the draft has it.
type Collections<'n> = HashMap<&'n str, (Option<Arc<Collection>>, Arc<Collection>)>;

struct Touched<'n> {
    collections: Collections<'n>,
    order: Vec<&'n str>,
}

impl<'n> Touched<'n> {
    /// A collection that is not there yet gets its place in the draft, so that no other takes its name.
    fn take(
        &mut self,
        draft: &mut Draft,
        known: &Schema,
        namespace: &'n str,
    ) -> Result<(), TransactionError> {
        if self.collections.contains_key(namespace) {
            return Ok(());
        }
        let found = match known.attrs().collection(namespace) {
            Some(collection) => (Some(collection.clone()), collection.clone()),
            None => {
                let made = Arc::new(blank(draft.schema(), namespace)?);
                draft.put(made.clone());
                (None, made)
            }
        };
        self.collections.insert(namespace, found);
        self.order.push(namespace);
        Ok(())
    }
}

/// Whether the attr is there already; another one of its id is refused.
fn is_known(schema: &Schema, attr: &Attr) -> Result<bool, TransactionError> {
    let Some(known) = schema.attrs().by_id(&attr.id).map(|entry| &entry.attr) else { return Ok(false) };
    let same = known.forward.namespace == attr.forward.namespace
        && known.forward.label == attr.forward.label
        && known.value_type == attr.value_type;
    if same {
        return Ok(true);
    }
    let (namespace, label) = (attr.forward.namespace.clone(), attr.forward.label.clone());
    Err(TransactionError::Taken { namespace, label })
}

/// A collection with more attrs.
fn with_attrs(
    connection: &mut dyn Connection,
    before: Option<&Arc<Collection>>,
    current: &Arc<Collection>,
    namespace: &str,
    attrs: &[&Attr],
    collections: &Collections<'_>,
) -> Result<Collection, TransactionError> {
    let mut after = Collection::clone(current);
    let mut has_entities = before.is_none().then_some(false);
    let mut added = Vec::new();
    for attr in attrs {
        if attr.is_id() {
            added.push(name_id(&mut after, attr)?.id);
            continue;
        }
        names::check_free(&after, namespace, &attr.forward.label, None)?;
        if after.fields.len() >= FIELDS_MAX {
            return Err(refused(format!("`{namespace}` cannot have more than {FIELDS_MAX} attributes")));
        }
        if attr.required
            && match has_entities {
                Some(known) => known,
                None => *has_entities.insert(has_records(connection, current)?),
            }
        {
            return Err(refused(format!(
                "`{}` cannot be required from the start: `{namespace}` has entities already",
                attr.name(),
            )));
        }
        let target = attr.reverse.as_ref().filter(|_| attr.is_link());
        let target = target.and_then(|reverse| collections.get(reverse.namespace.as_str()));
        let field = fields::of_attr(attr, target.map(|(_, target)| &**target));
        added.push(field.id.clone());
        after.fields.push(field);
    }
    after.index_fields();
    for id in added {
        fields::place_indexes(&mut after, &id)?;
    }
    after.index_fields();
    Ok(after)
}

/// Gives a system attr the field that holds its values, if it has none yet.
pub(crate) fn place_system_attr(
    connection: &mut dyn Connection,
    draft: &mut Draft,
    id: &str,
) -> Result<AttrEntry, TransactionError> {
    let known = found(draft.schema(), id)?;
    if known.place.is_some() || known.attr.catalog != Catalog::System {
        return Ok(known);
    }
    let before = create_collection(connection, draft, &known.attr.forward.namespace)?;
    let target = known.attr.reverse.as_ref().filter(|_| known.attr.is_link());
    let target = target.and_then(|reverse| draft.schema().attrs().collection(&reverse.namespace)).cloned();
    if known.attr.is_link() && target.is_none() {
        return Err(refused(format!("nothing is stored of `{}`", known.attr.name())));
    }
    let before = draft.schema().by_id(&before.id).cloned().unwrap_or(before);
    if found(draft.schema(), id)?.place.is_none() {
        names::check_free(&before, &known.attr.forward.namespace, &known.attr.forward.label, None)?;
        let mut after = Collection::clone(&before);
        after.fields.push(fields::of_attr(&known.attr, target.as_deref()));
        fields::place_indexes(&mut after, &known.attr.id)?;
        after.index_fields();
        store(connection, draft, Some(&before), after)?;
    }
    found(draft.schema(), id)
}

/// The attr as the schema has it now.
pub(super) fn found(schema: &Schema, id: &str) -> Result<AttrEntry, TransactionError> {
    schema.attrs().by_id(id).cloned().ok_or_else(|| refused(format!("the attr {id} is not there")))
}

/// Both names of an attr must be free, possible and the app's to give.
pub(super) fn check(schema: &Schema, attr: &Attr) -> Result<(), TransactionError> {
    let reverse = attr.reverse.as_ref().filter(|_| attr.is_link());
    for identity in [Some(&attr.forward), reverse].into_iter().flatten() {
        names::check_namespace(&identity.namespace)?;
        names::check_label(&identity.label)?;
        if let Some((known, _)) = schema.attrs().find(&identity.namespace, &identity.label)
            && known.attr.id != attr.id
        {
            let (namespace, label) = (identity.namespace.clone(), identity.label.clone());
            return Err(TransactionError::Taken { namespace, label });
        }
    }
    if reverse.is_some_and(|reverse| {
        (&reverse.namespace, &reverse.label) == (&attr.forward.namespace, &attr.forward.label)
    }) {
        return Err(refused(format!("`{}` cannot be both names of a link", attr.name())));
    }
    if attr.required && is_reserved(&attr.forward.namespace) {
        return Err(refused(format!("`{}` cannot be required", attr.name())));
    }
    if attr.on_delete && attr.is_many() {
        return Err(refused(format!("`{}` can only cascade towards one", attr.name())));
    }
    if attr.on_delete_reverse && !(attr.is_link() && attr.unique) {
        return Err(refused(format!("the reverse of `{}` can only cascade towards one", attr.name())));
    }
    Ok(())
}

/// The `id` of a namespace is there since its collection was made; now it has a name.
fn name_id(collection: &mut Collection, attr: &Attr) -> Result<Field, TransactionError> {
    let taken = || TransactionError::Taken {
        namespace: attr.forward.namespace.clone(),
        label: attr.forward.label.clone(),
    };
    let field = collection.fields.iter_mut().find(|field| field.is_primary_key()).ok_or_else(taken)?;
    if field.attr.is_some() || system_attr(&attr.forward.namespace, "id").is_some() {
        return Err(taken());
    }
    field.attr = Some(Arc::new(fields::properties(attr, false)));
    Ok(field.clone())
}

fn has_records(connection: &mut dyn Connection, collection: &Collection) -> Result<bool, TransactionError> {
    let statement = sql::count_all(connection.dialect(), collection);
    Ok(connection.count(&statement)? > 0)
}

/// Stores a new or changed collection and lets views follow.
pub(super) fn store(
    connection: &mut dyn Connection,
    draft: &mut Draft,
    before: Option<&Collection>,
    mut after: Collection,
) -> Result<Arc<Collection>, TransactionError> {
    const FAILED: &str = "Failed to change the schema";
    after.updated = time::now();
    let checked = Checked::of_table(after);
    save::store(connection, draft, before, &checked).map_err(|failure| failure.with_message(FAILED))?;
    save::follow(connection, draft, before, &checked.collection)
        .map_err(|failure| failure.with_message(FAILED))?;
    Ok(checked.collection)
}
