//! What no rule can allow: the system's own namespaces are its own.

use ketch_model::attr::{FILES, STREAMS, USERS, is_reserved, system_attr};
use ketch_model::{Collection, Schema};
use ketch_records::Transaction;
use serde_json::json;

use super::super::failure::Failure;
use super::super::plan::{Operation, Plan, Task};
use super::touched::{Touched, link_ends};
use crate::error::Error;

/// Fields of the other front that accounts are kept by.
const ACCOUNT_FIELDS: [&str; 2] = ["verified", "emailVisibility"];
/// The one system field of a file that clients write.
const PATH: &str = "path";

pub(super) fn check(transaction: &Transaction<'_>, plan: &Plan, touched: &Touched) -> Result<(), Failure> {
    let schema = transaction.schema().clone();
    for (task, operations) in &plan.groups {
        for operation in operations {
            match operation {
                Operation::Values { entity, values, .. } => {
                    let Some(namespace) = reserved(&schema, &entity.collection) else { continue };
                    if namespace != USERS && namespace != FILES {
                        return Err(refused(namespace, &entity.id, "nobody but the server writes there"));
                    }
                    if !touched.exists(&entity.key()) && *task != Task::Retract {
                        return Err(refused(namespace, &entity.id, "entities cannot be made there"));
                    }
                    for (field, _) in values {
                        let label = &entity.collection.fields[*field].name;
                        let is_own = system_attr(namespace, label).is_some()
                            || (namespace == USERS && ACCOUNT_FIELDS.contains(&label.as_str()));
                        if is_own && !(namespace == FILES && label == PATH) {
                            let why = format!("`{label}` belongs to the system");
                            return Err(refused(namespace, &entity.id, &why));
                        }
                    }
                }
                Operation::Links { collection, field, links } => {
                    let Some(ends) = link_ends(&schema, collection, *field) else {
                        let why = "that is no link of this namespace";
                        return Err(refused(&collection.name, "", why));
                    };
                    let sides = [&ends.forward, &ends.reverse];
                    let is_system = system_attr(&ends.forward.namespace, &ends.forward.label).is_some();
                    let closed = sides.into_iter().find(|side| {
                        is_reserved(&side.namespace)
                            && (is_system || ![USERS, FILES].contains(&side.namespace.as_str()))
                    });
                    if let Some(side) = closed {
                        let id = links.first().map(|(source, _)| source.as_str()).unwrap_or_default();
                        let why = format!("`{}` belongs to the system", side.label);
                        return Err(refused(&side.namespace, id, &why));
                    }
                }
                Operation::Delete(entity) => match reserved(&schema, &entity.collection) {
                    None | Some(FILES) => {}
                    Some(namespace) => {
                        return Err(refused(namespace, &entity.id, "entities cannot be deleted there"));
                    }
                },
            }
        }
    }
    Ok(())
}

/// The namespace of a collection, if it is one of the system's.
fn reserved<'s>(schema: &'s Schema, collection: &Collection) -> Option<&'s str> {
    match schema.attrs().namespace(&collection.id) {
        None => Some(STREAMS),
        Some(namespace) => is_reserved(namespace).then_some(namespace),
    }
}

fn refused(namespace: &str, id: &str, why: &str) -> Failure {
    let message = format!("Steps on the system namespace `{namespace}` are restricted: {why}.");
    Error::validation("tx-step", &json!([namespace, id]), &message).into()
}
