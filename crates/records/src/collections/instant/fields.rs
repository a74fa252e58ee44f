//! Attrs as fields, and the indexes that they ask for.

use std::sync::Arc;

use ketch_model::attr::{Attr, AttrProperties, CheckedType, ReverseIdentity};
use ketch_model::collection::{CREATED_AT, Index, IndexColumn};
use ketch_model::fields::autodate::AutodateOptions;
use ketch_model::fields::bool::BoolOptions;
use ketch_model::fields::json::JsonOptions;
use ketch_model::fields::number::NumberOptions;
use ketch_model::fields::relation::RelationOptions;
use ketch_model::fields::text::TextOptions;
use ketch_model::{Collection, Field, FieldKind};

use super::names::refused;
use crate::transaction_error::TransactionError;

/// How much a value may hold, in characters or bytes, so that a client of the other dialect can
/// write what is there.
const LARGEST: i64 = 5 << 20;
/// How many targets a link to many is said to have at most.
pub(super) const MANY: i64 = 1 << 31;

/// The id of entities: any text that is not empty.
pub(super) fn id_field() -> Field {
    let options = TextOptions {
        min: 1,
        max: LARGEST,
        pattern: "^.+$".into(),
        autogenerate_pattern: "[a-z0-9]{15}".into(),
        primary_key: true,
    };
    Field { system: true, required: true, ..Field::new("id", options) }
}

/// When an entity was made.
pub(super) fn created_field() -> Field {
    let options = AutodateOptions { on_create: true, on_update: false };
    Field { system: true, hidden: true, ..Field::new(CREATED_AT, options) }
}

/// The field of an attr; `target` is the collection that a link points at.
pub(super) fn of_attr(attr: &Attr, target: Option<&Collection>) -> Field {
    let kind = match target {
        Some(target) => FieldKind::from(RelationOptions {
            collection_id: target.id.clone(),
            cascade_delete: attr.on_delete,
            min_select: 0,
            max_select: if attr.is_many() { MANY } else { 1 },
        }),
        None => value_kind(attr.checked_type),
    };
    Field {
        id: attr.id.clone(),
        nullable: target.is_none(),
        attr: Some(Arc::new(properties(attr, target.is_some() && attr.is_many()))),
        ..Field::new(&attr.forward.label, kind)
    }
}

/// The kind of field that holds values of a type.
pub(super) fn value_kind(checked: Option<CheckedType>) -> FieldKind {
    match checked {
        Some(CheckedType::String) => TextOptions { max: LARGEST, ..TextOptions::default() }.into(),
        Some(CheckedType::Number) => NumberOptions::default().into(),
        Some(CheckedType::Boolean) => BoolOptions::default().into(),
        // A date is kept as it was written.
        Some(CheckedType::Date) | None => JsonOptions { max_size: LARGEST }.into(),
    }
}

pub(super) fn properties(attr: &Attr, link_table: bool) -> AttrProperties {
    AttrProperties {
        id: attr.id.clone(),
        forward_id: attr.forward.id.clone(),
        reverse: attr
            .reverse
            .as_ref()
            .map(|reverse| ReverseIdentity { id: reverse.id.clone(), label: reverse.label.clone() }),
        unique: attr.unique,
        index: attr.index,
        required: attr.required,
        inferred_types: attr.inferred_types,
        on_delete_reverse: attr.on_delete_reverse,
        checked_type: attr.checked_type,
        metadata: attr.metadata.clone(),
        link_table,
    }
}

/// Gives the collection the indexes that a field's attr asks for, and takes away its others.
pub(super) fn place_indexes(collection: &mut Collection, field_id: &str) -> Result<(), TransactionError> {
    let Some(field) = collection.field_by_id(field_id).cloned() else { return Ok(()) };
    let Some(attr) = field.attr.clone() else { return Ok(()) };
    let name = index_name(&attr.id);
    collection.indexes.retain(|text| {
        Index::parse(text).is_none_or(|index| index.name != name && index.name != format!("{name}_single"))
    });
    if field.is_link_table() || field.is_primary_key() {
        return Ok(());
    }
    let is_link = matches!(field.kind, FieldKind::Relation(_));
    let mut push = |name: String, unique: bool, condition: String| {
        let index = Index {
            unique,
            name,
            table: collection.name.clone(),
            columns: vec![IndexColumn { name: field.name.clone(), ..IndexColumn::default() }],
            where_clause: condition,
            ..Index::default()
        };
        let text = index.to_sql();
        if Index::parse(&text).is_none_or(|read| read.to_sql() != text) {
            // A link is found without an index too; anything else was asked for.
            return if is_link && !unique {
                Ok(())
            } else {
                Err(refused(format!(
                    "`{}.{}` cannot be indexed or unique: its name has characters that an index cannot have",
                    collection.name, field.name
                )))
            };
        }
        collection.indexes.push(text);
        Ok(())
    };
    if is_link {
        // Links are followed from both sides.
        push(name.clone(), false, String::new())?;
        if attr.unique {
            push(format!("{name}_single"), true, format!("`{}` != ''", field.name))?;
        }
    } else if attr.unique || attr.index {
        push(name, attr.unique, String::new())?;
    }
    Ok(())
}

fn index_name(attr_id: &str) -> String {
    format!("idx_{}", attr_id.replace('-', ""))
}
