//! Entities as rules see them: JSON objects of their values, and of the ids of links to one.
//!
//! What never leaves the server is never part of one: hidden fields, passwords, token keys.

use std::sync::Arc;

use ketch_model::collection::{Attrs, Direction};
use ketch_model::{Cell, CellRef, Collection, Object, Record};
use ketch_store::sql::relations::RelationKind;

use crate::query::names::{self, Form, Named};
use crate::query::{Rows, values};

/// The members of the objects that entities of a collection become.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shape {
    members: Vec<Member>,
}

#[derive(Debug, Clone)]
struct Member {
    label: String,
    /// Position in `collection.fields`.
    field: usize,
    form: Form,
    is_link: bool,
}

impl Shape {
    /// Goes by the collection that is given, which may be an older or newer state than that of the attrs.
    pub(crate) fn of(attrs: &Attrs, namespace: &str, collection: &Collection) -> Self {
        let mut members = Vec::new();
        for (index, field) in collection.fields.iter().enumerate() {
            let is_link = match names::find(attrs, namespace, &field.name) {
                Some(Named::Blob(blob)) if blob.place.is_some() => false,
                Some(Named::Link(link)) => {
                    if link.direction == Direction::Reverse || link.kept() != Some(RelationKind::One) {
                        continue;
                    }
                    true
                }
                _ => continue,
            };
            if let Some(place) = names::visible_place(field, index) {
                let form = if is_link { Form::Text } else { place.form };
                members.push(Member { label: field.name.clone(), field: index, form, is_link });
            }
        }
        // The id comes first, as clients are used to.
        members.sort_by_key(|member| member.label != names::ID);
        Self { members }
    }

    fn object<'c>(&self, cell: impl Fn(usize) -> Option<CellRef<'c>>) -> Object {
        let mut object = Object::new();
        for member in &self.members {
            let value = match cell(member.field) {
                None | Some(CellRef::Null) => continue,
                Some(CellRef::Text("")) if member.is_link => continue,
                Some(cell) => values::value(member.form, cell),
            };
            if let Some(value) = value {
                object.insert(member.label.clone(), value);
            }
        }
        object
    }

    /// The object of a row that was read.
    pub(crate) fn of_row(&self, rows: &Rows, row: usize) -> Object {
        self.object(|field| rows.cell(row, field).map(Cell::as_ref))
    }

    /// The object of a record of the collection.
    pub(crate) fn of_record(&self, record: &Record) -> Object {
        let cells: Vec<Cell> = (0..record.values.len()).map(|index| record.cell(index)).collect();
        self.object(|field| cells.get(field).map(Cell::as_ref))
    }
}

/// The object of a record, by its namespace.
pub(crate) fn object_of(attrs: &Attrs, namespace: &str, record: &Record) -> Object {
    Shape::of(attrs, namespace, &record.collection).of_record(record)
}

/// Whether only admins may come near a collection unless its rules say otherwise: it was born through
/// the other front, where collections are closed until they are opened.
pub(crate) fn is_closed(namespace: &str, collection: Option<&Arc<Collection>>) -> bool {
    !namespace.starts_with('$') && collection.is_some_and(|collection| collection.instant.is_none())
}
