//! Attrs that become others.

use std::sync::Arc;

use ketch_model::attr::{Attr, Catalog, random_uuid};
use ketch_model::collection::{AttrEntry, Index};
use ketch_model::{Collection, Field, FieldKind};
use ketch_store::Connection;
use ketch_store::sql::columns;

use super::add::{check, found, store};
use super::fields;
use super::names::{self, refused};
use super::values::{self, Fits};
use crate::collections::draft::Draft;
use crate::transaction_error::TransactionError;

/// Makes the attr of this id what it is here. Data that are there must fit; they are moved where
/// the new type is stored in another way.
pub(crate) fn update_attr(
    connection: &mut dyn Connection,
    draft: &mut Draft,
    attr: &Attr,
    fits: Fits<'_>,
) -> Result<AttrEntry, TransactionError> {
    let known = found(draft.schema(), &attr.id)?;
    let Some((collection, index)) = known.place.clone().filter(|_| known.attr.catalog == Catalog::User)
    else {
        return Err(refused(format!("`{}` belongs to the server and cannot be changed", known.attr.name())));
    };
    if *known.attr == *attr {
        return Ok(known);
    }
    check_kept(&known.attr, attr)?;
    check(draft.schema(), attr)?;
    let before = &collection.fields[index];
    names::check_free(&collection, &attr.forward.namespace, &attr.forward.label, Some(&before.id))?;
    let mut field = changed_field(before, attr, &known.attr)?;
    let moved = form(before) != form(&field);
    if moved || (attr.checked_type.is_some() && attr.checked_type != known.attr.checked_type) {
        let values = values::read(connection, &collection, before)?;
        values::check(attr, &values, fits)?;
        if moved {
            // A new id is a new column: the old one goes with what it holds.
            field.id = random_uuid();
            let after = replaced(&collection, index, field, attr, false)?;
            let after = store(connection, draft, Some(&collection), after)?;
            values::write(connection, &after, index, &values)?;
            return tighten(connection, draft, attr, &known.attr, index);
        }
    }
    let after = replaced(&collection, index, field, attr, known.attr.unique)?;
    store(connection, draft, Some(&collection), after)?;
    tighten(connection, draft, attr, &known.attr, index)
}

fn check_kept(known: &Attr, attr: &Attr) -> Result<(), TransactionError> {
    let namespaces = |attr: &Attr| {
        (attr.forward.namespace.clone(), attr.reverse.as_ref().map(|reverse| reverse.namespace.clone()))
    };
    if known.value_type != attr.value_type || namespaces(known) != namespaces(attr) {
        return Err(refused(format!(
            "`{}` cannot become a link or a value, nor move to another namespace",
            known.name()
        )));
    }
    if known.is_id() && attr.forward.label != "id" {
        return Err(refused(format!("`{}` cannot be renamed", known.name())));
    }
    Ok(())
}

/// The field of the attr; one of the other dialect keeps its own kind.
fn changed_field(before: &Field, attr: &Attr, known: &Attr) -> Result<Field, TransactionError> {
    let mut field = before.clone();
    field.name.clone_from(&attr.forward.label);
    let is_own = before.nullable || before.attr.is_some();
    if !is_own && (attr.checked_type != known.checked_type || attr.cardinality != known.cardinality) {
        return Err(refused(format!(
            "`{}` was made with a type of its own: change it in its collection",
            known.name()
        )));
    }
    let mut link_table = before.is_link_table();
    match &mut field.kind {
        FieldKind::Relation(relation) => {
            relation.cascade_delete =
                if attr.is_many() && !is_own { relation.cascade_delete } else { attr.on_delete };
            if attr.cardinality != known.cardinality {
                link_table = attr.is_many();
                relation.max_select = if attr.is_many() { fields::MANY } else { 1 };
            }
        }
        kind if field.nullable => {
            let wanted = fields::value_kind(attr.checked_type);
            if wanted.type_name() != kind.type_name() {
                *kind = wanted;
            }
        }
        _ => {}
    }
    field.attr = Some(Arc::new(fields::properties(attr, link_table)));
    Ok(field)
}

/// How the values of a field are stored.
fn form(field: &Field) -> (&'static str, bool, bool) {
    (field.type_name(), field.is_multiple(), field.is_link_table())
}

/// The collection with another field in this place. `unique` is left for when the values are known to be.
fn replaced(
    collection: &Collection,
    index: usize,
    mut field: Field,
    attr: &Attr,
    unique: bool,
) -> Result<Collection, TransactionError> {
    let mut after = collection.clone();
    let name_before = std::mem::replace(&mut after.fields[index].name, field.name.clone());
    rename_in_indexes(&mut after, &name_before, &field.name);
    field.attr = Some(Arc::new(fields::properties(
        &Attr { unique: attr.unique && unique, ..attr.clone() },
        field.is_link_table(),
    )));
    let id = field.id.clone();
    after.fields[index] = field;
    fields::place_indexes(&mut after, &id)?;
    after.index_fields();
    Ok(after)
}

fn rename_in_indexes(collection: &mut Collection, from: &str, to: &str) {
    if from == to {
        return;
    }
    for text in &mut collection.indexes {
        let Some(mut index) = Index::parse(text) else { continue };
        let mut renamed = false;
        for column in index.columns.iter_mut().filter(|column| !column.is_expression && column.name == from) {
            to.clone_into(&mut column.name);
            renamed = true;
        }
        if renamed {
            *text = index.to_sql();
        }
    }
}

/// Makes the attr unique and required once the values are where they belong.
fn tighten(
    connection: &mut dyn Connection,
    draft: &mut Draft,
    attr: &Attr,
    known: &Attr,
    index: usize,
) -> Result<AttrEntry, TransactionError> {
    let entry = found(draft.schema(), &attr.id)?;
    let Some((collection, _)) = entry.place.clone() else { return Ok(entry) };
    let field = &collection.fields[index];
    if attr.required && !known.required && !field.is_primary_key() {
        values::check_required(connection, &collection, field, attr)?;
    }
    if attr.unique && !entry.attr.unique && !field.is_primary_key() {
        values::check_unique(connection, &collection, field)?;
        if field.tells_null_from_missing() {
            let statement = columns::forget_nulls(connection.dialect(), &collection, field);
            connection.execute(&statement)?;
        }
    }
    if entry.attr.unique != attr.unique {
        let after = replaced(&collection, index, field.clone(), attr, true)?;
        store(connection, draft, Some(&collection), after)?;
    }
    found(draft.schema(), &attr.id)
}
