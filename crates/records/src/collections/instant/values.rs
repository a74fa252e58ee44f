//! All values of one field: moved when its attr gets another form, checked when it gets stricter.

use std::collections::BTreeMap;

use ketch_model::attr::{Attr, CheckedType};
use ketch_model::{Collection, Field, Value};
use ketch_store::sql::{self, columns, relations};
use ketch_store::{Connection, Flow, StoreResult};

use crate::relation::ids_of;
use crate::transaction_error::TransactionError;

/// Whether a value is one of a type; what a date may look like only the dialect knows.
pub type Fits<'a> = &'a dyn Fn(CheckedType, &Value) -> bool;

/// How many links are written at once.
const LINKS: usize = 1000;

/// Values by record id; of a link to many a list of ids.
pub(super) type Values = BTreeMap<String, Value>;

pub(super) fn read(
    connection: &mut dyn Connection,
    collection: &Collection,
    field: &Field,
) -> StoreResult<Values> {
    let statement = columns::select_values(connection.dialect(), collection, field);
    let mut values = Values::new();
    connection.query(&statement, &mut |row| {
        let id = row.cell(0).as_text().unwrap_or_default().to_owned();
        if !field.is_link_table() {
            values.insert(id, field.from_cell(row.cell(1)));
        } else if let (Value::Array(targets), Some(target)) =
            (values.entry(id).or_insert_with(|| Value::Array(Vec::new())), row.cell(1).as_text())
        {
            targets.push(target.into());
        }
        Flow::More
    })?;
    Ok(values)
}

/// Refuses values that the attr, as it is going to be, has no place for.
pub(super) fn check(attr: &Attr, values: &Values, fits: Fits<'_>) -> Result<(), TransactionError> {
    for (id, value) in values {
        let fitting = match attr.checked_type {
            _ if attr.is_link() => attr.is_many() || ids_of(value).count() <= 1,
            Some(checked) => fits(checked, value),
            None => true,
        };
        if !fitting {
            return Err(TransactionError::Mismatch {
                namespace: attr.forward.namespace.clone(),
                label: attr.forward.label.clone(),
                id: id.clone(),
                value: Box::new(value.clone()),
            });
        }
    }
    Ok(())
}

/// Stores values in a field that has none.
pub(super) fn write(
    connection: &mut dyn Connection,
    collection: &Collection,
    index: usize,
    values: &Values,
) -> StoreResult<()> {
    let field = &collection.fields[index];
    if field.is_link_table() {
        let links: Vec<(&str, &str)> = values
            .iter()
            .flat_map(|(source, targets)| ids_of(targets).map(move |target| (source.as_str(), target)))
            .collect();
        for links in links.chunks(LINKS) {
            let statement = relations::insert_links(connection.dialect(), &field.id, links);
            connection.execute(&statement)?;
        }
        return Ok(());
    }
    for (id, value) in values {
        // One of a list of one; every other value is the same in each form.
        let one = ids_of(value).next().filter(|_| value.is_array() && is_relation(field));
        let cell = one.map_or_else(|| field.to_cell(value), |id| field.to_cell(&id.into()));
        let statement = sql::update_record(connection.dialect(), collection, vec![(index, cell)], id);
        connection.execute(&statement)?;
    }
    Ok(())
}

fn is_relation(field: &Field) -> bool {
    matches!(field.kind, ketch_model::FieldKind::Relation(_))
}

/// Refuses a value that several records have.
pub(super) fn check_unique(
    connection: &mut dyn Connection,
    collection: &std::sync::Arc<Collection>,
    field: &Field,
) -> Result<(), TransactionError> {
    let statement = columns::repeated_value(connection.dialect(), collection, field);
    let mut repeated = None;
    connection.query(&statement, &mut |row| {
        let cell = row.cell(0);
        repeated = Some(match cell.as_text() {
            Some(text) if is_relation(field) => text.into(),
            _ => field.from_cell(cell),
        });
        Flow::Stop
    })?;
    match repeated {
        Some(value) => Err(TransactionError::NotUnique {
            collection: collection.clone(),
            field: field.name.clone(),
            value: Box::new(value),
        }),
        None => Ok(()),
    }
}

/// Refuses records without a value.
pub(super) fn check_required(
    connection: &mut dyn Connection,
    collection: &Collection,
    field: &Field,
    attr: &Attr,
) -> Result<(), TransactionError> {
    const SHOWN: u32 = 5;
    let statement = columns::without_value(connection.dialect(), collection, field, SHOWN);
    let mut ids = Vec::new();
    connection.query(&statement, &mut |row| {
        ids.extend(row.cell(0).as_text().map(str::to_owned));
        Flow::More
    })?;
    if ids.is_empty() {
        return Ok(());
    }
    let (namespace, label) = (attr.forward.namespace.clone(), attr.forward.label.clone());
    Err(TransactionError::Missing { namespace, label, ids })
}
